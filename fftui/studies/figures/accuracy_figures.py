"""A study's accuracies: over a number (images, threshold) as lines, else as bars; the paper's
values beside them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from fftui.studies.figures.plots import (
    Bar,
    Point,
    horizontal_bars,
    line,
    line_styles_of,
    log_x_axis,
)
from fftui.studies.figures.style import PAGE_IN, Drawing, SkippedFigure, grid, legend_above

OVER = {"images": "training images", "threshold": "threshold θ"}  # columns that lines run over
BAR_IN = 0.2  # height of a horizontal bar, inches
LONG_LABEL = 24  # characters: bars with longer labels take the page's width
BESIDE = {"parallel-layers": ("train_s", "learning time, s")}  # a second panel of bars


@dataclass(frozen=True)
class StudyTable:
    """A study's summary (`results.summary_table`), and the columns of its conditions."""

    name: str
    title: str
    columns: tuple[str, ...]
    summary: pl.DataFrame


def accuracy_figures(table: StudyTable) -> Iterator[Drawing | SkippedFigure]:
    """The figure of a study's accuracies; skipped where none of its runs has finished."""
    done = table.summary.filter(pl.col("test_accuracy").is_not_null())
    if not done.height:
        yield SkippedFigure(
            table.name, f"none of its runs has finished: fftui study {table.name} (or its --quick)"
        )
        return
    sets = _sets(done)
    kept = table.summary.filter(pl.col("data").is_in(sets)) if sets else table.summary
    table = replace(table, summary=kept)
    over = next(
        (name for name in OVER if name in table.columns and done[name].n_unique() > 1), None
    )
    yield _lines(table, over, sets) if over else _bars(table, sets)


def _sets(frame: pl.DataFrame) -> list[str]:
    """The data sets of a table, in its order; none where it does not name them."""
    return frame["data"].unique(maintain_order=True).to_list() if "data" in frame.columns else []


def _lines(table: StudyTable, over: str, sets: Sequence[str]) -> Drawing:
    """One panel a set, one line a series, x is the column `over`; a condition without x is a level
    line.
    """
    panels = sets or [""]
    figure, all_axes = grid(len(panels))
    names = [_series(table, row, over) for row in table.summary.iter_rows(named=True)]
    styles = line_styles_of(names)
    for axes, data in zip(all_axes, panels, strict=True):
        part = table.summary.filter(pl.col("data") == data) if sets else table.summary
        found: dict[str, list[Point]] = {}
        levels: dict[str, float] = {}
        for row in part.iter_rows(named=True):
            name, mean = _series(table, row, over), _percent(row["test_accuracy"])
            if row[over] is None:
                levels |= {} if mean is None else {name: mean}
                continue
            bounds = (_percent(row["low"]), _percent(row["high"]))
            found.setdefault(name, []).append(
                Point(row[over], mean, *bounds, _percent(row["paper"]))
            )
        for name, points in found.items():
            line(axes, sorted(points, key=lambda point: point.x), name, styles[name])
        for name, mean in levels.items():
            style = styles[name]
            axes.axhline(
                mean, color=style.colour, linestyle=style.line, label=f"{name} (no {over})"
            )
        log_x_axis(axes, [point.x for points in found.values() for point in points])
        axes.set(xlabel=OVER[over], ylabel="test accuracy, %", title=data or table.title)
    legend_above(figure, all_axes[0], columns=3 if len(panels) > 1 else 2)
    return Drawing(table.name, figure)


def _bars(table: StudyTable, sets: Sequence[str]) -> Drawing:
    """One panel a set and measure, one bar a condition."""
    measures: list[tuple[str, str, Callable[[float | None], float | None]]] = [
        ("test_accuracy", "test accuracy, %", _percent)
    ]
    if table.name in BESIDE:
        measures.append((*BESIDE[table.name], lambda value: value))
    parts = (
        [table.summary.filter(pl.col("data") == data) for data in sets] if sets else [table.summary]
    )
    most = max(part.height for part in parts)
    figure, all_axes = grid(len(parts) * len(measures), len(measures), BAR_IN * most + 0.75)
    panels = [(part, *measure) for part in parts for measure in measures]
    longest = 0
    for axes, (part, column, label, scaled) in zip(all_axes, panels, strict=True):
        given = [_bar(table, row, column, scaled) for row in part.iter_rows(named=True)]
        longest = max(longest, *(len(bar.group) for bar in given))
        horizontal_bars(axes, given, line_styles_of([bar.series for bar in given]))
        axes.set(xlabel=label, title=part["data"][0] if sets else table.title)
    if len(measures) == 1 and longest > LONG_LABEL:
        figure.set_size_inches(PAGE_IN, figure.get_size_inches()[1])
    legend_above(
        figure,
        next((axes for axes in all_axes if axes.get_legend_handles_labels()[1]), all_axes[0]),
        1,
    )
    return Drawing(table.name, figure)


def _bar(
    table: StudyTable,
    row: dict[str, object],
    column: str,
    scaled: Callable[[float | None], float | None],
) -> Bar:
    values = [str(row[name]) for name in table.columns if name != "data" and row[name] is not None]
    accuracy = column == "test_accuracy"
    low, high, paper = (
        scaled(_number(row[name])) if accuracy else None for name in ("low", "high", "paper")
    )
    return Bar(
        ", ".join(values),
        values[0] if values else "",
        scaled(_number(row[column])),
        low,
        high,
        paper,
    )


def _series(table: StudyTable, row: dict[str, object], over: str) -> str:
    named = [
        str(row[name])
        for name in table.columns
        if name not in ("data", over) and row[name] is not None
    ]
    return ", ".join(named) or "accuracy"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
