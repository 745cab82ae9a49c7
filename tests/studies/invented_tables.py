"""Tables of runs that never were, for figures."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from fftui.runs.columns import SCHEMAS
from fftui.runs.table_names import TableName
from fftui.studies.figures.curve_figures import RunTables
from fftui.studies.figures.method_runs import MethodRun, TimeShares
from fftui.studies.figures.style import Drawing, SkippedFigure, render

TIME_SHARES = TimeShares(20.0, 3.0, 1.5)
SVG = "{http://www.w3.org/2000/svg}"


def table(name: TableName, rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    found = list(rows)
    return pl.DataFrame(
        {c: [row.get(c) for row in found] for c in SCHEMAS[name]}, schema=SCHEMAS[name]
    )


def epoch_rows(layers: int, epochs: int, compute_s: float) -> Iterator[dict[str, object]]:
    for layer in range(1, layers + 1):
        for epoch in range(1, epochs + 1):
            apart = 1 - math.exp(-epoch / 3)
            took = compute_s * (2.0 if layer == 1 else 1.0) * (1 + 0.05 * math.sin(epoch))
            yield {
                "phase": 1,
                "layer": layer,
                "epoch": epoch,
                "loss": 0.7 * math.exp(-epoch / 4) / layer,
                "goodness_positive": 15 + 6 * apart,
                "goodness_negative": 15 - 6 * apart,
                "threshold": 15.0,
                "epoch_s": 1.1 * took,
                "compute_s": took,
            }


def telemetry_rows(layers: int, *, gpu: bool, busy: float = 35.0) -> Iterator[dict[str, object]]:
    for sample in range(120):
        layer = 1 + sample * layers // 120
        wave = math.sin(1.7 * sample)
        figures = {
            "gpu_utilization_percent": busy + (40.0 if layer == 1 else 0.0) + 4 * wave,
            "gpu_memory_utilization_percent": 12 + 3 * wave,
            "gpu_memory_used_bytes": 2_000_000_000 + 2 * (sample % 2),
            "gpu_memory_total_bytes": 8_000_000_000,
            "power_w": 70 + busy + (20 if layer == 1 else 0) + 2 * wave,
        }
        yield {
            "time": datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=sample),
            "elapsed_s": float(sample),
            "phase": 1,
            "layer": layer,
            "process_cpu_percent": 150 + 20 * wave,
            "process_memory_bytes": 900_000_000 + 1_000_000 * sample,
            **(figures if gpu else {}),
        }


def evaluation_rows(layers: int, epochs: int) -> Iterator[dict[str, object]]:
    for layer in range(1, layers + 1):
        for epoch in range(1, epochs + 1):
            for split, less in (("train", 0.0), ("test", 0.02)):
                accuracy = 0.98 - 0.5 * math.exp(-(epoch + 5 * layer) / 4) - less
                yield {
                    "phase": 1,
                    "layer": layer,
                    "epoch": epoch,
                    "split": split,
                    "final": False,
                    "accuracy": accuracy,
                }


def run(
    name: str = "20261123-081512-ff-7f3a", data: str = "mnist", *, gpu: bool = True, layers: int = 3
) -> RunTables:
    return RunTables(
        name,
        f"ff, {data}",
        data,
        table("epochs", epoch_rows(layers, 12, 0.5)),
        table("layers", []),
        table("evaluations", evaluation_rows(layers, 12)),
        table("telemetry", telemetry_rows(layers, gpu=gpu)),
    )


def method(
    name: str,
    data: str,
    time_shares: TimeShares = TIME_SHARES,
    *,
    gpu: bool = True,
    layers: int = 4,
    busy: float = 35.0,
) -> MethodRun:
    tables = run(f"{name}-{data}", data, gpu=gpu, layers=layers)
    tables = replace(
        tables, telemetry=table("telemetry", telemetry_rows(layers, gpu=gpu, busy=busy))
    )
    if "backprop" in name:
        own = tables.epochs.filter(pl.col("layer") == 1).with_columns(
            layer=pl.lit(None, dtype=pl.Int64)
        )
        tables = replace(tables, epochs=own)
    device = "NVIDIA H100 80GB HBM3" if gpu else "cpu x86_64, 2 threads"
    return MethodRun(
        name,
        tables,
        time_shares,
        (time_shares.e2e_s - 2, time_shares.e2e_s + 3),
        25.0 if gpu else None,
        None if gpu else 120_000_000,
        device,
    )


def texts_of(drawing: Drawing) -> set[str]:
    """All that is written in a drawing."""
    root = ET.fromstring(render(drawing, "svg"))
    return {"".join(node.itertext()).strip() for node in root.iter(f"{SVG}text")}


def drawn(made: Iterable[Drawing | SkippedFigure]) -> dict[str, Drawing | SkippedFigure]:
    return {each.name: each for each in made}
