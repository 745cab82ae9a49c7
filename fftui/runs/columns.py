"""The columns of every table: names, types and meanings. The docs are generated from them."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from fftui.runs.machine_columns import MACHINE_TABLES
from fftui.runs.table_names import TableName
from fftui.runs.table_parts import (
    COUNT,
    EPOCH,
    FLAG,
    LAYER,
    MEMORY_USED_PERCENT,
    PHASE,
    REAL,
    RUN,
    TEXT,
    TIME,
    Column,
    Table,
)

# prefix of the columns of settings; the rest is the path that `--set` takes
SETTING = "experiment."

TABLES: Mapping[TableName, Table] = {
    "epochs": Table(
        "one epoch of one layer. Where layers learn in parallel an epoch has one row for each, with"
        " its loss and goodness, and one for the network, with what they share",
        (
            RUN,
            PHASE,
            LAYER,
            EPOCH,
            Column("step", COUNT, "optimiser steps since the layer started; null if shared"),
            Column(
                "loss",
                REAL,
                "mean loss over the epoch's images; of parallel layers together: their sum",
            ),
            Column(
                "goodness_positive", REAL, "mean goodness of positive data; null for the network"
            ),
            Column(
                "goodness_negative", REAL, "mean goodness of negative data; null for the network"
            ),
            Column("threshold", REAL, "θ; null where the loss has none"),
            Column(
                "accuracy",
                REAL,
                "of the layers learned so far on the measured training images, 0 to 1",
            ),
            Column("samples_per_s", REAL, "training images a second, wall time; null if shared"),
            Column("epoch_s", REAL, "wall time of the epoch's learning, seconds; null if shared"),
            Column("compute_s", REAL, "time on the device without data_s, seconds; null if shared"),
            Column(
                "data_s",
                REAL,
                "sampling, moving and selecting the images of batches, seconds; null if shared",
            ),
            Column(
                "evaluation_s",
                REAL,
                "measuring accuracy after it, seconds; in none of the others; null if shared",
            ),
            Column(
                "dead_units",
                REAL,
                "share of units never active on 200 training images, 0 to 1; of parallel layers"
                " together: the mean",
            ),
            Column(
                "always_on_units",
                REAL,
                "share of units active on all of them, at every position, 0 to 1",
            ),
        ),
    ),
    "layers": Table(
        "one layer of one phase. The time that layers in parallel share is in one more row, that of"
        " the network",
        (
            RUN,
            PHASE,
            LAYER,
            Column("label", TEXT, "inputs→units of the layer, or network"),
            Column("state", TEXT, "learning, learned, skipped or diverged"),
            Column("epochs", COUNT, "epochs finished"),
            Column(
                "layer_s",
                REAL,
                "time the layer took to learn, seconds; null until it has learned, or if shared",
            ),
            Column("epoch_s", REAL, "sum of its epochs' wall times, seconds; null if shared"),
            Column(
                "compute_s",
                REAL,
                "sum of its epochs' times on the device without data_s, seconds; null if shared",
            ),
            Column(
                "data_s",
                REAL,
                "sum of its epochs' times for the images of batches, seconds; null if shared",
            ),
            Column(
                "evaluation_s",
                REAL,
                "measuring accuracy in between, seconds; not in layer_s; null if shared",
            ),
            Column("loss", REAL, "of its last epoch"),
            Column("goodness_positive", REAL, "of its last epoch"),
            Column("goodness_negative", REAL, "of its last epoch"),
            Column("threshold", REAL, "θ; null where the loss has none"),
            Column(
                "peak_memory_bytes",
                COUNT,
                "most memory held while it was prepared and learned, without evaluation and"
                " checkpoints, since the run was last resumed: on CUDA of torch's tensors"
                " (max_memory_allocated), on a CPU under Linux the resident set of the process"
                " (VmHWM); else null, as in rows of parallel layers, which share the network's",
            ),
            Column(
                "train_accuracy",
                REAL,
                "of this layer's goodness alone (or the network), last measured on training images",
            ),
            Column("validation_accuracy", REAL, "the same on validation images"),
            Column("test_accuracy", REAL, "the same on the test images"),
        ),
    ),
    "evaluations": Table(
        "one measurement of accuracy on one split",
        (
            RUN,
            PHASE,
            Column(
                "layer",
                COUNT,
                "layer that learned last, from 1; null at the end and where all learn together",
            ),
            EPOCH,
            Column("split", TEXT, "train, validation or test"),
            Column(
                "final",
                FLAG,
                "true: at the end, the whole split (of train final_train_images); false: a few"
                " while learning",
            ),
            Column("accuracy", REAL, "of the layers learned so far, together, 0 to 1"),
            Column(
                "layer_accuracies",
                pl.List(pl.Float64()),
                "of each layer's goodness alone, first to last",
            ),
            Column("class_correct", pl.List(pl.Int64()), "images labelled rightly, per label"),
            Column("class_images", pl.List(pl.Int64()), "images measured, per label"),
            Column("evaluation_s", REAL, "wall time of the measurement, seconds"),
            Column(
                "head_accuracy",
                REAL,
                "of the softmax head in one pass; null where no head learns beside the layers",
            ),
            Column(
                "depth_accuracies",
                pl.List(pl.Float64()),
                "at the end: of the first 1, 2, … layers together, by their goodness",
            ),
        ),
    ),
    "images": Table(
        "one image of a split that was measured at the end, for tests of paired samples: runs with"
        " the same data settings and seed have the same images in the same order. No rows: the run"
        " has not finished, or is of a version that did not keep this",
        (
            RUN,
            Column("split", TEXT, "train, validation or test"),
            Column("image", COUNT, "its place in the split, from 0"),
            Column("correct", FLAG, "whether the whole network labelled it rightly"),
            Column(
                "depth_correct",
                pl.List(pl.Boolean()),
                "whether the first 1, 2, … layers together did, by their goodness; empty under"
                " backprop",
            ),
        ),
    ),
    **MACHINE_TABLES,
    "runs": Table(
        "one run",
        (
            RUN,
            Column("name", TEXT, "name given, else the experiment's"),
            Column("preset", TEXT, "preset it came from; null for a file"),
            Column("data", TEXT, "data set"),
            Column(
                "status", TEXT, "waiting, running, paused, unsaved, finished, interrupted or failed"
            ),
            Column("started", TIME, "when it was first started, UTC"),
            Column("ended", TIME, "when it ended, UTC"),
            Column("device", TEXT, "device it learned on"),
            Column("precision", TEXT, "of its matrix products"),
            Column("test_accuracy", REAL, "of the whole network on the test images, 0 to 1"),
            Column(
                "e2e_s",
                REAL,
                "the whole over all sessions: setting up, reading images, learning, evaluation; no"
                " pauses, seconds",
            ),
            Column(
                "train_s",
                REAL,
                "time spent learning over all sessions, without evaluation, seconds",
            ),
            Column(
                "compute_s", REAL, "of it, time on the device for batches, without data_s, seconds"
            ),
            Column(
                "data_s",
                REAL,
                "reading images, and sampling, moving and selecting those of batches, seconds",
            ),
            Column(
                "evaluation_s", REAL, "measuring accuracy, while learning and at the end, seconds"
            ),
            Column(
                "energy_j",
                REAL,
                "joules drawn while learning: by the GPU's board if measured, else the CPU's"
                " packages",
            ),
            Column("energy_j_per_sample", REAL, "the same for each training image seen"),
            Column("energy_source", TEXT, "gpu or cpu"),
            Column("energy_method", TEXT, "counter, integrated power, or both"),
            Column(
                "idle_power_w", REAL, "mean power of that source on the idle machine before the run"
            ),
            Column(
                "memory_before_bytes",
                COUNT,
                "memory held when it began or was last resumed, with torch ready to learn, before"
                " images and network: on CUDA by torch's tensors, on a CPU under Linux the resident"
                " set of the process; else null",
            ),
            Column(
                "peak_memory_bytes",
                COUNT,
                "most memory held while a layer learned: the highest of the table layers",
            ),
            Column(
                "memory_above_bytes",
                COUNT,
                "the same less memory_before_bytes: what the run itself took",
            ),
            *(
                replace(each, meaning=f"{each.meaning}: mean while learning")
                for each in MEMORY_USED_PERCENT
            ),
            Column(
                "layer_accuracies",
                pl.List(pl.Float64()),
                "of each layer's goodness alone on the test images, once finished",
            ),
            Column(
                "depth_accuracies",
                pl.List(pl.Float64()),
                "of the first 1, 2, … layers together on the test images, once finished",
            ),
            Column(
                "diverged",
                FLAG,
                "whether the loss of a layer was no finite number at the end; null for runs of"
                " before it was recorded",
            ),
            Column("error", TEXT, "why it failed, in one line"),
            Column("tags", pl.List(pl.String()), "tags that people gave it"),
            Column("note", TEXT, "note that people wrote about it"),
            Column("host", TEXT, "machine it ran on"),
            Column(
                "source_revision", TEXT, "commit of the checkout it ran from; null when installed"
            ),
            Column("path", TEXT, "its folder"),
        ),
    ),
}
SCHEMAS: Mapping[TableName, pl.Schema] = {name: table.schema for name, table in TABLES.items()}
