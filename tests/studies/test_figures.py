"""Figures of invented tables: files that open, say what they show, and stay the same."""

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import polars as pl
import pytest
from PIL import Image

from fftui.cli import main as cli
from fftui.errors import RequestError
from fftui.runs.workspace import Workspace
from fftui.studies.figures import (
    Drawing,
    FigureRequest,
    SkippedFigure,
    formats_of,
    pictures,
    write_figures,
)
from fftui.studies.figures.accuracy_figures import StudyTable, accuracy_figures
from fftui.studies.figures.curve_figures import learning_curves, machine_curves
from fftui.studies.figures.plots import log_x_axis, tick_text
from fftui.studies.figures.style import (
    COLUMN_IN,
    LINE_STYLES,
    PAGE_IN,
    PNG_DPI,
    grid,
    render,
    style,
)

from .invented_tables import drawn, run, table, texts_of


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


def figures() -> dict[str, Drawing | SkippedFigure]:
    """Every kind of figure but the paper's."""
    return drawn(
        [
            *learning_curves(run()),
            *machine_curves(run()),
            *accuracy_figures(sample_complexity()),
            *accuracy_figures(threshold()),
            *accuracy_figures(hybrid()),
            *accuracy_figures(parallel()),
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
def test_every_figure_says_what_it_shows_in_text() -> None:
    made = figures()
    assert set(made) == set(SAYS)
    for name, drawing in made.items():
        assert isinstance(drawing, Drawing), drawing
        texts = texts_of(drawing)
        missing = set(SAYS[name]) - texts - ({"validation"} if "curves" in name else set())
        assert not missing, (name, sorted(texts))
        assert b"<dc:date>" not in render(drawing, "svg")


@pytest.mark.usefixtures("styled")
def test_a_figure_drawn_again_is_the_same_file() -> None:
    files = []
    for _ in range(2):
        (drawing,) = accuracy_figures(threshold())
        assert isinstance(drawing, Drawing)
        files.append(render(drawing, "svg"))
    assert files[0] == files[1]


@pytest.mark.usefixtures("styled")
def test_a_png_is_as_wide_as_columns_of_a_paper() -> None:
    for (drawing,), width in (
        (accuracy_figures(threshold()), COLUMN_IN),
        (accuracy_figures(sample_complexity()), PAGE_IN),
    ):
        assert isinstance(drawing, Drawing)
        with Image.open(BytesIO(render(drawing, "png"))) as picture:
            assert picture.size[0] == pytest.approx(width * PNG_DPI, abs=1)


@pytest.mark.usefixtures("styled")
def test_a_study_without_runs_is_left_out_and_says_how_to_get_them() -> None:
    nothing = study("hybrid", {"data": ["mnist"], "method": ["hybrid"]}, [None])
    (left,) = accuracy_figures(nothing)
    assert isinstance(left, SkippedFigure)
    assert "fftui study hybrid" in left.reason


@pytest.mark.usefixtures("styled")
def test_a_run_without_telemetry_or_epochs_is_left_out() -> None:
    bare = replace(run(), telemetry=table("telemetry", []), epochs=table("epochs", []))
    assert [type(each) for each in (*learning_curves(bare), *machine_curves(bare))] == [
        SkippedFigure,
        SkippedFigure,
    ]


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
    asked = FigureRequest(("hybird",), Workspace(tmp_path))
    with pytest.raises(RequestError, match="did you mean the study 'hybrid'"):
        list(write_figures(asked, tmp_path / "figures"))
    with pytest.raises(RequestError, match="did you mean the figure 'figure-3'"):
        list(pictures(FigureRequest(("figur-3",), Workspace(tmp_path))))


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
        str(output / f"{run.id}-samples.svg"),
    ]
    assert {path.name for path in output.iterdir()} == {
        f"{run.id}-curves.svg",
        f"{run.id}-samples.svg",
    }
    assert err.count("skipped: ") == 3
    assert f"{run.id}-network" in err
    assert "fftui study hybrid" in err


@pytest.mark.parametrize(
    ("variables", "settings"),
    [
        ({"MPLBACKEND": "module://a_notebook_that_is_not_here"}, ""),
        ({"MPLBACKEND": "nonsense"}, ""),
        ({}, "text.usetex: True\nfont.family: serif\nsavefig.bbox: tight\nlines.color: red\n"),
        ({}, "\udcff\udcfe no text"),
    ],
)
def test_figures_do_not_depend_on_the_settings_of_the_user(
    tmp_path: Path, variables: dict[str, str], settings: str
) -> None:
    (tmp_path / "matplotlibrc").write_text(settings, errors="surrogateescape")
    code = (
        "import sys\n"
        "from fftui.studies.figures.style import Drawing, grid, render, style\n"
        "with style():\n"
        "    figure, (axes,) = grid(1)\n"
        "    axes.plot([1, 2]); axes.set_title('two')\n"
        "    sys.stdout.buffer.write(render(Drawing('two', figure), 'svg'))\n"
    )

    def drawn(more: dict[str, str]) -> bytes:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MPL")} | more
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, check=True, capture_output=True).stdout

    assert drawn(variables | {"MPLCONFIGDIR": str(tmp_path)}) == drawn({})
