"""The paper's Figures 3 to 7 from invented tables: which set they show, and what of the paper's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from matplotlib.collections import PolyCollection

from fftui.studies.figures.attention_figures import attention_figures
from fftui.studies.figures.comparison_figures import comparison_figures
from fftui.studies.figures.method_runs import (
    ATTENTION,
    BACKPROP,
    LINEAR,
    PER_IMAGE,
    MethodRun,
    TimeShares,
    notes_of,
    pair,
    runs_on,
    samples,
)
from fftui.studies.figures.style import PAPER_LABEL, Drawing, SkippedFigure, render, style
from fftui.studies.reported import machine_use, seconds
from fftui.studies.study_catalogue import PAPER_SETS

from .invented_tables import drawn, method, texts_of

PAIR = (LINEAR, BACKPROP)


@pytest.fixture(autouse=True)
def _styled() -> Iterator[None]:
    with style():
        yield


def compared(
    sets: Sequence[str] = PAPER_SETS, methods: Sequence[str] = PAIR, **more: Any
) -> dict[str, Drawing | SkippedFigure]:
    return drawn(comparison_figures([method(m, d, **more) for d in sets for m in methods]))


def networks(sets: Sequence[str] = PAPER_SETS, **more: Any) -> dict[str, Drawing | SkippedFigure]:
    runs = [method(m, d, **more) for d in sets for m in (LINEAR, ATTENTION)]
    return drawn(attention_figures(runs))


def written(made: dict[str, Drawing | SkippedFigure], name: str) -> set[str]:
    drawing = made[name]
    assert isinstance(drawing, Drawing), drawing
    return texts_of(drawing)


def marks(drawing: Drawing | SkippedFigure, panel: int) -> list[tuple[float, float]]:
    """Where the paper's values are in a panel."""
    assert isinstance(drawing, Drawing)
    lines = [line for line in drawing.figure.axes[panel].lines if line.get_marker() == "D"]
    return [
        (float(x), float(y))
        for line in lines
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)  # type: ignore[arg-type]
        if line.get_linestyle() == "None"
    ]


SAYS = {
    "figure-3-times": (
        "end-to-end time, s",
        *PAPER_SETS,
        "learning",
        "loading images, setting up",
        "evaluation",
        PAPER_LABEL,
        "layer 4",
        "(c) wall time of an epoch, cifar100",
    ),
    "figure-4-memory-power": (
        "mean GPU memory in use, % of the board's",
        "power, W",
        "(a) memory, mnist",
        "(b) power, mnist",
        PAPER_LABEL,
    ),
    "figure-5-utilisation": (
        "GPU utilisation, %",
        "compute time, s",
        "(c) epochs, attention",
        "layer 4",
        "fully connected and attention layers, cifar100",
    ),
    "figure-6-memory-utilisation": ("GPU memory utilisation, %", "(a) mnist", "(b) cifar10"),
    "figure-7-power": (
        "power, W",
        "(b) power over time, fully connected",
        "layer 1",
        "fully connected and attention layers, svhn",
    ),
}


def test_every_figure_says_what_it_shows_in_text() -> None:
    made = compared() | networks()
    for name, words in SAYS.items():
        assert not set(words) - written(made, name), (name, sorted(written(made, name)))
        assert not any("stands in" in text for text in written(made, name))


def test_whole_runs_have_the_papers_seconds_beside_them() -> None:
    wanted = [
        found.whole
        for data in PAPER_SETS
        for kind in ("forward-forward", "backprop")
        if (found := seconds(kind, data))
    ]
    assert [x for x, _ in marks(compared()["figure-3-times"], 0)] == wanted
    assert wanted[:2] == [723, 664]


def test_a_bar_is_as_long_as_its_whole_run_and_made_of_its_parts() -> None:
    made = compared(["mnist"], [LINEAR], time_shares=TimeShares(20.0, 3.0, 1.5))["figure-3-times"]
    assert isinstance(made, Drawing)
    widths = [bar.get_width() for bar in made.figure.axes[0].patches if bar.get_width()]
    assert widths == [20.0, 3.0, 1.5]
    assert "24.5" in texts_of(made)


def test_behind_the_pipeline_backprop_is_a_series_of_its_own_and_the_papers() -> None:
    without = compared(["mnist"])
    assert [name for name in without if PER_IMAGE in name]  # said to be missing
    made = compared(["mnist"], (*PAIR, PER_IMAGE))
    assert not [name for name in made if PER_IMAGE in name]
    assert PER_IMAGE in written(made, "figure-3-times")
    # rows 1, 2, 3 of the set: the paper's backprop is not the one on tensors
    assert marks(made["figure-3-times"], 0) == [(723, 1), (664, 3)]


def test_memory_is_the_boards_share_with_the_papers_beside_it() -> None:
    figure = compared()["figure-4-memory-power"]
    assert [x for x, _ in marks(figure, 0)] == [28.9, 5.4]
    assert [y for _, y in marks(figure, 1)] == [40, 29]
    assert machine_use("backprop", "mnist") is not None
    assert isinstance(figure, Drawing)
    bars = [bar.get_width() for bar in figure.figure.axes[0].patches]
    assert bars == pytest.approx([25.0, 25.0], rel=1e-6)


