"""Matplotlib loaded, whatever the environment and one's own matplotlibrc say: figures look the same
everywhere, and a setting that Matplotlib refuses is no reason to draw none.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _no_settings() -> Iterator[None]:
    """Meanwhile Matplotlib finds no settings of the user's, but for a matplotlibrc in the working
    folder.
    """
    before = {name: os.environ.pop(name, None) for name in ("MPLBACKEND", "MATPLOTLIBRC")}
    os.environ["MATPLOTLIBRC"] = os.devnull
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


try:
    import matplotlib
except ValueError:  # such as the backend of a notebook that is not installed here
    for _name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        del sys.modules[_name]  # half loaded
    with _no_settings():
        import matplotlib

# `backend` is how windows are opened, which is left to the user's own figures
DEFAULTS = {
    name: value for name, value in dict.items(matplotlib.rcParamsDefault) if name != "backend"
}
