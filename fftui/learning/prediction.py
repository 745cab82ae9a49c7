"""Prediction by goodness: every label is tried, the one the layers answer most strongly to wins.

(Hinton 2022, section 3.3; the paper sums the goodness of all layers, Hinton leaves out the first.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fftui.experiment import Goodness, Prediction
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer

ROWS = 20_000  # images x labels carried up at once: bounds memory, large enough for full-speed products


@dataclass(frozen=True)
class Score:
    """Counts over a split: overall, per layer alone, and per class."""

    images: int
    correct: int
    layer_correct: tuple[int, ...]
    class_correct: tuple[int, ...]
    class_images: tuple[int, ...]

    @property
    def accuracy(self) -> float:
        """Fraction of the images that were labelled right."""
        return self.correct / self.images

    @property
    def layer_accuracies(self) -> tuple[float, ...]:
        """The same for each layer's goodness alone."""
        return tuple(correct / self.images for correct in self.layer_correct)


@dataclass(frozen=True)
class Chunk:
    """Some images under every label, as the next layer sees them (`inputs_CBD`), and what lower layers made of them.

    `goodness_LBC` has a row for each layer below.
    """

    labels_B: Tensor
    inputs_CBD: list[Tensor]
    goodness_LBC: Tensor


class LabelScan:
    """Images under all their candidate labels, carried up layer by layer.

    While a layer learns, those below it stand still: what they made is kept, and `through`
    looks one layer further.
    """

    def __init__(self, kind: Goodness, prediction: Prediction, chunks: list[Chunk]) -> None:
        self._kind = kind
        self._prediction = prediction
        self._chunks = chunks

    @classmethod
    def above_first(cls, first: Layer, images: Images, kind: Goodness, prediction: Prediction) -> "LabelScan":
        """The scan of `images` once through the `first` layer, whose product is computed once for all labels."""
        classes = images.info.classes
        step = max(1, ROWS // classes)
        chunks = []
        for start in range(0, len(images), step):
            part = slice(start, start + step)
            x = first.overlaid(images.inputs(part), classes, images.overlay_value)
            labels_B = images.labels_N[part]
            tried = [torch.full_like(labels_B, label) for label in range(classes)]
            activities = list(first.labelled_activities(x, *tried).chunk(classes))
            chunks.append(Chunk(labels_B, activities, _goodness_1BC(activities, first, kind)))
        return cls(kind, prediction, chunks)

    def through(self, layer: Layer) -> "LabelScan":
        """The scan one layer further up."""
        return LabelScan(self._kind, self._prediction, [self._lift(chunk, layer) for chunk in self._chunks])

    def score(self) -> Score:
        """How often the summed goodness, and each layer's goodness alone, picks the true label."""
        return total([_score(chunk.goodness_LBC, chunk.labels_B, self._prediction) for chunk in self._chunks])

    def _lift(self, chunk: Chunk, layer: Layer) -> Chunk:
        activities = [layer.activities(layer.normalise(z)) for z in chunk.inputs_CBD]
        row_1BC = _goodness_1BC(activities, layer, self._kind)
        return Chunk(chunk.labels_B, activities, torch.cat((chunk.goodness_LBC, row_1BC)))


def score_by_goodness(layers: Sequence[Layer], images: Images, kind: Goodness, prediction: Prediction) -> Score:
    """Score of `layers` on `images`, a bounded number of images at a time."""
    return total([scan(layers, part, kind, prediction).score() for part in _parts(images)])


def scan(layers: Sequence[Layer], images: Images, kind: Goodness, prediction: Prediction) -> LabelScan:
    """The scan of `images` through all of `layers`."""
    climbed = LabelScan.above_first(layers[0], images, kind, prediction)
    for layer in layers[1:]:
        climbed = climbed.through(layer)
    return climbed


def _parts(images: Images) -> Iterator[Images]:
    step = max(1, ROWS // images.info.classes)
    for start in range(0, len(images), step):
        yield images.part(start, start + step)


def _goodness_1BC(activities: list[Tensor], layer: Layer, kind: Goodness) -> Tensor:
    return torch.stack([layer.goodness(z_BH, kind) for z_BH in activities], dim=1)[None]


def _score(goodness_LBC: Tensor, labels_B: Tensor, prediction: Prediction) -> Score:
    classes = goodness_LBC.shape[2]
    counted_LBC = goodness_LBC[1:] if prediction == "skip-first" and len(goodness_LBC) > 1 else goodness_LBC
    return score_of(counted_LBC.sum(0).argmax(1), goodness_LBC.argmax(2), labels_B, classes)


def score_of(predicted_B: Tensor, layer_predicted_LB: Tensor, labels_B: Tensor, classes: int) -> Score:
    """The counts of one batch of predictions, overall and of each layer alone (L may be 0)."""
    right_B = predicted_B == labels_B
    return Score(
        images=len(labels_B),
        correct=int(right_B.sum()),
        layer_correct=tuple(int(n) for n in (layer_predicted_LB == labels_B).sum(1)),
        class_correct=tuple(torch.bincount(labels_B[right_B], minlength=classes).tolist()),
        class_images=tuple(torch.bincount(labels_B, minlength=classes).tolist()),
    )


def total(scores: list[Score]) -> Score:
    """The counts of several parts of a split together."""
    return Score(
        images=sum(s.images for s in scores),
        correct=sum(s.correct for s in scores),
        layer_correct=tuple(map(sum, zip(*(s.layer_correct for s in scores), strict=True))),
        class_correct=tuple(map(sum, zip(*(s.class_correct for s in scores), strict=True))),
        class_images=tuple(map(sum, zip(*(s.class_images for s in scores), strict=True))),
    )
