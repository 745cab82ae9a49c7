"""Figures from tables, with Matplotlib: the paper's 2 to 7, the studies' curves, a run's own.

`fftui figures` and the screen's figures load this package; nothing else does.
"""

import fftui.studies.figures.matplotlib_settings  # noqa: F401 - before anything loads Matplotlib

# isort: split
from fftui.studies.figures.cells import Canvas, CellFigure, cell_figures
from fftui.studies.figures.make import FigureRequest, formats_of, pictures, write_figures
from fftui.studies.figures.style import Drawing, Picture, SkippedFigure

__all__ = [
    "Canvas",
    "CellFigure",
    "Drawing",
    "FigureRequest",
    "Picture",
    "SkippedFigure",
    "cell_figures",
    "formats_of",
    "pictures",
    "write_figures",
]
