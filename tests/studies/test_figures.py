"""Figures of invented tables: files that open, say what they show, and stay the same."""

import itertools
import math
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest
from PIL import Image

from fftui.cli import main as cli
from fftui.errors import RequestError
from fftui.runs.columns import SCHEMAS, TableName
from fftui.runs.workspace import Workspace
from fftui.studies.figures import Drawing, FigureRequest, SkippedFigure, formats_of, write_figures
from fftui.studies.figures.accuracy_figures import StudyTable, accuracy_figures
from fftui.studies.figures.curve_figures import RunTables, learning_curves, machine_curves
from fftui.studies.figures.machine_figures import MethodRun, attention_figures, comparison_figures
from fftui.studies.figures.plots import log_x_axis, tick_text
from fftui.studies.figures.sample_figure import Sample, sample_figure
from fftui.studies.figures.style import COLUMN_IN, LINE_STYLES, PAGE_IN, PNG_DPI, grid, save, style

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
            "gpu_memory_used_bytes": 2_000_000_000 + sample,
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


def method(name: str, data: str, seconds: float, *, gpu: bool = True, layers: int = 4) -> MethodRun:
    tables = run(f"{name}-{data}", data, gpu=gpu, layers=layers)
    if name.endswith("backprop"):
        own = tables.epochs.filter(pl.col("layer") == 1).with_columns(
            layer=pl.lit(None, dtype=pl.Int64)
        )
        tables = replace(tables, epochs=own)
    return MethodRun(
        name, tables, seconds, 1.5e9 if "ff" in name else 1.1e9, 473.0 if data == "mnist" else None
    )


def study(
    name: str, columns: dict[str, list[object]], accuracies: list[float | None], **more: object
) -> StudyTable:
    spread = [None if a is None else 0.01 for a in accuracies]
    frame = pl.DataFrame(columns, strict=False).with_columns(
        pl.Series("test_accuracy", accuracies, dtype=pl.Float64),
        pl.Series(
            "low", [a and a - s for a, s in zip(accuracies, spread, strict=True)], dtype=pl.Float64
        ),
        pl.Series(
            "high", [a and a + s for a, s in zip(accuracies, spread, strict=True)], dtype=pl.Float64
        ),
        pl.Series("paper", more.get("paper", [None] * len(accuracies)), dtype=pl.Float64),
        pl.Series("train_s", more.get("train_s", [10.0] * len(accuracies)), dtype=pl.Float64),
    )
    return StudyTable(name, f"the study {name}", tuple(columns), frame)


def sample_complexity() -> StudyTable:
    rows = [
        (data, images, name)
        for data in ("mnist", "fashion-mnist")
        for images in (1000, 5000, 10000, 20000, 30000, 40000, 50000, 60000)
        for name in ("paper/ff", "paper/backprop", "ff")
    ]
    rise = {"paper/ff": 0.0, "paper/backprop": 0.75, "ff": 0.85}
    accuracies = [
        rise[name] + (0.97 - rise[name]) * (1 - math.exp(-images / 9000))
        for _, images, name in rows
    ]
    paper = [
        a - 0.02 if name.startswith("paper") else None
        for a, (_, _, name) in zip(accuracies, rows, strict=True)
    ]
    columns = dict(
        zip(("data", "images", "method"), map(list, zip(*rows, strict=True)), strict=True)
    )
    return study("sample-complexity", columns, list(accuracies), paper=paper)


def threshold() -> StudyTable:
    values = [0.5, 2.0, 8.0, 30.0]
    columns: dict[str, list[object]] = {
        "data": ["mnist"] * 9,
        "method": ["paper/ff"] * 4 + ["ff"] * 5,
        "loss": ["softplus"] * 8 + ["swish"],
        "threshold": [*values, *values, None],
    }
    return study("threshold", columns, [0.6, 0.8, 0.95, 0.9, 0.97, 0.98, 0.96, 0.9, 0.985])


def hybrid() -> StudyTable:
    columns: dict[str, list[object]] = {
        "data": ["mnist"] * 4,
        "method": ["hybrid", "hybrid", "paper/hybrid", "paper/hybrid"],
        "change": [
            "as it is",
            "backprop from random weights, equal backprop epochs",
            "as it is",
            "normalised inputs",
        ],
    }
    return study("hybrid", columns, [0.985, 0.98, 0.113, None], paper=[None, None, 0.1, None])


def parallel() -> StudyTable:
    columns: dict[str, list[object]] = {
        "data": ["mnist"] * 2,
        "method": ["ff"] * 2,
        "order": ["layer-wise", "parallel"],
    }
    return study("parallel-layers", columns, [0.98, 0.985], train_s=[50.0, 30.0])


