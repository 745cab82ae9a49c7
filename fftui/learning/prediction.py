"""Prediction by goodness: every label is tried, and the one with the highest goodness is predicted.

(Hinton 2022, section 3.3; the paper sums the goodness of all layers, Hinton that of all but the
first. The paper's CNN sums the goodness of what its layers give to the next one, pooled, though
they learn by the goodness of every position before it.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from fftui.experiment import Prediction
from fftui.learning.goodness import goodness_for
from fftui.learning.images import Images
from fftui.learning.layer_range import LayerRange
from fftui.learning.layers.layer import LabelFreeInputs, Layer

MAX_ROWS = 20_000  # images x labels that go through the layers at once
MAX_FLOATS = 50_000_000  # of a layer's activities at once: bounds memory to some hundred megabytes


@dataclass(frozen=True, eq=False)
class Score:
    """Which images of a split were labelled rightly, in its order; L is 0 where layers do not
    predict.

    The tensors stay on the device, so that no part of a split waits for it; counting does.
    """

    labels_N: Tensor
    classes: int
    correct_N: Tensor  # bool, as the next ones: by the whole network
    layer_correct_LN: Tensor  # by each layer's goodness alone
    depth_correct_LN: Tensor  # by the first 1, 2, … L layers together
    head_correct_N: Tensor | None = None  # by the softmax head, where there is one

    def on_cpu(self) -> "Score":
        """The score on the CPU, where counting waits for nothing."""
        head_N = self.head_correct_N
        return replace(
            self,
            labels_N=self.labels_N.cpu(),
            correct_N=self.correct_N.cpu(),
            layer_correct_LN=self.layer_correct_LN.cpu(),
            depth_correct_LN=self.depth_correct_LN.cpu(),
            head_correct_N=None if head_N is None else head_N.cpu(),
        )

    @property
    def accuracy(self) -> float:
        """Fraction of the images whose label was predicted correctly."""
        return _fractions(self.correct_N[None])[0]

    @property
    def layer_accuracies(self) -> tuple[float, ...]:
        """Accuracy of predictions by each layer's goodness alone."""
        return _fractions(self.layer_correct_LN)

    @property
    def depth_accuracies(self) -> tuple[float, ...]:
        """Accuracy of predictions by the first 1, 2, … L layers together."""
        return _fractions(self.depth_correct_LN)

    @property
    def head_accuracy(self) -> float | None:
        """Accuracy of the softmax head, from 0 to 1; None where there is no head."""
        return None if self.head_correct_N is None else _fractions(self.head_correct_N[None])[0]

    @property
    def class_correct(self) -> tuple[int, ...]:
        """Images of each label that were labelled rightly."""
        return self._per_class(self.labels_N[self.correct_N])

    @property
    def class_images(self) -> tuple[int, ...]:
        """Images of each label."""
        return self._per_class(self.labels_N)

    def _per_class(self, labels_B: Tensor) -> tuple[int, ...]:
        return tuple(torch.bincount(labels_B, minlength=self.classes).tolist())


def _fractions(flags_LN: Tensor) -> tuple[float, ...]:
    """The fraction of each row that is true."""
    return tuple(count / flags_LN.shape[1] for count in flags_LN.sum(1).tolist())


@dataclass(frozen=True)
class Chunk:
    """Some images with every label: inputs of the next layer (`inputs_CND`) and goodness in the
    layers below it.

    `goodness_LBC` has a row for each layer below.
    """

    labels_B: Tensor
    inputs_CND: list[Tensor]
    goodness_LBC: Tensor


