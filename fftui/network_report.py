"""What a network has learned, as plain values: goodness, units, mistakes and pictures by layer.

`fftui.learning.inspect_network` makes a report; the screen, `fftui inspect` and scripts show it.
Layers count from 1, labels and units from 0. Letters in comments: N images, C labels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

BINS = 60  # of a histogram
LayerState = Literal["learned", "learning", "not begun"]
InputRole = Literal["positive", "negative", "neutral"]


@dataclass(frozen=True)
class Picture:
    """Pixels as bytes, row by row, each of `channels` values (1: grey; 3: red, green, blue) from 0
    to 255.
    """

    width: int
    height: int
    channels: int
    pixels: bytes

    def at(self, column: int, row: int) -> tuple[int, ...]:
        """The values of one pixel."""
        start = (row * self.width + column) * self.channels
        return tuple(self.pixels[start : start + self.channels])


@dataclass(frozen=True)
class GoodnessSplit:
    """A layer's goodness of images with their true label (positive) and with each wrong one
    (negative).

    Both histograms have `BINS` bins of one width from `low` to `high`. Shares are fractions of 1,
    exact over all values; values that are not finite are counted and left out of the rest.
    """

    threshold: float | None
    low: float
    high: float
    positive: tuple[int, ...]
    negative: tuple[int, ...]
    median_positive: float
    median_negative: float
    negatives_over_median: float  # over the median positive
    positives_over_threshold: float | None
    negatives_over_threshold: float | None
    not_finite: int = 0


@dataclass(frozen=True)
class UnitActivity:
    """How many of a layer's units are active, that is over 0, on the probe images.

    A unit is dead where it is active on no image with any label, always on where it is on all. A
    channel of a convolution is dead if it is so at every position, and always on likewise.
    """

    kind: Literal["units", "channels"]
    units: int
    dead: tuple[int, ...]
    always_on: tuple[int, ...]
    active_positive: float  # share of the activities with true labels that are over 0
    active_negative: float | None  # with wrong labels; None where no label goes in


@dataclass(frozen=True)
class Mistake:
    """Images of one label that were given another, and their number."""

    label: int
    predicted: int
    images: int


@dataclass(frozen=True)
class Confusion:
    """Images by their true label (row) and the predicted one (column)."""

    counts: tuple[tuple[int, ...], ...]

    @cached_property
    def images(self) -> int:
        """All images."""
        return sum(map(sum, self.counts))

    @cached_property
    def correct(self) -> int:
        """Images on the diagonal."""
        return sum(row[label] for label, row in enumerate(self.counts))

    @property
    def accuracy(self) -> float:
        """Their fraction of all images."""
        return self.correct / max(1, self.images)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All pairs of labels with a mistake, most images first."""
        found = [
            Mistake(label, predicted, images)
            for label, row in enumerate(self.counts)
            for predicted, images in enumerate(row)
            if images and predicted != label
        ]
        return tuple(sorted(found, key=lambda each: -each.images))

    @cached_property
    def winners(self) -> tuple[tuple[int, int], ...]:
        """Labels that were predicted wrongly, with the number of images, most first."""
        totals: dict[int, int] = {}
        for each in self.mistakes:
            totals[each.predicted] = totals.get(each.predicted, 0) + each.images
        return tuple(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class LayerReport:
    """One layer on the probe images.

    `scores` is its goodness of each image for each label (N rows of C); it, `goodness` and
    `confusion` (by this layer alone) are empty or None where a rule gives layers no goodness.
    `update_cosine` is None where it was not asked for, or the network has no head.
    """

    number: int
    title: str
    state: LayerState
    units: UnitActivity
    scores: tuple[tuple[float, ...], ...] = ()
    goodness: GoodnessSplit | None = None
    confusion: Confusion | None = None
    # of the layer's own gradient with backprop's: see `fftui.learning.diagnosis`
    update_cosine: float | None = None


@dataclass(frozen=True)
class Position:
    """How far a run had learned: the phase, its rule, and in it the layer (None: all at once), the
    epochs that are complete and the steps of the next one; all of it where `ended`.
    """

    phase: int
    phases: int
    rule: str
    layer: int | None
    epoch: int
    epochs: int
    step: int
    ended: bool = False


@dataclass(frozen=True)
class FilterPictures:
    """Weights of the first layer as pictures: grey is 0, lighter is positive, darker negative, each
    picture on a scale of its own. `units` are their numbers, the most active first, of all `of`.

    Without pictures `problem` says why.
    """

    units: tuple[int, ...] = ()
    pictures: tuple[Picture, ...] = ()
    of: int = 0
    kind: str = ""
    problem: str = ""


@dataclass(frozen=True)
class NetworkReport:
    """A network on N probe images: by layer, and as a whole.

    `scores` (N rows of C) are what the whole network predicts by, `scored_by` says what they are;
    `problem` says why layers have no goodness, and is empty where they have.
    """

    position: Position
    labels: tuple[int, ...]
    class_names: tuple[str, ...]
    layers: tuple[LayerReport, ...]
    scores: tuple[tuple[float, ...], ...]
    scored_by: str
    confusion: Confusion
    filters: FilterPictures
    problem: str = ""
    similarity: tuple[tuple[float, ...], ...] = ()  # linear CKA of the layers, if asked for
    written: float | None = None  # Unix time of the checkpoint
    probe: int = 0  # probe images in all, of which this may be a report on the first ones

    @property
    def is_whole(self) -> bool:
        """Whether it is a report on all probe images."""
        return len(self.labels) >= self.probe

    def name(self, label: int) -> str:
        """The class's name, or its number where it has none."""
        return self.class_names[label] if label < len(self.class_names) else str(label)


@dataclass(frozen=True)
class InputPicture:
    """One input of the first layer: the image as it enters it with `label`, and as `beside` what
    goes in beside it: planes, or a vector as a picture of one row.
    """

    role: InputRole
    label: int
    pixels: Picture
    beside: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class ProbeSample:
    """One probe image, its label, and the inputs made of it; `words` say how the label goes in."""

    number: int
    label: int
    pixels: Picture
    inputs: tuple[InputPicture, ...]
    words: str


def best(scores: Sequence[float]) -> int:
    """The label with the largest score; of scores that are no numbers the first, as torch has
    it.
    """
    return max(range(len(scores)), key=lambda label: _rank(scores[label]))


def best_wrong(scores: Sequence[float], label: int) -> int:
    """The label with the largest score besides `label`."""
    wrong = [each for each in range(len(scores)) if each != label]
    return max(wrong, key=lambda each: _rank(scores[each]), default=label)


def _rank(score: float) -> float:
    return math.inf if math.isnan(score) else score