def drawn(made: Iterable[Drawing | SkippedFigure]) -> dict[str, Drawing | SkippedFigure]:
    return {each.name: each for each in made}


def figures() -> dict[str, Drawing | SkippedFigure]:
    """Every kind of figure."""
    pairs = [
        method(m, d, s)
        for d in ("mnist", "cifar10")
        for m, s in (("paper/ff", 470.0), ("paper/backprop", 20.0))
    ]
    networks = [method(m, "svhn", 100.0) for m in ("paper/ff", "paper/attention-frozen")]
    pixels = np.linspace(0, 1, 28 * 28, dtype=np.float32).reshape(28, 28)
    return drawn(
        [
            *learning_curves(run()),
            *machine_curves(run()),
            *comparison_figures(pairs),
            *attention_figures(networks),
            *accuracy_figures(sample_complexity()),
            *accuracy_figures(threshold()),
            *accuracy_figures(hybrid()),
            *accuracy_figures(parallel()),
            sample_figure(
                tuple(
                    Sample(title, pixels) for title in ("label 5", "positive (5)", "negative (6)")
                )
            ),
        ]
    )


SAYS = {
    "20261123-081512-ff-7f3a-curves": (
        "loss",
        "goodness",
        "θ = 15",
        "positive data",
        "accuracy, %",
        "validation",
    ),
    "20261123-081512-ff-7f3a-machine": (
        "power, W",
        "time, s",
        "layer 2",
        "process CPU, %",
        "GPU utilisation, %",
    ),
    "figure-2-samples": ("label 5", "positive (5)", "negative (6)"),
    "figure-3-times": (
        "end-to-end time, s",
        "paper/ff",
        "paper/backprop",
        "the paper",
        "layer 4",
        "(c) epochs, cifar10",
    ),
    "figure-4-memory-power": ("memory of the GPU, GB", "power, W", "mnist", "cifar10"),
    "figure-5-utilisation": (
        "GPU utilisation, %",
        "compute time of an epoch, s",
        "(c) compute time, attention",
    ),
    "figure-6-memory-utilisation": ("GPU memory utilisation, %", "attention-frozen"),
    "figure-7-power": ("power, W", "(b) power over time, fully connected", "layer 1"),
    "sample-complexity": (
        "training images",
        "test accuracy, %",
        "paper/ff (the paper)",
        "60k",
        "fashion-mnist",
    ),
    "threshold": ("threshold θ", "ff, swish (no threshold)", "0.5"),
    "hybrid": ("hybrid, as it is", "the paper", "test accuracy, %"),
    "parallel-layers": ("learning time, s", "ff, layer-wise"),
}


@pytest.fixture
def styled() -> Iterator[None]:
    with style():
        yield


@pytest.mark.usefixtures("styled")
def test_every_figure_says_what_it_shows_in_text(tmp_path: Path) -> None:
    made = figures()
    assert set(made) == set(SAYS)
    for name, drawing in made.items():
        assert isinstance(drawing, Drawing), drawing
        (path,) = save(drawing, tmp_path, ["svg"])
        texts = {
            "".join(node.itertext()).strip() for node in ET.parse(path).getroot().iter(f"{SVG}text")
        }
        missing = set(SAYS[name]) - texts - ({"validation"} if "curves" in name else set())
        assert not missing, (name, sorted(texts))
        assert "<dc:date>" not in path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("styled")
def test_a_figure_drawn_again_is_the_same_file(tmp_path: Path) -> None:
    files = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        (drawing,) = accuracy_figures(threshold())
        assert isinstance(drawing, Drawing)
        files.append(save(drawing, folder, ["svg"])[0].read_bytes())
    assert files[0] == files[1]


@pytest.mark.usefixtures("styled")
def test_a_png_is_as_wide_as_columns_of_a_paper(tmp_path: Path) -> None:
    for (drawing,), width in (
        (accuracy_figures(threshold()), COLUMN_IN),
        (accuracy_figures(sample_complexity()), PAGE_IN),
    ):
        assert isinstance(drawing, Drawing)
        (path,) = save(drawing, tmp_path, ["png"])
        with Image.open(path) as picture:
            assert picture.size[0] == pytest.approx(width * PNG_DPI, abs=1)


