"""`PictureTerminal`: whether the terminal draws pictures of pixels, and those that it was sent."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol as Interface

from fftui.text.notices import through_tmux
from fftui.text.pictures_wanted import Wanted, may_be_asked
from fftui.tui.graphics import kitty, sixel
from fftui.tui.graphics.abilities import QUERY, Abilities, Protocol
from fftui.tui.graphics.mosaic import Mosaic, Size, raster

CELL = (10, 20)  # pixels of a cell, where a terminal does not say and puts pictures by cells itself


class Link(Interface):
    """A way to a terminal that can be asked."""

    @property
    def colours(self) -> str | None:
        """The colours that text is sent in: `truecolor`, `256`, `standard` or None."""
        ...

    def write(self, data: str) -> object:
        """Send it to the terminal."""
        ...

    def ask(self, question: str, answered: Callable[[Abilities], None]) -> None:
        """Send a question, and call `answered` with what the terminal says, if it ever does."""
        ...

    def cell_pixels(self) -> Size | None:
        """Width and height of a cell in pixels, where the terminal has told the system."""
        ...


@dataclass
class PictureTerminal:
    """The terminal of a screen as far as it draws pictures of pixels.

    `link` gives the way to it (None: there is none that can be asked), `keep` what was chosen to
    the file of preferences.
    """

    wanted: Wanted = "auto"
    link: Callable[[], Link | None] = lambda: None
    keep: Callable[[Wanted], None] = lambda _: None
    _abilities: Abilities | None = None  # what it has answered, once it has
    _waiting: list[Callable[[], None]] = field(default_factory=list)  # for its answer
    _numbers: dict[tuple[Mosaic, Size], int] = field(default_factory=dict)  # sent by Kitty's
    _shown: dict[str, frozenset[tuple[Mosaic, Size]]] = field(default_factory=dict)

    def choose(self, wanted: Wanted, answered: Callable[[], None]) -> None:
        """Draw pictures in another way from now on; `answered` is called once it is known how.
        Raises RequestError where it cannot be kept.
        """
        self.wanted = wanted
        self.ask(answered)
        self.keep(wanted)

    def ask(self, answered: Callable[[], None]) -> None:
        """Ask the terminal what it draws, unless it was asked already or is known to draw none;
        `answered` is called later, or now.
        """
        link = self.link()
        if link is None or self._abilities is not None or not may_be_asked(self.wanted):
            answered()
            return
        self._waiting.append(answered)
        if len(self._waiting) == 1:  # else its answer is on the way
            link.ask(QUERY, self._take)

    def _take(self, abilities: Abilities) -> None:
        self._abilities = abilities
        waiting, self._waiting = self._waiting, []
        for answered in waiting:
            answered()

    @property
    def protocol(self) -> Protocol | None:
        """The protocol that pictures are drawn by; None: they are drawn in cells."""
        link = self.link()
        if link is None or self._abilities is None or not may_be_asked(self.wanted):
            return None
        forced: dict[Wanted, Protocol] = {"kitty": "kitty", "sixel": "sixel"}
        protocol = forced.get(self.wanted, self._abilities.protocol)
        if protocol == "kitty" and link.colours not in ("truecolor", "256"):
            return None  # its pictures are known by their colours
        return protocol

    @property
    def cell(self) -> Size | None:
        """Width and height of a cell in pixels, where pictures are drawn by pixels."""
        link, protocol = self.link(), self.protocol
        if link is None or protocol is None:
            return None
        said = link.cell_pixels() or (self._abilities or Abilities()).cell
        return said or (CELL if protocol == "kitty" else None)

    # By Kitty's protocol

    def send(self, pane: str, mosaics: Sequence[Mosaic], cell: Size) -> list[str]:
        """Send those that are new of the pictures that a pane shows from now on; returns the colour
        of the placeholders of each.
        """
        link = self.link()
        keys = [(mosaic, cell) for mosaic in mosaics]
        self._shown[pane] = frozenset(keys)
        for key in keys:
            if key not in self._numbers and link is not None:
                self._numbers[key] = self._free_number()
                pixels = raster(*key, 256)
                parts = kitty.transmission(pixels, self._id(link, key), key[0].width, key[0].height)
                for part in parts:
                    link.write(through_tmux(part))
        return [kitty.ink(self._numbers[key]) for key in keys]

    def remove_unused(self) -> None:
        """Let the terminal forget the pictures that no pane shows any more."""
        used = frozenset[tuple[Mosaic, Size]]().union(*self._shown.values())
        self._remove([key for key in self._numbers if key not in used])

    def leave(self) -> None:
        """Let the terminal forget all pictures: the screen that has shown them is left."""
        self._shown.clear()
        self.remove_unused()

    def _remove(self, keys: Sequence[tuple[Mosaic, Size]]) -> None:
        if (link := self.link()) is not None:
            for key in keys:
                link.write(through_tmux(kitty.deletion(self._id(link, key))))
                del self._numbers[key]

    def _id(self, link: Link, key: tuple[Mosaic, Size]) -> int:
        return kitty.number_of(self._numbers[key], truecolor=link.colours == "truecolor")

    def _free_number(self) -> int:
        """One that is not in use, by chance: another program may have sent pictures too."""
        return random.choice(sorted(set(range(kitty.NUMBERS)) - set(self._numbers.values())))

    # As Sixel

    def draw(self, mosaic: Mosaic, cell: Size, at: tuple[int, int]) -> None:
        """Draw a picture from the cell in column and row `at`, from 0, on: each of its lines by
        itself, so that the text between them stays, in pieces that the terminal takes.
        """
        link, abilities = self.link(), self._abilities
        if link is None or abilities is None:
            return
        for left, top, sequence in _pieces(mosaic, cell, abilities):
            link.write(f"\x1b7\x1b[{at[1] + top + 1};{at[0] + left + 1}H{sequence}\x1b8")


def _pieces(mosaic: Mosaic, cell: Size, can: Abilities) -> Iterator[tuple[int, int, str]]:
    """The pieces of a mosaic as Sixel, each after its column and row."""
    pixels = raster(mosaic, cell, can.colours)
    wide = max(1, can.largest[0] // cell[0])
    high = max(1, can.largest[1] // cell[1])
    for line in range(0, mosaic.height, mosaic.rows + mosaic.skip):
        for top in range(line, line + mosaic.rows, high):
            rows = min(high, line + mosaic.rows - top)
            for left in range(0, mosaic.width, wide):
                at = left * cell[0], top * cell[1]
                piece = pixels.cut(at, (wide * cell[0], rows * cell[1]))
                yield left, top, sixel.encode(piece)
