"""Pictures of the screen as text, compared with stored ones: the signs of each row, and the styles
of the cells as letters, so that a review shows what a change does to a screen.
"""

import os
from collections.abc import Callable, Iterable
from difflib import unified_diff
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot

from fftui.tui.app import FFTUIApp

FOLDER = Path(__file__).parent / "pictures"
RENEW = "RENEW_PICTURES=1 python -m pytest -q -n auto tests/tui/test_pictures.py"
# a style each: drawings of half blocks have hundreds
LETTERS = ascii_uppercase + ascii_lowercase + digits + "".join(map(chr, range(0x100, 0x250)))
MARK = "== "  # in front of the name of each picture in a file
PATIENCE_S, LOOK_EVERY_S = 5.0, 0.05
STEADY = 10  # equal looks in a row: the picture does not change any more
Draw = Callable[[FFTUIApp], str]


def signs(app: FFTUIApp) -> str:
    """The signs on the screen, as the terminal gets them."""
    return "\n".join("".join(each.text for each in row).rstrip() for row in _rows(app))


def styles(app: FFTUIApp) -> str:
    """What each letter stands for, and a letter for each cell on the screen."""
    letters: dict[str, str] = {}
    rows = []
    for row in _rows(app):
        cells = ""
        for segment in row:
            name = _style_name(segment.style or Style())
            letter = letters.setdefault(name, LETTERS[len(letters)])
            cells += letter * cell_len(segment.text)
        rows.append(cells)
    return "\n".join([*(f"{letter}: {name}" for name, letter in letters.items()), *rows])


def _rows(app: FFTUIApp) -> Iterable[list[Segment]]:
    return (list(strip) for strip in app.screen._compositor.render_strips())


def _style_name(style: Style) -> str:
    """Colours and attributes, without links and handlers, which cannot be seen."""
    attributes = ("bold", "dim", "italic", "underline", "reverse", "strike")
    has = {name: True for name in attributes if getattr(style, name)}
    return str(Style(color=style.color, bgcolor=style.bgcolor, **has))  # type: ignore[arg-type]


class Album:
    """The stored pictures of one scene, in one file."""

    def __init__(self, scene: str) -> None:
        self._path = FOLDER / f"{scene}.txt"
        self._stored = _read(self._path)
        self._renews = bool(os.environ.get("RENEW_PICTURES"))
        self._drawn: dict[str, str] = {}

    async def add(self, pilot: Pilot, name: str, draw: Draw) -> None:
        """Draw a picture once it is as stored, or does not change any more."""
        app = pilot.app
        assert isinstance(app, FFTUIApp)
        wanted = None if self._renews else self._stored.get(name)
        found, equal = draw(app), 0
        for _ in range(round(PATIENCE_S / LOOK_EVERY_S)):
            if found == wanted or (wanted is None and equal >= STEADY):
                break
            await pilot.pause(LOOK_EVERY_S)
            before, found = found, draw(app)
            equal = equal + 1 if found == before else 0
        self._drawn[name] = found

    def close(self) -> None:
        """Fail where pictures differ from those stored, or store them."""
        if self._renews:
            FOLDER.mkdir(exist_ok=True)
            text = "".join(f"{MARK}{name}\n{picture}\n" for name, picture in self._drawn.items())
            self._path.write_text(text, encoding="utf-8")
            return
        names = dict.fromkeys([*self._drawn, *self._stored])
        differences = [line for name in names for line in self._difference(name)]
        told = f"\nIf this is as wanted: {RENEW}\n"
        assert not differences, "\n".join([f"{self._path.name} differs:", *differences]) + told

    def _difference(self, name: str) -> Iterable[str]:
        stored, drawn = (each.get(name, "").splitlines() for each in (self._stored, self._drawn))
        return unified_diff(stored, drawn, f"{name}, stored", f"{name}, drawn", n=1, lineterm="")


def _read(path: Path) -> dict[str, str]:
    """The pictures in a file by their names; none where there is no file."""
    if not path.exists():
        return {}
    parts = ("\n" + path.read_text(encoding="utf-8")).split(f"\n{MARK}")[1:]
    named = (part.partition("\n") for part in parts)
    return {name: picture.removesuffix("\n") for name, _, picture in named}