def test_without_a_gpu_memory_is_that_of_the_process_above_what_it_held() -> None:
    made = compared(gpu=False)
    texts = written(made, "figure-4-memory-power")
    assert "peak memory that it took, MB" in texts
    assert PAPER_LABEL not in texts  # percent of a board and watts are not drawn beside megabytes
    assert any("power" in name and isinstance(each, SkippedFigure) for name, each in made.items())
    figure = made["figure-4-memory-power"]
    assert isinstance(figure, Drawing)
    assert [bar.get_width() for bar in figure.figure.axes[0].patches] == [120.0, 120.0]
    older = [replace(method(LINEAR, "mnist", gpu=False), memory_above_bytes=None)]
    assert isinstance(
        drawn(comparison_figures(older))["figure-4-memory-power (a), memory"], SkippedFigure
    )


@pytest.mark.parametrize(
    ("there", "wanted", "shown"),
    [
        (("mnist-mini",), "mnist", "mnist-mini"),
        (("mnist-mini", "cifar10"), "cifar100", "cifar10"),
        (("mnist", "svhn"), "svhn", "svhn"),
        (("mnist-mini", "cifar100"), "fashion-mnist", "mnist-mini"),
    ],
)
def test_where_the_papers_set_has_no_runs_the_nearest_stands_in_and_is_said_to(
    there: Sequence[str], wanted: str, shown: str
) -> None:
    group = runs_on([method(LINEAR, data) for data in there], wanted)
    assert group is not None
    assert {run.data for run in group.runs} == {group.data} == {shown}
    said = notes_of([group], ["a note"])
    assert (f"{shown} stands in for {wanted}" in said) == (shown != wanted)
    assert said.endswith("run on NVIDIA H100 80GB HBM3; a note")
    assert runs_on([], wanted) is None


def test_a_stand_in_is_named_in_the_figure() -> None:
    made = compared(["mnist-mini"]) | networks(["mnist-mini"])
    for name in SAYS:
        assert "mnist-mini stands in for" in " ".join(written(made, name)), name
    assert "mnist-mini, for mnist" in written(made, "figure-3-times")
    shown = written(compared(["mnist-mini", "svhn"]), "figure-3-times")
    assert "svhn" in shown  # one of the paper's own sets needs no stand-in
    assert not any("mnist-mini" in text for text in shown)


def test_networks_are_compared_on_sets_where_both_have_run() -> None:
    runs = [method(LINEAR, "mnist"), method(LINEAR, "svhn"), method(ATTENTION, "svhn")]
    assert {run.data for run in pair(runs)} == {"svhn"}
    made = drawn(attention_figures(runs))
    assert "svhn stands in for cifar100" in " ".join(written(made, "figure-5-utilisation"))
    alone = drawn(attention_figures(runs[:1]))
    assert all(isinstance(each, SkippedFigure) for each in alone.values())


def test_samples_are_of_learning_alone() -> None:
    run = method(LINEAR, "mnist")
    doing = (
        pl.when(pl.col("elapsed_s") < 30).then(pl.lit("evaluating")).otherwise(pl.lit("learning"))
    )
    telemetry = run.tables.telemetry.with_columns(doing=doing)
    half = replace(run, tables=replace(run.tables, telemetry=telemetry))
    assert len(samples([half], "power_w")[LINEAR]) == telemetry.height - 30


def test_without_a_gpu_nothing_empty_is_drawn() -> None:
    made = networks(gpu=False)
    assert [name for name, each in made.items() if isinstance(each, Drawing)] == [
        "figure-5-utilisation"
    ]
    assert all("NVIDIA" in each.reason for each in made.values() if isinstance(each, SkippedFigure))


def test_without_runs_all_is_left_out() -> None:
    made = [*comparison_figures([]), *attention_figures([])]
    assert [type(each) for each in made] == [SkippedFigure] * 5
    untimed = replace(method(LINEAR, "mnist"), time_shares=None)
    first, *_ = comparison_figures([untimed])
    assert isinstance(first, SkippedFigure)


def test_equal_samples_make_a_line_instead_of_a_violin() -> None:
    def with_power(run: MethodRun, power: pl.Expr) -> MethodRun:
        telemetry = run.tables.telemetry.with_columns(power_w=power)
        return replace(run, tables=replace(run.tables, telemetry=telemetry))

    runs = [method(m, "mnist") for m in PAIR]
    flat = [with_power(run, pl.lit(70.0)) for run in runs]
    assert samples(flat, "power_w")[LINEAR][:2] == [70.0, 70.0]
    violins = []
    for each in (runs, flat):
        figure = drawn(comparison_figures(each))["figure-4-memory-power"]
        assert isinstance(figure, Drawing)
        render(figure, "png")
        bodies = figure.figure.axes[1].collections
        violins.append(sum(isinstance(body, PolyCollection) for body in bodies))
    assert violins == [2, 0]
