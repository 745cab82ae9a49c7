"""Figures from tables, with Matplotlib: the paper's 2 to 7, the studies' curves, a run's own.

`fftui figures` loads this package; nothing else does.
"""

from fftui.studies.figures.make import FigureRequest, formats_of, pictures, write_figures
from fftui.studies.figures.style import Drawing, Picture, SkippedFigure

__all__ = [
    "Drawing",
    "FigureRequest",
    "Picture",
    "SkippedFigure",
    "formats_of",
    "pictures",
    "write_figures",
]
