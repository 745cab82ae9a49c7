"""What a terminal says of itself when it is asked which pictures it draws.

The answers come on the terminal's input, among the keys, as late as the link is slow: whoever reads
the keys passes them through an `AnswerReader`, which takes the answers out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Protocol = Literal["kitty", "sixel"]

# Its name (XTVERSION), the pixels of a cell, colour registers and largest picture (XTSMGRAPHICS),
# and its attributes (DA1), which every terminal answers, the last one.
QUERY = "\x1b[>q\x1b[16t\x1b[?1;1;0S\x1b[?2;1;0S\x1b[c"
_ANSWER = re.compile(
    r"\x1bP>\|(?P<name>[^\x1b\a]*)(?:\x1b\\|\a)"
    r"|\x1b\[6;(?P<cell>\d+;\d+)t"
    r"|\x1b\[\?1;0;(?P<colours>\d+)S"
    r"|\x1b\[\?2;0;(?P<largest>\d+;\d+)S"
    r"|\x1b\[\?[12];[1-3][\d;]*S"  # that it cannot say
    r"|\x1b\[\?(?P<attributes>[\d;]*)c"
)
_BEGUN = re.compile(r"\x1b(?:\[(?:\?[\d;]*|6(?:;\d*){0,2})?|P(?:>(?:\|[^\x1b\a]*\x1b?)?)?)?\Z")
_BY_HAND = 2  # characters of what may be a key yet: Escape, Alt and a bracket
_SIXEL = 4  # among a terminal's attributes
# that put pictures where Kitty's placeholders stand, and since which version
_WITH_PLACEHOLDERS = {"kitty": (0, 28), "ghostty": (1, 0)}


@dataclass(frozen=True)
class Abilities:
    """What a terminal has answered: its name and version, its attributes, the width and height of a
    cell in pixels (None: not said), its colour registers and the largest picture it takes as Sixel.
    """

    name: str = ""
    attributes: tuple[int, ...] = ()
    cell: tuple[int, int] | None = None
    colours: int = 256
    largest: tuple[int, int] = (1000, 1000)

    @property
    def places_by_cells(self) -> bool:
        """Whether it is known to draw Kitty's pictures where their placeholders stand. Others that
        take the protocol show the placeholders instead.
        """
        found = re.match(r"(\w+)[ (](\d+)\.(\d+)", self.name)
        if found is None or found[1].lower() not in _WITH_PLACEHOLDERS:
            return False
        return (int(found[2]), int(found[3])) >= _WITH_PLACEHOLDERS[found[1].lower()]

    @property
    def protocol(self) -> Protocol | None:
        """The protocol that it draws pictures by; None: it draws none."""
        if self.places_by_cells:
            return "kitty"
        return "sixel" if _SIXEL in self.attributes else None


class AnswerReader:
    """Takes the answers to `QUERY` out of what is read from a terminal; `abilities` are what they
    say so far, `done` that the last one has come.
    """

    def __init__(self) -> None:
        self.done = False
        self.abilities = Abilities()
        self._held = ""
        self._said: dict[str, str] = {}

    def feed(self, text: str) -> str:
        """The part of `text` that is no answer. The beginning of one is kept until its rest
        comes.
        """
        text = _ANSWER.sub(self._take, self._held + text)
        begun = None if self.done else _BEGUN.search(text)
        self._held = begun[0] if begun else ""
        return text[: len(text) - len(self._held)]

    def release(self) -> str:
        """What was kept and is a key: nothing has followed it."""
        if len(self._held) > _BY_HAND:
            return ""
        held, self._held = self._held, ""
        return held

    def _take(self, found: re.Match[str]) -> str:
        if self.done:  # an answer to somebody else
            return found[0]
        self._said |= {name: value for name, value in found.groupdict().items() if value}
        if found["attributes"] is not None:
            self.done = True
            self.abilities = _read(self._said)
        return ""


def _read(said: Mapping[str, str]) -> Abilities:
    """The abilities by what was said, by the names of the groups of `_ANSWER`."""
    height, width = _numbers(said.get("cell", "")) or (0, 0)
    wide, high = _numbers(said.get("largest", "")) or (0, 0)
    nothing = Abilities()
    return Abilities(
        name=said.get("name", ""),
        attributes=_numbers(said.get("attributes", "")),
        cell=(width, height) if width and height else None,
        colours=min(256, int(said.get("colours", "0"))) or nothing.colours,
        largest=(wide, high) if wide and high else nothing.largest,
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(";") if number)
