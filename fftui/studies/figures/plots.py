"""The plots that figures are made of: lines with intervals, bars, violins."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from fftui.studies.figures.style import PAPER_LABEL, LineStyle, line_style

THICK_FROM = 10  # stacked bars; fewer are thinner, so that they do not become blocks
LABEL_CHARACTERS = 46  # in a line of a horizontal bar's label


@dataclass(frozen=True)
class Point:
    """One mean at `x`, its interval if it has one, and what the paper reports for it."""

    x: float
    mean: float | None
    low: float | None = None
    high: float | None = None
    paper: float | None = None


@dataclass(frozen=True)
class Bar:
    """One bar: its group on the axis, its series, its length and interval, and the
    paper's value.
    """

    group: str
    series: str
    mean: float | None
    low: float | None = None
    high: float | None = None
    paper: float | None = None


@dataclass(frozen=True)
class StackedBar:
    """One bar made of named parts, the shortest and longest length of repeats, and the paper's
    value.
    """

    label: str
    parts: tuple[tuple[str, float], ...]
    range: tuple[float, float] | None = None
    paper: float | None = None


def line(axes: Axes, points: Sequence[Point], name: str, style: LineStyle) -> None:
    """A line through means with their intervals; the paper's values hollow and dotted in the same
    colour.
    """
    means = [(p.x, p.mean) for p in points if p.mean is not None]
    if means:
        axes.plot(
            *zip(*means, strict=True),
            color=style.colour,
            linestyle=style.line,
            marker=style.marker,
            label=name,
        )
    spread = [(p.x, p.low, p.high) for p in points if p.low is not None and p.high is not None]
    if spread:
        x, low, high = (list(values) for values in zip(*spread, strict=True))
        axes.fill_between(x, low, high, color=style.colour, alpha=0.15, linewidth=0)
    reported = [(p.x, p.paper) for p in points if p.paper is not None]
    if reported:
        axes.plot(
            *zip(*reported, strict=True),
            color=style.colour,
            linestyle=(0, (1, 3)),
            linewidth=0.8,
            marker=style.marker,
            markerfacecolor="white",
            label=f"{name} ({PAPER_LABEL})",
        )


def log_x_axis(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic x axis with a tick at each value, written out: `1k` for 1000."""
    axes.set_xscale("log")
    shown = _spaced(sorted(set(values)))
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick_text(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def log_y_axis(axes: Axes) -> None:
    """A logarithmic y axis with ticks at 1, 2 and 5 of every decade, written out."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def stacked_bars(axes: Axes, groups: Sequence[tuple[str, Sequence[StackedBar]]]) -> None:
    """Horizontal bars made of parts, in groups under their names, with their lengths; the paper's
    value is a hollow diamond.
    """
    bars = [bar for _, own in groups for bar in own]
    fills = _part_fills(bars)
    thick = 0.72 * min(1.0, len(bars) / THICK_FROM)
    row, rows, marks = 0, list[int](), list[tuple[float, float]]()
    for name, own in groups:
        above = axes.get_yaxis_transform()
        axes.text(0.01, row, name, transform=above, va="center", fontsize=7, fontweight="bold")
        for at, bar in enumerate(own, row + 1):
            _stacked_bar(axes, (at, thick), bar, fills)
            rows.append(at)
            marks += [] if bar.paper is None else [(bar.paper, at)]
        row += len(own) + 1
    for part, fill_ in fills.items():
        axes.barh(0, 0, 0, label=part, **fill_)
    paper_marks(axes, marks)
    axes.set_yticks(rows, [bar.label for bar in bars])
    axes.set(ylim=(row - 0.3, -0.7), xlim=(0, None))
    axes.grid(visible=False, axis="y")


def _stacked_bar(
    axes: Axes, place: tuple[int, float], bar: StackedBar, fills: Mapping[str, Mapping[str, Any]]
) -> None:
    """The bar at `place`: its row and its thickness in rows."""
    begin, (row, thick) = 0.0, place
    for part, length in bar.parts:
        axes.barh(row, length, thick, left=begin, **fills[part])
        begin += length
    if bar.range is not None and bar.range[0] < bar.range[1]:
        _whisker(axes, [(bar.range[0], row), (bar.range[1], row)])
    axes.text(
        1.01,
        row,
        f"{begin:.0f}" if begin >= 100 else f"{begin:.3g}",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=6.5,
    )


def _part_fills(bars: Sequence[StackedBar]) -> dict[str, dict[str, Any]]:
    """How each part of stacked bars is filled: dark, hatched, light, in the order of the parts."""
    ways = (("0.35", ""), ("white", "////"), ("0.82", ""), ("white", "...."))
    names = _order(part for bar in bars for part, _ in bar.parts)
    return {
        name: {"color": colour, "edgecolor": "black", "hatch": hatch, "linewidth": 0.6}
        for name, (colour, hatch) in zip(names, ways, strict=False)
    }


def horizontal_bars(axes: Axes, given: Sequence[Bar], styles: Mapping[str, LineStyle]) -> None:
    """Horizontal bars, one a row, first on top, with their values; the paper's value is a hollow
    diamond.
    """
    rows = range(len(given))
    for row, bar in zip(rows, given, strict=True):
        style = styles[bar.series]
        if bar.mean is not None:
            axes.barh(
                row,
                bar.mean,
                0.7,
                color="white" if style.hatch else "0.35",
                edgecolor=style.colour,
                hatch=style.hatch,
                linewidth=0.8,
            )
            axes.text(
                1.01,
                row,
                f"{bar.mean:.2f}",
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=6.5,
            )
            _whisker(axes, [(bar.low, row), (bar.high, row)])
    paper_marks(
        axes,
        [(bar.paper, row) for row, bar in zip(rows, given, strict=True) if bar.paper is not None],
    )
    axes.set_yticks(list(rows), [fill(bar.group, LABEL_CHARACTERS) for bar in given])
    axes.set_ylim(len(given) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def violins(
    axes: Axes,
    samples: Mapping[str, Sequence[float]],
    styles: Mapping[str, LineStyle],
    paper: Mapping[str, float] | None = None,
) -> None:
    """The distribution of each group's samples, with its median; where all are equal, a line. The
    paper's mean is a hollow diamond.
    """
    for position, (name, values) in enumerate(samples.items()):
        style = styles[name]
        if max(values) - min(values) > 1e-9 * max(1.0, abs(max(values))):
            body = axes.violinplot([values], [position], widths=0.8, showextrema=False)["bodies"]
            for patch in body:  # type: ignore[attr-defined]
                patch.set(
                    facecolor=style.colour,
                    edgecolor="black",
                    alpha=0.35,
                    linewidth=0.6,
                    hatch=style.hatch,
                )
        middle = sorted(values)[len(values) // 2]
        axes.plot([position - 0.3, position + 0.3], [middle, middle], color="black", linewidth=1.2)
    marks = [(at, paper[name]) for at, name in enumerate(samples) if paper and name in paper]
    paper_marks(axes, marks)
    names = ["/\n".join(fill(part, 10) for part in name.split("/")) for name in samples]
    axes.set_xticks(range(len(samples)), names)
    axes.set_xlim(-0.6, len(samples) - 0.4)
    axes.grid(visible=False, axis="x")


def line_styles_of(names: Sequence[str]) -> dict[str, LineStyle]:
    """A line style for each name, in the order of their first appearance."""
    return {name: line_style(number) for number, name in enumerate(_order(names))}


def tick_text(value: float) -> str:
    """`60k` for 60000, `0.5` for 0.5."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _whisker(axes: Axes, ends: Sequence[tuple[float | None, float | None]]) -> None:
    """An interval, black in white so that it shows on a bar of any colour; nothing where an end is
    not known.
    """
    (x, y), (to_x, to_y) = ends
    if x is not None and y is not None and to_x is not None and to_y is not None:
        for colour, width in (("white", 3.0), ("black", 1.2)):
            axes.plot([x, to_x], [y, to_y], color=colour, linewidth=width, solid_capstyle="butt")


def paper_marks(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """The paper's values at (x, y) as hollow diamonds, with one entry in the legend."""
    if points:
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            linestyle="none",
            marker="D",
            markersize=4.2,
            markerfacecolor="white",
            markeredgecolor="black",
            label=PAPER_LABEL if PAPER_LABEL not in axes.get_legend_handles_labels()[1] else "_",
            zorder=5,
        )


def _spaced(values: Sequence[float]) -> list[float]:
    """Those of ascending values whose ticks do not run into one another on a logarithmic axis; ends
    first.
    """
    kept = list(values[-1:])
    room = math.log(values[-1] / values[0]) / 9 if len(values) > 1 else 0.0
    for value in reversed(values[:-1]):
        if math.log(kept[-1] / value) >= room:
            kept.append(value)
    return kept[::-1]


def _order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
