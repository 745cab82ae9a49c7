"""Lines of several runs on shared axes, each with its letter, of several seeds with their band."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from fftui.studies.figures.plots import log_y_axis
from fftui.studies.figures.style import (
    PAGE_IN,
    Drawing,
    label_text,
    line_style,
    render,
    style,
)

HEIGHT_IN, LEGEND_LINE_IN = 3.2, 0.14
MARKS = 10  # of a line's marker, at most
NAME_CHARACTERS = 48


@dataclass(frozen=True)
class FigureLine:
    """One line: the letter at its end, its name in the legend, its place among the line styles, its
    points, the smallest and largest values of seeds, and its smoothed values, if any.
    """

    letter: str
    name: str
    place: int
    xs: Sequence[float]
    values: Sequence[float]
    band: tuple[Sequence[float], Sequence[float]] | None = None
    smoothed: Sequence[float] = ()


def line_figure(
    lines: Sequence[FigureLine],
    titles: tuple[str, str, str],
    span: tuple[float, float] | None,
    log: bool,
) -> bytes:
    """An SVG with these lines; `titles` are of the figure, the horizontal and the vertical axis,
    `span` is the part of the horizontal one that is shown.
    """
    with style():
        columns = 1 if len(lines) < 2 else 2
        height = HEIGHT_IN + LEGEND_LINE_IN * (len(lines) / columns)
        figure = Figure(figsize=(PAGE_IN, height), layout="constrained")
        axes = figure.add_subplot()
        for line in lines:
            look = line_style(line.place)
            values = line.smoothed or line.values
            if line.smoothed:
                axes.plot(line.xs, line.values, color=look.colour, alpha=0.3, linewidth=0.6)
            if line.band is not None:
                axes.fill_between(line.xs, *line.band, color=look.colour, alpha=0.15, linewidth=0)
            axes.plot(
                line.xs,
                values,
                color=look.colour,
                linestyle=look.line,
                marker=look.marker,
                markevery=max(1, len(values) // MARKS),
                label=label_text(line.name[:NAME_CHARACTERS]),
            )
            if line.xs:
                axes.annotate(
                    line.letter,
                    (line.xs[-1], values[-1]),
                    (4, 0),
                    textcoords="offset points",
                    color=look.colour,
                    va="center",
                    annotation_clip=True,
                )
        axes.set(xlabel=titles[1], ylabel=titles[2])
        if span is not None:
            axes.set_xlim(*span)
        if log:
            log_y_axis(axes)
        figure.suptitle(titles[0], fontsize=8)
        if lines:
            figure.legend(loc="outside lower center", ncols=columns, fontsize=6.5)
        return render(Drawing("comparison", figure), "svg")
