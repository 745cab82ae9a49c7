"""What a benchmark finds out: one line a figure, for people and for `python -m benchmarks`."""

import re
from dataclasses import dataclass

NUMBER = r"(?:nan|[-+.\de]+)"
LINE = re.compile(
    rf"figure: (?P<what>.+?) = (?P<value>{NUMBER}) (?P<unit>.*?)"
    rf"(?:; (?P<baseline>.+?) = (?P<base>{NUMBER}) (?P=unit), ratio (?P<ratio>{NUMBER}))?\Z"
)
SKIPPED = "skipped: "


@dataclass(frozen=True)
class Figure:
    """A measured value, and what the same took by the baseline: None where there is none.

    `ratio` is value / base unless it was measured otherwise (pair by pair).
    """

    what: str
    value: float
    unit: str
    baseline: str = ""
    base: float | None = None
    ratio: float | None = None

    @property
    def line(self) -> str:
        """The figure as a line of text."""
        text = f"figure: {self.what} = {self.value:.4g} {self.unit}"
        if self.base is None:
            return text
        ratio = self.value / self.base if self.ratio is None else self.ratio
        return f"{text}; {self.baseline} = {self.base:.4g} {self.unit}, ratio {ratio:.3g}"

    @classmethod
    def read(cls, line: str) -> "Figure | None":
        """The figure that a line states; None where it states none."""
        found = LINE.match(line)
        if not found:
            return None
        return cls(
            found["what"],
            float(found["value"]),
            found["unit"],
            found["baseline"] or "",
            float(found["base"]) if found["base"] else None,
            float(found["ratio"]) if found["ratio"] else None,
        )


def say(figure: Figure) -> None:
    """Print a figure."""
    print(figure.line, flush=True)


def skip(what: str, why: str) -> None:
    """Print that something is not measured on this machine, and why."""
    print(f"{SKIPPED}{what}: {why}", flush=True)
