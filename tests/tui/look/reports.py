"""A report and samples as `fftui.learning.inspect_network` gives them, without torch."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fftui.errors import FFTUIError, RunFailedError
from fftui.network_report import (
    BINS,
    Confusion,
    FilterPictures,
    GoodnessSplit,
    InputPicture,
    LayerReport,
    NetworkReport,
    Picture,
    Position,
    ProbeSample,
    UnitActivity,
)

HOSTILE = "[/b]"
CLASSES = 4


def grey(width: int = 8, height: int = 8, value: int = 200) -> Picture:
    return Picture(width, height, 1, bytes([value]) * (width * height))


def split(**changes: Any) -> GoodnessSplit:
    positive = [0] * BINS
    negative = [0] * BINS
    positive[40:50], negative[5:25] = [10] * 10, [15] * 20
    made = GoodnessSplit(
        2.0, 0.5, 4.0, tuple(positive), tuple(negative), 3.2, 1.4, 0.125, 0.75, 0.0625
    )
    return replace(made, **changes)


def report(classes: int = CLASSES, images: int = 6, **changes: Any) -> NetworkReport:
    labels = tuple(n % classes for n in range(images))
    # the network labels image 4 wrongly, layer 1 image 2 as well
    scores = [[1.0 + (label == labels[n]) for label in range(classes)] for n in range(images)]
    scores[4][(labels[4] + 1) % classes] = 9.0
    of_first = [list(row) for row in scores]
    of_first[2][(labels[2] + 1) % classes] = 5.0
    counts = tuple(
        tuple(5 * (a == b) + (a == 1 and b == 0) for b in range(classes)) for a in range(classes)
    )
    units = UnitActivity("units", 8, (3, 5), (1,), 0.25, 0.125)
    first = LayerReport(1, "64→8", "learned", units, _rows(of_first), split(), Confusion(counts))
    second = LayerReport(
        2, "8→8", "learning", units, _rows(scores), split(threshold=None), Confusion(counts)
    )
    made = NetworkReport(
        position=Position(1, 1, "forward-forward", 2, 3, 10, 5),
        labels=labels,
        class_names=tuple(f"class {n}{HOSTILE}" for n in range(classes)),
        layers=(first, second),
        scores=_rows(scores),
        scored_by="goodness, all-layers",
        confusion=Confusion(counts),
        filters=FilterPictures((7, 2), (grey(), grey(value=90)), 8, "units"),
        written=1_790_000_000.0,
        probe=images,
    )
    return replace(made, **changes)


def _rows(values: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in values)


def sample(number: int = 0, wrong: int = 1, label: int = 0) -> ProbeSample:
    positive = InputPicture("positive", label, grey(), (grey(10, 1),))
    negative = InputPicture("negative", wrong, grey(), (grey(10, 1, 40),))
    return ProbeSample(number, label, grey(value=120), (positive, negative), "how it goes in")


@dataclass
class FakeLookBackend:
    """Gives reports one after the other; none is left when there is no new checkpoint."""

    reports: list[NetworkReport] = field(default_factory=lambda: [report()])
    alive: bool = True
    problem: str = ""
    asked: list[tuple[int, int]] = field(default_factory=list)
    checkpoints: int = 0

    def new_reports(self) -> Iterator[NetworkReport]:
        if self.problem:
            raise RunFailedError(self.problem)
        if self.reports:
            yield self.reports.pop(0)

    def sample(self, number: int, wrong: int) -> ProbeSample:
        self.asked.append((number, wrong))
        return sample(number, wrong, number % CLASSES)

    def request_checkpoint(self) -> None:
        self.checkpoints += 1
        if self.problem:
            raise FFTUIError(self.problem)
