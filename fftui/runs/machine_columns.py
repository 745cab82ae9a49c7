"""The columns of the tables of the machine: samples of its metrics, and the energy it drew."""

from collections.abc import Iterator, Mapping
from typing import get_args, get_type_hints

from fftui.events import METRICS, TelemetrySampled
from fftui.runs.table_names import TableName
from fftui.runs.table_parts import (
    COUNT,
    EPOCH,
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

MACHINE_TABLES: Mapping[TableName, Table] = {
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
}
