"""Figures for the screens: drawn as cells of the terminal, or written as files.

Its methods load Matplotlib and read the disk: they are called from threads.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui.runs.workspace import Workspace
from fftui.studies.study import Scale

# Names that `fftui figures` takes.
PAPER_FIGURES = tuple(f"figure-{number}" for number in range(2, 8))
FOLDER = Path("figures")  # as of `fftui figures`


@dataclass(frozen=True)
class Room:
    """The cells for a figure, the terminal's colours (`#rrggbb`), and whether it shows only
    ASCII.
    """

    columns: int
    rows: int
    ink: str
    ground: str
    ascii_only: bool = False


CellRun = tuple[str, str, str]  # text, its colour, the ground's (empty: the terminal's own)


@dataclass(frozen=True)
class ShownFigure:
    """A figure as rows of cells; without rows `problem` says why it is not drawn, else what cannot
    be read at this size.
    """

    name: str
    rows: tuple[tuple[CellRun, ...], ...] = ()
    problem: str = ""


class FigureBackend:
    """The figures of one workspace."""

    # Matplotlib's settings are the process's
    lock = threading.Lock()

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def draw(self, names: tuple[str, ...], scale: Scale, room: Room) -> Iterator[ShownFigure]:
        """The figures of studies, runs or the paper's figures `names`, as wide as there is room.
        Raises RequestError.
        """
        from fftui.studies import figures  # noqa: PLC0415 - Matplotlib, behind the screen

        canvas = figures.Canvas(room.columns, room.rows, room.ink, room.ground, room.ascii_only)
        asked = figures.FigureRequest(names, self.workspace, scale=scale)
        with self.lock:
            for made in figures.cell_figures(asked, canvas):
                if isinstance(made, figures.SkippedFigure):
                    yield ShownFigure(made.name, problem=made.reason)
                else:
                    rows = (tuple((r.text, r.ink, r.ground) for r in row) for row in made.rows)
                    yield ShownFigure(made.name, tuple(rows), made.problem)

    def write(self, names: tuple[str, ...], scale: Scale) -> tuple[Path, int]:
        """Write the figures as SVG and PNG; returns the folder and the number of files. Raises
        RequestError.
        """
        from fftui.studies import figures  # noqa: PLC0415

        folder = FOLDER.resolve()
        asked = figures.FigureRequest(names, self.workspace, scale=scale)
        with self.lock:
            made = list(figures.write_figures(asked, folder))
        return folder, sum(isinstance(each, Path) for each in made)