class LabelScan:
    """Images with every candidate label on their way through the layers.

    While a layer learns, those below it are fixed: a scan keeps their results, and `advance` goes
    one layer further.
    """

    def __init__(self, kind: str, prediction: Prediction, chunks: list[Chunk]) -> None:
        self._kind = kind
        self._prediction = prediction
        self._chunks = chunks

    @classmethod
    def above_first(
        cls, first: Layer, images: Images, kind: str, prediction: Prediction, rows: int
    ) -> "LabelScan":
        """The scan of `images` after the `first` layer, where labels share products if they can."""
        classes = images.info.classes
        step = max(1, rows // classes)
        chunks = []
        for part in images.parts(step):
            labels_B = part.labels_N
            candidates = [torch.full_like(labels_B, label) for label in range(classes)]
            activities = first.activities_per_label(
                first.encode(part.inputs(slice(None))), *candidates
            ).chunk(classes)
            inputs = [None] * classes
            chunks.append(_chunk(labels_B, activities, inputs, first, kind, prediction))
        return cls(kind, prediction, chunks)

    def advance(self, layer: Layer) -> "LabelScan":
        """The scan after one more `layer`."""
        return LabelScan(
            self._kind,
            self._prediction,
            [self._advance_chunk(chunk, layer) for chunk in self._chunks],
        )

    def score(self) -> Score:
        """Counts of correct predictions by the summed goodness and by each layer's
        goodness alone.
        """
        return total(
            [
                score_goodness(chunk.goodness_LBC, chunk.labels_B, self._prediction)
                for chunk in self._chunks
            ]
        )

    def class_scores(self) -> Tensor:
        """The summed goodness for each label: (N, C)."""
        return torch.cat(
            [counted(chunk.goodness_LBC, self._prediction).sum(0) for chunk in self._chunks]
        )

    def _advance_chunk(self, chunk: Chunk, layer: Layer) -> Chunk:
        inputs = [layer.normalise(x_ND) for x_ND in chunk.inputs_CND]
        activities = [
            layer.activities(x_ND, torch.full_like(chunk.labels_B, label))
            for label, x_ND in enumerate(inputs)
        ]
        above = _chunk(chunk.labels_B, activities, inputs, layer, self._kind, self._prediction)
        return replace(above, goodness_LBC=torch.cat((chunk.goodness_LBC, above.goodness_LBC)))


def score_by_goodness(
    layers: Sequence[Layer], images: Images, kind: str, prediction: Prediction
) -> Score:
    """Score of `layers` on `images`, in batches that bound the memory."""
    parts = _parts(layers, images)
    return total([scan(layers, part, kind, prediction).score() for part in parts])


def class_scores_by_goodness(
    layers: Sequence[Layer], images: Images, kind: str, prediction: Prediction
) -> Tensor:
    """The summed goodness of `images` for each label: (N, C)."""
    parts = _parts(layers, images)
    return torch.cat([scan(layers, part, kind, prediction).class_scores() for part in parts])


def _parts(layers: Sequence[Layer], images: Images) -> Iterator[Images]:
    """The images, as many at once as memory allows with every label."""
    return images.parts(max(1, rows_at_once(layers) // images.info.classes))


def scan(layers: Sequence[Layer], images: Images, kind: str, prediction: Prediction) -> LabelScan:
    """The scan of `images` through all of `layers`."""
    scanned = LabelScan.above_first(layers[0], images, kind, prediction, rows_at_once(layers))
    for layer in layers[1:]:
        scanned = scanned.advance(layer)
    return scanned


def forward_layers(
    layers: Sequence[Layer], x: LabelFreeInputs, labels_B: Tensor
) -> Iterator[Tensor]:
    """Activities (B, H) of each layer, first to last, for images with these labels; without
    autograd.
    """
    x_BD: Tensor | None = None
    z_BH = layers[0].activities_per_label(x, labels_B)
    yield z_BH
    for below, layer in pairwise(layers):
        x_BD = layer.normalise(below.outputs_of(z_BH, x_BD))
        z_BH = layer.activities(x_BD, labels_B)
        yield z_BH


def forward_outputs(
    layers: Sequence[Layer], x: LabelFreeInputs, labels_B: Tensor
) -> Iterator[Tensor]:
    """Outputs (B, H) of each layer to the next one, first to last; without autograd."""
    out_BH = layers[0].outputs_of(layers[0].activities_per_label(x, labels_B), None)
    yield out_BH
    for layer in layers[1:]:
        x_BD = layer.normalise(out_BH)
        out_BH = layer.outputs_of(layer.activities(x_BD, labels_B), x_BD)
        yield out_BH


def rows_at_once(layers: Sequence[Layer]) -> int:
    """Number of rows that go through `layers` at once: few enough for memory, enough for full-speed
    products.
    """
    return max(1, min(MAX_ROWS, MAX_FLOATS // max(layer.floats_per_sample for layer in layers)))


def scored_goodness(layer: Layer, z_NH: Tensor, kind: str, prediction: Prediction) -> Tensor:
    """Goodness (N,) by which `layer` scores a label: of its activities, or of its own outputs where
    those count.
    """
    if prediction == "all-outputs":
        return goodness_for(kind, layer.pooled_shape)(layer.pooled(z_NH))
    return goodness_for(kind, layer.shape)(z_NH)


def _chunk(
    labels_B: Tensor,
    activities: Sequence[Tensor],
    inputs: Sequence[Tensor | None],
    layer: Layer,
    kind: str,
    prediction: Prediction,
) -> Chunk:
    goodness = [scored_goodness(layer, z_NH, kind, prediction) for z_NH in activities]
    row_1BC = torch.stack(goodness, dim=1)[None]
    outputs = [layer.outputs_of(z_NH, x_ND) for z_NH, x_ND in zip(activities, inputs, strict=True)]
    return Chunk(labels_B, outputs, row_1BC)


def score_goodness(
    goodness_LBC: Tensor, labels_B: Tensor, prediction: Prediction | LayerRange
) -> Score:
    """Score of predictions from the goodness of each of L layers for each of C labels."""
    depths = range(1, len(goodness_LBC) + 1)
    predicted_LB = torch.stack(
        [counted(goodness_LBC[:depth], prediction).sum(0).argmax(1) for depth in depths]
    )
    return replace(
        score_of(predicted_LB[-1], labels_B, goodness_LBC.shape[2]),
        layer_correct_LN=goodness_LBC.argmax(2) == labels_B,
        depth_correct_LN=predicted_LB == labels_B,
    )


def counted(goodness_LBC: Tensor, prediction: Prediction | LayerRange) -> Tensor:
    """The goodness of those layers that count for a prediction; of layers below all of a range, the
    last one.
    """
    if isinstance(prediction, LayerRange):
        first = min(prediction.first, len(goodness_LBC))
        return goodness_LBC[first - 1 : prediction.last]
    if prediction == "skip-first" and len(goodness_LBC) > 1:
        return goodness_LBC[1:]
    return goodness_LBC[-1:] if prediction == "last-layer" else goodness_LBC


def score_of(predicted_N: Tensor, labels_N: Tensor, classes: int) -> Score:
    """Score of the whole network's predictions, none of its layers alone."""
    correct_N = predicted_N == labels_N
    none_LN = correct_N.new_empty(0, len(correct_N))
    return Score(labels_N, classes, correct_N, none_LN, none_LN)


def total(scores: Sequence[Score]) -> Score:
    """Score of a split from those of its parts, in their order."""
    heads = [s.head_correct_N for s in scores if s.head_correct_N is not None]
    return Score(
        labels_N=torch.cat([s.labels_N for s in scores]),
        classes=scores[0].classes,
        correct_N=torch.cat([s.correct_N for s in scores]),
        layer_correct_LN=torch.cat([s.layer_correct_LN for s in scores], 1),
        depth_correct_LN=torch.cat([s.depth_correct_LN for s in scores], 1),
        head_correct_N=torch.cat(heads) if heads else None,
    )