@pytest.mark.usefixtures("styled")
def test_without_a_gpu_nothing_empty_is_drawn() -> None:
    pair = [method(m, "mnist", 10.0, gpu=False) for m in ("paper/ff", "paper/attention-frozen")]
    made = drawn(attention_figures(pair))
    assert [name for name, each in made.items() if isinstance(each, Drawing)] == [
        "figure-5-utilisation"
    ]
    assert all("NVIDIA" in each.reason for each in made.values() if isinstance(each, SkippedFigure))
    (left,) = (each for each in comparison_figures(pair) if isinstance(each, SkippedFigure))
    assert "power" in left.name


@pytest.mark.usefixtures("styled")
def test_a_study_without_runs_is_left_out_and_says_how_to_get_them() -> None:
    nothing = study("hybrid", {"data": ["mnist"], "method": ["hybrid"]}, [None])
    (left,) = accuracy_figures(nothing)
    assert isinstance(left, SkippedFigure)
    assert "fftui study hybrid" in left.reason
    assert [type(each) for each in comparison_figures([])] == [SkippedFigure, SkippedFigure]


@pytest.mark.usefixtures("styled")
def test_a_run_without_telemetry_or_epochs_is_left_out() -> None:
    bare = replace(run(), telemetry=table("telemetry", []), epochs=table("epochs", []))
    assert [type(each) for each in (*learning_curves(bare), *machine_curves(bare))] == [
        SkippedFigure,
        SkippedFigure,
    ]


@pytest.mark.usefixtures("styled")
def test_equal_samples_make_a_line_instead_of_a_violin() -> None:
    flat = [
        replace(
            m,
            tables=replace(
                m.tables, telemetry=m.tables.telemetry.with_columns(power_w=pl.lit(70.0))
            ),
        )
        for m in (method("paper/ff", "mnist", 1.0), method("paper/backprop", "mnist", 1.0))
    ]
    assert any(isinstance(each, Drawing) for each in comparison_figures(flat))


def test_line_styles_differ_without_colour() -> None:
    assert len({(each.line, each.marker) for each in LINE_STYLES}) == len(LINE_STYLES)
    assert len({each.hatch for each in LINE_STYLES}) == len(LINE_STYLES)


@pytest.mark.usefixtures("styled")
def test_ticks_of_a_log_axis_do_not_run_into_one_another() -> None:
    _, (axes,) = grid(1)
    axes.set_xlim(1000, 60000)
    log_x_axis(axes, [1000, 5000, 10000, 20000, 30000, 40000, 50000, 60000])
    shown = axes.get_xticks()
    assert shown[-1] == 60000
    assert all(later / earlier > 1.5 for earlier, later in itertools.pairwise(shown))
    assert [tick_text(value) for value in (60000, 0.5, 15)] == ["60k", "0.5", "15"]


def test_the_settings_do_not_stay() -> None:
    before = mpl.rcParams["svg.fonttype"]
    with style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert mpl.rcParams["svg.fonttype"] == before


def test_formats_are_read_from_a_list() -> None:
    assert formats_of("svg, png") == ("svg", "png")
    with pytest.raises(RequestError, match="'png'"):
        formats_of("pgn")
    with pytest.raises(RequestError, match="at least one"):
        formats_of(" , ")


def test_a_name_that_is_neither_study_nor_run_is_refused(tmp_path: Path) -> None:
    asked = FigureRequest(("hybird",), Workspace(tmp_path), tmp_path / "figures")
    with pytest.raises(RequestError, match="did you mean the study 'hybrid'"):
        list(write_figures(asked))


def test_the_command_refuses_what_it_cannot_draw(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for arguments, said in (
        (["hybird"], "did you mean the study 'hybrid'"),
        (["hybrid", "--format", "gif"], "gif"),
    ):
        monkeypatch.setattr(sys, "argv", ["fftui", "figures", *arguments, "--runs", str(tmp_path)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capfd.readouterr()
        assert (left.value.code, out) == (2, "")
        assert said in err


def test_the_command_names_what_it_wrote_and_what_it_left_out(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    finished_run: Any,
    small: Any,
) -> None:
    run = finished_run(small.experiment())
    output = tmp_path / "drawn"
    arguments = [
        "figures",
        "latest",
        "hybrid",
        "--runs",
        str(tmp_path / "runs"),
        "-o",
        str(output),
        "--format",
        "svg",
    ]
    monkeypatch.setattr(sys, "argv", ["fftui", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capfd.readouterr()
    assert not left.value.code
    assert out.split() == [
        str(output / f"{run.id}-curves.svg"),
        str(output / "figure-2-samples.svg"),
    ]
    assert {path.name for path in output.iterdir()} == {
        f"{run.id}-curves.svg",
        "figure-2-samples.svg",
    }
    assert err.count("skipped: ") == 2
    assert "fftui study hybrid" in err
