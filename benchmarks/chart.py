"""Milliseconds to draw a chart, against drawing each of its points.

    python benchmarks/chart.py --points 100000

A picture is reduced to a minimum and a maximum for each column of dots; the baseline looks at every
point by itself. Prints a Markdown table of medians: the first picture of new points, in which their
values are laid out; one of another part of them, as after zooming or panning; the next picture of
the same part; and the ratio of that to the baseline.
"""

import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer
from figure import Figure, say

from fftui.tui.charts.cell_plot import Series, _reduced, draw
from fftui.tui.charts.fitting import window_for
from fftui.tui.charts.scale import Window

SIZES = ((76, 14), (196, 40))  # cells, of the lines in terminals of 80x24 and 200x50


def line_of(points: int) -> Series:
    """A noisy falling line with one spike."""
    numbers = random.Random(0)
    values = [5 * math.exp(-3 * n / points) + numbers.gauss(0, 0.1) for n in range(points)]
    values[points // 2] = 9.0
    return Series("loss", tuple((float(n), y) for n, y in enumerate(values)))


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """The median time of some calls, milliseconds of processor time."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return 1000 * statistics.median(taken)


def each_point(line: Series, window: Window, dots: int) -> None:
    """The baseline: every point by itself."""
    _reduced([], line, 0, len(line.points), window, dots)


def main(
    points: Annotated[int, typer.Option(help="Points of the line.")] = 100_000,
    repeats: Annotated[int, typer.Option(help="Pictures of each kind.")] = 15,
) -> None:
    """Print the table."""
    line = line_of(points)
    window = window_for([line], left=0, right=float(points - 1))
    print(
        f"{points} points\n\n| cells | first, ms | panned, ms | next, ms | each point, ms | ratio |"
    )
    print("|---|---|---|---|---|---|")
    figures = []
    for width, height in SIZES:
        picture = partial(draw, window=window, width=width, height=height, braille=True)
        first = median_ms(lambda draw=picture: draw([Series("loss", line.points)]), repeats)
        windows = (replace(window, left=float(each)) for each in range(points // 2))
        panned = median_ms(
            lambda draw=picture, windows=windows: draw([line], window=next(windows)), repeats
        )
        following = median_ms(partial(picture, [line]), repeats)
        every = median_ms(partial(each_point, line, window, 2 * width), repeats)
        times = (
            f"{first:.1f} | {panned:.1f} | {following:.1f} | {every:.1f} | {every / following:.1f}"
        )
        print(f"| {width}x{height} | {times} |")
        figures.append(
            Figure(f"the next picture, {width}x{height}", following, "ms", "each point", every)
        )
    print()
    for figure in figures:
        say(figure)


if __name__ == "__main__":
    typer.run(main)
