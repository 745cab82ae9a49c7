"""A terminal that answers as it is told to, and keeps what it was sent."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fftui.tui.graphics.abilities import Abilities

KITTY = Abilities("kitty(0.35.2)", (62,), (10, 20))
SIXEL = Abilities("XTerm(379)", (63, 4), (10, 20))
PLAIN = Abilities("", (1, 2), None)


@dataclass
class FakeLink:
    """`abilities` are what it answers; None: it never does."""

    abilities: Abilities | None = KITTY
    colours: str | None = "truecolor"
    told: tuple[int, int] | None = (10, 20)
    sent: list[str] = field(default_factory=list)
    asked: int = 0

    def write(self, data: str) -> None:
        self.sent.append(data)

    def ask(self, question: str, answered: Callable[[Abilities], None]) -> None:
        self.asked += 1
        if self.abilities is not None:
            answered(self.abilities)

    def cell_pixels(self) -> tuple[int, int] | None:
        return self.told

    def count(self, part: str) -> int:
        return "".join(self.sent).count(part)
