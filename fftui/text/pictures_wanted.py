"""How pictures are to be drawn on the screen: in cells, or in pixels by one of two protocols."""

import os
from collections.abc import Mapping
from typing import Literal

Wanted = Literal["auto", "cells", "kitty", "sixel"]
CHOICES: tuple[Wanted, ...] = ("auto", "cells", "kitty", "sixel")
VARIABLE = "FFTUI_PICTURES"  # the command line checks and sets it

_MULTIPLEXERS = {"tmux": "TMUX", "screen": "STY", "zellij": "ZELLIJ"}
# terminals that show a question that they do not know
_UNASKED = (("TERM_PROGRAM", "Apple_Terminal"), ("TERM", "dumb"), ("TERM", "linux"))


def first_wanted(kept: str | None, environ: Mapping[str, str] = os.environ) -> Wanted:
    """How pictures are to be drawn at the start: as FFTUI_PICTURES says, as was chosen on the
    screen, else as the terminal can.
    """
    named = environ.get(VARIABLE) or kept
    return next((choice for choice in CHOICES if choice == named), "auto")


def multiplexer(environ: Mapping[str, str] = os.environ) -> str | None:
    """The multiplexer around this process, by name."""
    inside = (name for name, variable in _MULTIPLEXERS.items() if environ.get(variable))
    return next(inside, None)


def may_be_asked(wanted: Wanted, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is to be asked what it draws. By itself not through a multiplexer, here
    or where the user logged in from: it draws no pictures, or loses them.
    """
    if wanted == "cells" or any(environ.get(name) == value for name, value in _UNASKED):
        return False
    kind = environ.get("TERM", "")
    return wanted != "auto" or not (multiplexer(environ) or kind.startswith(("tmux", "screen")))
