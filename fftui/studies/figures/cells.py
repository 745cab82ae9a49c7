"""Figures as cells of a terminal: laid out anew at its width, words as characters, the rest as
braille dots and half blocks in colour.

A figure made for paper has letters of two pixels in a terminal. So its size is set such that a
letter takes one cell, Matplotlib lays it out, and the words are written as characters into the
cells that they cover; only what is no word is drawn as pixels, 2 x 4 a cell.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from fftui.studies.figures.cell_colours import recolour, shown
from fftui.studies.figures.make import FigureRequest, drawn
from fftui.studies.figures.style import Drawing, SkippedFigure
from fftui.text.streams import REPLACE_BY_ASCII

CELL_IN = (0.0625, 0.125)  # width and height of a cell, inches: those of a letter of FONT_PT
FONT_PT = 7.4
DOTS = (2, 4)  # of a cell
DPI = DOTS[0] / CELL_IN[0]
LEAST_COLUMNS = 40  # fewer do not hold an axis and its words
DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
FILLED = 6  # dots of a cell from which on it is a surface
TOUCHED = 48  # difference from the background, of 255, from which on a dot is drawn
LEVELS = " .:+*#"  # in ASCII, by dots

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Canvas:
    """The cells there are, the colours of the terminal (`#rrggbb`), and whether only ASCII may be
    drawn.
    """

    columns: int
    rows: int
    ink: str
    ground: str
    ascii_only: bool = False


@dataclass(frozen=True)
class Run:
    """Neighbouring cells of one style: their text, its colour, and the ground's (empty: the
    terminal's own).
    """

    text: str
    ink: str
    ground: str = ""


@dataclass(frozen=True)
class CellFigure:
    """A figure as rows of cells; `problem` says what cannot be read at this size (empty: all can
    be).
    """

    name: str
    rows: tuple[tuple[Run, ...], ...]
    problem: str = ""


@dataclass(frozen=True)
class _Word:
    """A line of text, its first cell and its colour."""

    text: str
    column: int
    row: int
    ink: str


def cell_figures(asked: FigureRequest, canvas: Canvas) -> Iterator[CellFigure | SkippedFigure]:
    """All figures that are asked for, as wide as the canvas and at least as high as they need; what
    cannot be drawn is skipped, with the reason. Raises RequestError as `pictures`.
    """
    yield from drawn(asked, lambda drawing: cell_figure(drawing, canvas))


def cell_figure(drawing: Drawing, canvas: Canvas) -> CellFigure:
    """A drawing in cells, inside `style()`; the drawing itself is changed."""
    if canvas.columns < LEAST_COLUMNS:
        why = f"a figure needs at least {LEAST_COLUMNS} columns, and there are {canvas.columns}"
        return CellFigure(drawing.name, (), why)
    figure = drawing.figure
    rows = max(canvas.rows, _rows_needed(figure, canvas.columns))
    canvas = replace(canvas, rows=rows)
    figure.set(dpi=DPI, facecolor=canvas.ground)
    figure.set_size_inches(canvas.columns * CELL_IN[0], rows * CELL_IN[1])
    _adapt(figure, canvas)
    agg = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # panels without room: the words that do not fit say so
        warnings.simplefilter("ignore", UserWarning)
        figure.draw_without_rendering()
    words = _words(figure, canvas)
    figure.set_layout_engine("none")
    for text in figure.findobj(Text):
        text.set_visible(False)
    agg.draw()  # type: ignore[no-untyped-call]
    pixels: Pixels = np.asarray(agg.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    cells = _cells(pixels, canvas)
    hidden = _write(words, cells)
    labels = "a label does" if hidden == 1 else f"{hidden} labels do"
    problem = f"{labels} not fit at this size" if hidden else ""
    return CellFigure(drawing.name, tuple(map(_runs, cells)), problem)


def _rows_needed(figure: Figure, columns: int) -> int:
    """Rows that keep a figure's panels as high as they are on paper for the width that there is,
    and their words apart.
    """
    width, height = figure.get_size_inches()
    narrower = min(1.0, columns * CELL_IN[0] / width)
    return int(height * max(narrower, 0.8) / CELL_IN[1] + 0.5)


def _adapt(figure: Figure, canvas: Canvas) -> None:
    """Letters of one cell, lines of at least a dot, and colours that show on the ground."""
    for axes in figure.axes:
        if name := axes.get_ylabel():  # letters are not turned: it goes above the axis
            title = axes.get_title(loc="left") or axes.get_title()
            axes.set_title("", loc="center")
            axes.set_title("\n".join(filter(None, (title, f"↑ {name}"))), loc="left")
            axes.set_ylabel("")
        axes.set_facecolor(canvas.ground)
        axes.grid(visible=False)
    for artist in figure.findobj():
        if isinstance(artist, Text):
            artist.set(fontfamily="DejaVu Sans Mono", fontsize=FONT_PT, rotation=0)
            artist.set_linespacing(1.0)
        else:
            recolour(artist, canvas.ink, canvas.ground)


def _words(figure: Figure, canvas: Canvas) -> list[_Word]:
    """All lines of text of a figure that is laid out, where they stand."""
    found: list[_Word] = []
    unseen = _unseen(figure)
    for text in figure.findobj(Text):
        if not isinstance(text, Text) or id(text) in unseen:
            continue
        if text.get_visible() and text.get_text().strip():
            found += _lines_of(text, figure, canvas)
    return found


def _lines_of(text: Text, figure: Figure, canvas: Canvas) -> Iterator[_Word]:
    box = text.get_window_extent()
    if not np.isfinite([box.x0, box.y1]).all():
        return
    words = text.get_text().replace("$", "")
    if canvas.ascii_only:
        words = words.encode("ascii", REPLACE_BY_ASCII).decode("ascii")
    lines = words.split("\n")
    centre_row = (figure.bbox.height - (box.y0 + box.y1) / 2) / DOTS[1]
    first_row = round(centre_row - len(lines) / 2)
    ink = shown(text.get_color(), canvas.ink, canvas.ground)
    across = text.get_horizontalalignment()
    for at, each in enumerate(lines):
        left, right, length = box.x0 / DOTS[0], box.x1 / DOTS[0], len(each)
        begin = {"left": left, "right": right - length}.get(across, (left + right - length) / 2)
        # at the edge a cell is left or right of where the letters would be
        column = min(max(0, round(begin)), max(0, canvas.columns - length))
        yield _Word(each, column, first_row + at, ink)


def _unseen(figure: Figure) -> set[int]:
    """The words (by `id`) that Matplotlib does not draw: of ticks beyond the ends of their axis,
    and of axes that are off.
    """
    found: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-6 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                inside = low - slack <= tick.get_loc() <= high + slack
                if not (axes.axison and inside):
                    found |= {id(tick.label1), id(tick.label2)}
    return found


_Cell = tuple[str, str, str]  # character, ink, ground


def _cells(pixels: Pixels, canvas: Canvas) -> list[list[_Cell]]:
    """Pixels (4 · rows, 2 · columns, 3) as cells."""
    wide, high = DOTS
    ground = np.array([round(255 * each) for each in to_rgb(canvas.ground)], np.int16)
    shape = (canvas.rows, high, canvas.columns, wide, 3)
    blocks = _padded(pixels, canvas)[: canvas.rows * high, : canvas.columns * wide]
    blocks = blocks.reshape(shape).swapaxes(1, 2)
    lit = np.abs(blocks.astype(np.int16) - ground).max(axis=-1) >= TOUCHED
    return [
        [
            _cell(blocks[row, column], lit[row, column], canvas)
            if lit[row, column].any()
            else (" ", "", "")
            for column in range(canvas.columns)
        ]
        for row in range(canvas.rows)
    ]


def _padded(pixels: Pixels, canvas: Canvas) -> Pixels:
    """The pixels of whole cells: rounding may have left one out at an edge."""
    missing = (
        max(0, canvas.rows * DOTS[1] - pixels.shape[0]),
        max(0, canvas.columns * DOTS[0] - pixels.shape[1]),
    )
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")


def _cell(block: Pixels, lit: NDArray[np.bool_], canvas: Canvas) -> _Cell:
    """A cell with something in it: two half blocks where it is a surface, else dots."""
    count = int(lit.sum())
    if canvas.ascii_only:
        return LEVELS[min(len(LEVELS) - 1, 1 + count // 2)], _mean(block[lit]), ""
    if count >= FILLED:
        return "▀", _mean(block[:2].reshape(-1, 3)), _mean(block[2:].reshape(-1, 3))
    return chr(0x2800 + int(DOT_BITS[lit].sum())), _mean(block[lit]), ""


def _mean(colours: Pixels) -> str:
    red, green, blue = colours.mean(axis=0).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _write(words: Iterable[_Word], cells: list[list[_Cell]]) -> int:
    """Write words into cells; returns how many were left out because others stand there."""
    taken: set[tuple[int, int]] = set()
    hidden = 0
    for word in words:
        places = [(word.row, word.column + at) for at in range(len(word.text))]
        inside = 0 <= word.row < len(cells) and places[-1][1] < len(cells[0])
        if not inside or taken & set(places):
            hidden += 1
            continue
        taken |= {
            (row, column) for row, first in places for column in (first - 1, first, first + 1)
        }
        for (row, column), letter in zip(places, word.text, strict=True):
            cells[row][column] = (letter, word.ink, "")
    return hidden


def _runs(row: Iterable[_Cell]) -> tuple[Run, ...]:
    """Cells of one style joined."""
    runs: list[Run] = []
    for letter, ink, ground in row:
        if runs and (runs[-1].ink, runs[-1].ground) == (ink, ground):
            runs[-1] = Run(runs[-1].text + letter, ink, ground)
        else:
            runs.append(Run(letter, ink, ground))
    return tuple(runs)
