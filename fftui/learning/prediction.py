"""Prediction by goodness: every label is tried, the one the layers answer most strongly to wins.

(Hinton 2022, section 3.3; the paper sums the goodness of all layers, Hinton leaves out the first.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from fftui.experiment import Goodness, Prediction
from fftui.learning.goodness import GoodnessFunction
from fftui.learning.images import Images
from fftui.learning.layers.base import Layer, OpenImages

ROWS = 20_000  # images x labels carried up at once, at most
NUMBERS = 50_000_000  # that a layer makes of them: bounds memory to some hundred megabytes


@dataclass(frozen=True)
class Score:
    """Counts over a split: overall, per layer alone, per class, and of the softmax head where there is one."""

    images: int
    correct: int
    layer_correct: tuple[int, ...]
    class_correct: tuple[int, ...]
    class_images: tuple[int, ...]
    head_correct: int | None = None

    @property
    def head_accuracy(self) -> float | None:
        """Fraction of the images that the softmax head labelled right; None where there is no head."""
        return None if self.head_correct is None else self.head_correct / self.images

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
    """Some images under every label, as the next layer gets them (`inputs_CND`), and what lower layers made of them.

    `goodness_LBC` has a row for each layer below.
    """

    labels_B: Tensor
    inputs_CND: list[Tensor]
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
    def above_first(
        cls, first: Layer, images: Images, kind: Goodness, prediction: Prediction, rows: int
    ) -> "LabelScan":
        """The scan of `images` once through the `first` layer; labels share what work they can."""
        classes = images.info.classes
        step = max(1, rows // classes)
        chunks = []
        for start in range(0, len(images), step):
            part = slice(start, start + step)
            labels_B = images.labels_N[part]
            tried = [torch.full_like(labels_B, label) for label in range(classes)]
            answers = list(first.labelled_activities(first.open(images.inputs(part)), *tried).chunk(classes))
            chunks.append(_answered(labels_B, answers, first, kind))
        return cls(kind, prediction, chunks)

    def through(self, layer: Layer) -> "LabelScan":
        """The scan one layer further up."""
        return LabelScan(self._kind, self._prediction, [self._lift(chunk, layer) for chunk in self._chunks])

    def score(self) -> Score:
        """How often the summed goodness, and each layer's goodness alone, picks the true label."""
        return total([score_goodness(chunk.goodness_LBC, chunk.labels_B, self._prediction) for chunk in self._chunks])

    def _lift(self, chunk: Chunk, layer: Layer) -> Chunk:
        answers = [
            layer.activities(layer.normalise(x_ND), torch.full_like(chunk.labels_B, label))
            for label, x_ND in enumerate(chunk.inputs_CND)
        ]
        above = _answered(chunk.labels_B, answers, layer, self._kind)
        return replace(above, goodness_LBC=torch.cat((chunk.goodness_LBC, above.goodness_LBC)))


def score_by_goodness(layers: Sequence[Layer], images: Images, kind: Goodness, prediction: Prediction) -> Score:
    """Score of `layers` on `images`, a bounded number of images at a time."""
    step = max(1, rows_at_once(layers) // images.info.classes)
    parts = (images.part(start, start + step) for start in range(0, len(images), step))
    return total([scan(layers, part, kind, prediction).score() for part in parts])


def scan(layers: Sequence[Layer], images: Images, kind: Goodness, prediction: Prediction) -> LabelScan:
    """The scan of `images` through all of `layers`."""
    climbed = LabelScan.above_first(layers[0], images, kind, prediction, rows_at_once(layers))
    for layer in layers[1:]:
        climbed = climbed.through(layer)
    return climbed


def climb(layers: Sequence[Layer], x: OpenImages, labels_B: Tensor) -> Iterator[Tensor]:
    """The activities of each layer, first to last, for images under these labels; without autograd."""
    z_BH = layers[0].labelled_activities(x, labels_B)
    yield z_BH
    for below, layer in pairwise(layers):
        z_BH = layer.activities(layer.normalise(below.onward(z_BH)), labels_B)
        yield z_BH


def rows_at_once(layers: Sequence[Layer]) -> int:
    """Rows that go through `layers` together: few enough for memory, enough for full-speed products."""
    return max(1, min(ROWS, NUMBERS // max(layer.numbers_per_row for layer in layers)))


def _answered(labels_B: Tensor, answers: list[Tensor], layer: Layer, kind: Goodness) -> Chunk:
    goodness = GoodnessFunction(kind, layer.shape)
    row_1BC = torch.stack([goodness(z_NH) for z_NH in answers], dim=1)[None]
    return Chunk(labels_B, [layer.onward(z_NH) for z_NH in answers], row_1BC)


def score_goodness(goodness_LBC: Tensor, labels_B: Tensor, prediction: Prediction) -> Score:
    """The counts where each of L layers gives each of C labels a goodness."""
    counted_LBC = goodness_LBC
    if prediction == "skip-first" and len(goodness_LBC) > 1:
        counted_LBC = goodness_LBC[1:]
    elif prediction == "last-layer":
        counted_LBC = goodness_LBC[-1:]
    return score_of(counted_LBC.sum(0).argmax(1), goodness_LBC.argmax(2), labels_B, goodness_LBC.shape[2])


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
        head_correct=sum(s.head_correct or 0 for s in scores) if scores[0].head_correct is not None else None,
    )
