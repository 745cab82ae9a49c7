"""The columns of every table: names, types and meanings. The docs are generated from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args, get_type_hints

import polars as pl

from fftui.events import METRICS, TelemetrySampled
from fftui.runs.table_names import TableName

# prefix of the columns of settings; the rest is the path that `--set` takes
SETTING = "experiment."

COUNT, REAL, TEXT, FLAG = pl.Int64(), pl.Float64(), pl.String(), pl.Boolean()
TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """One column: its name, its type and its meaning."""

    name: str
    dtype: pl.DataType
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table: the meaning of a row, and its columns in order."""

    row: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pl.Schema:
        """The columns as a Polars schema."""
        return pl.Schema({column.name: column.dtype for column in self.columns})


RUN = Column("run", TEXT, "id of the run")
PHASE = Column("phase", COUNT, "phase, from 1")
LAYER = Column(
    "layer",
    COUNT,
    "layer, from 1; null: the network as a whole (backprop, or all layers in parallel)",
)
EPOCH = Column("epoch", COUNT, "epoch of the layer, from 1")
MEMORY_USED_PERCENT = (
    Column(
        "gpu_memory_used_percent",
        REAL,
        "100 · used / total memory of the GPU, by all processes (the paper's memory_usage)",
    ),
    Column("host_memory_used_percent", REAL, "100 · used / total memory of the host"),
)


def _metric_columns() -> Iterator[Column]:
    """A column for each metric of a sample."""
    dtypes = {int: COUNT, float: REAL, str: TEXT}
    for name, hint in get_type_hints(TelemetrySampled).items():
        if name in METRICS:
            kinds = [each for each in get_args(hint) if each in dtypes]
            yield Column(name, dtypes[kinds[0]], METRICS[name].meaning)


SAMPLED = (
    Column("time", TIME, "when, UTC"),
    Column("elapsed_s", REAL, "seconds since the run first started"),
    PHASE,
    LAYER,
    EPOCH,
)
METRICS_SAMPLED = (
    Column("interval_s", REAL, "seconds since the previous sample"),
    *_metric_columns(),
    *MEMORY_USED_PERCENT,
)

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
    "telemetry": Table(
        "one sample of the machine's metrics; of a run on several ranks, those of rank 0",
        (
            RUN,
            *SAMPLED,
            Column(
                "doing",
                TEXT,
                "learning; evaluating; loading (setting up, what a layer needs before its first"
                " epoch; the images are read before the first sample); rest (the idle machine"
                " before the run, a pause, a checkpoint being written); null in older journals."
                " Means of telemetry are of learning alone unless they say otherwise",
            ),
            *METRICS_SAMPLED,
        ),
    ),
    "ranks": Table(
        "one sample of another rank's process and machine, about once a second. No rows: one"
        " process learned, or its telemetry was off",
        (
            RUN,
            Column("rank", COUNT, "rank, from 1: that of rank 0 is the table telemetry"),
            Column("host", TEXT, "machine of the rank"),
            *SAMPLED,
            Column("doing", TEXT, "what rank 0 did when it heard of the sample; see telemetry"),
            *METRICS_SAMPLED,
        ),
    ),
    "energy": Table(
        "one span of time and one source of energy: a window of batches (about a second), or the"
        " windows of an epoch, layer, phase or run together; evaluation and the idle machine before"
        " the run have rows of their own. No rows: no source is available",
        (
            RUN,
            Column("span", TEXT, "window, epoch, layer, phase, run, evaluation or idle"),
            Column("source", TEXT, "gpu: the board that learns; cpu: the CPU's packages"),
            PHASE,
            LAYER,
            EPOCH,
            Column(
                "doing",
                TEXT,
                "learning, loading (what a layer needs before its first epoch), evaluating or"
                " rest (the idle machine before the run); of layer, phase and run learning is both"
                " of the first",
            ),
            Column("began", TIME, "when its first window began, UTC"),
            Column("seconds", REAL, "total length of its windows"),
            Column("steps", COUNT, "optimiser steps in it"),
            Column("images", COUNT, "training images seen in it"),
            Column(
                "energy_j",
                REAL,
                "joules drawn in it; null where less than 95 % of its time was measured",
            ),
            Column("energy_j_per_sample", REAL, "the same for each training image seen"),
            Column("power_w", REAL, "mean power over the measured time"),
            Column(
                "idle_power_w",
                REAL,
                "mean power of the idle machine before the run, for comparison",
            ),
            Column("method", TEXT, "counter, integrated power (of samples), or both"),
            Column("measured_s", REAL, "seconds of it whose energy was measured"),
        ),
    ),
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
