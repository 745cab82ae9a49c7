"""Figures from tables, with Matplotlib: the paper's 2 to 7, the studies' curves, a run's own.

`fftui figures` loads this package; nothing else does.
"""

from fftui.studies.figures.make import Figures, formats_of, write_figures
from fftui.studies.figures.style import Drawing, LeftOut

__all__ = ["Drawing", "Figures", "LeftOut", "formats_of", "write_figures"]
