"""Settings of all figures: widths of a paper's column, line styles that differ in grey too, files.

Matplotlib is used through its figures alone: no pyplot, so nothing is kept between figures and no
window is opened.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, get_args

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.text import Text

from fftui.errors import RequestError
from fftui.inert import inert, one_line
from fftui.runs.files import write_bytes
from fftui.studies.figures.matplotlib_settings import DEFAULTS

FileFormat = Literal["svg", "png", "pdf"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
COLUMN_IN, PAGE_IN = 3.35, 7.0  # widths of one and of two columns of a paper, inches
PANEL_IN = 2.1  # height of a panel, inches
PNG_DPI = 200
NOTE_CHARACTERS_AN_INCH, NOTE_LINE_IN = 22, 0.11
PAPER_LABEL = "the paper"

SETTINGS: Any = {  # Matplotlib's stubs want every key as a literal
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same everywhere
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.88",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "fftui",  # names inside the file do not change from one drawing to the next
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class LineStyle:
    """Colour of one series, and the line, marker and hatch that distinguish it without colour."""

    colour: str
    line: str
    marker: str
    hatch: str


# Colours of Okabe and Ito (2008), from dark to light.
LINE_STYLES = (
    LineStyle("#000000", "-", "o", ""),
    LineStyle("#D55E00", "--", "s", "////"),
    LineStyle("#0072B2", "-.", "^", "...."),
    LineStyle("#E69F00", ":", "D", "xxxx"),
    LineStyle("#56B4E9", "-", "v", "----"),
    LineStyle("#009E73", "--", "P", "++++"),
    LineStyle("#CC79A7", "-.", "X", "oooo"),
)


@dataclass(frozen=True)
class Drawing:
    """A figure and the name of its file, without ending."""

    name: str
    figure: Figure


@dataclass(frozen=True)
class Picture:
    """A figure as the content of a file: the file's name without ending, its format and bytes."""

    name: str
    file_format: FileFormat
    content: bytes


@dataclass(frozen=True)
class SkippedFigure:
    """A figure, or a panel of one, that is not drawn, and the reason."""

    name: str
    reason: str


def label_text(text: str) -> str:
    """A name from outside as the text of a figure: one line, and no formula."""
    return one_line(text).replace("$", r"\$")


def line_style(index: int) -> LineStyle:
    """The line style of the series with this index; they repeat after seven."""
    return LINE_STYLES[index % len(LINE_STYLES)]


@contextmanager
def style() -> Iterator[None]:
    """Apply the settings of all figures while one is made and written."""
    with matplotlib.rc_context(DEFAULTS | SETTINGS):
        yield


def grid(panels: int, columns: int = 2, panel_in: float = PANEL_IN) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels, in rows of `columns`, as wide as one or two columns
    of a paper.
    """
    columns = min(columns, panels)
    rows = math.ceil(panels / columns)
    width = COLUMN_IN if columns == 1 else PAGE_IN
    figure = Figure(figsize=(width, panel_in * rows + 0.35), layout="constrained")
    return figure, [figure.add_subplot(rows, columns, number + 1) for number in range(panels)]


def legend_above(figure: FigureBase, axes: Axes, columns: int) -> None:
    """One legend for all panels of a figure or of a part; what the paper reports comes last."""
    named = zip(*axes.get_legend_handles_labels(), strict=True)
    ordered = sorted(named, key=lambda pair: pair[1] == PAPER_LABEL)
    if ordered:
        figure.legend(*zip(*ordered, strict=True), loc="outside upper center", ncols=columns)


def note_below(figure: Figure, text: str) -> None:
    """Small print below a figure, which grows by its lines; nothing where it is empty."""
    if not text:
        return
    width, height = figure.get_size_inches()
    lines = wrap(text, int(width * NOTE_CHARACTERS_AN_INCH))
    figure.set_size_inches(width, height + NOTE_LINE_IN * len(lines))
    figure.supxlabel("\n".join(lines), fontsize=6, x=0.01, ha="left")


def render(drawing: Drawing, file_format: FileFormat) -> bytes:
    """A drawing as the content of a file, inside `style()`; the same drawing gives the same SVG.

    Names of runs in it may come from anybody: no text holds characters that XML cannot.
    """
    content = BytesIO()
    for text in drawing.figure.findobj(Text):
        text.set_text(inert(text.get_text()))
    # without these Matplotlib writes the time of day
    undated: Any = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}
    drawing.figure.savefig(content, format=file_format, dpi=PNG_DPI, metadata=undated[file_format])
    return content.getvalue()


def write_picture(picture: Picture, folder: Path) -> Path:
    """Write a picture into `folder` under its name. Raises RequestError where it cannot."""
    path = folder / f"{picture.name}.{picture.file_format}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, picture.content)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another folder with -o"
        raise RequestError(msg) from error
    return path
