"""The interface of every kind of layer: compute activities, learn from its own objective, feed the
next layer.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from fftui.data.encodings import PIXELS, VECTORS
from fftui.data.label_encoding import LabelInput, with_neutral
from fftui.experiment import LayerNormalisation
from fftui.learning.goodness import row_norm
from fftui.learning.layers.dropout import Dropout
from fftui.learning.objective import Objective, ObjectiveValue

EPSILON = 1e-4  # in x / (|x| + ε), as in the paper's code


@dataclass
class LabelFreeInputs:
    """Normalised inputs (B, D) of the first layer before a label is put into them.

    An overlay clears C inputs and sets the input of label y to a constant; an appended label does
    the same behind the pixels. The mean and the norm of an input are therefore the same for every
    label, and x̂(y) = `images_BD` + `label_value_B` · e(`label_offset` + y) exactly, where all C
    label columns of `images_BD` hold what stands for no label. `label_value_B` is None where the
    inputs hold no label. The neutral label is the mean over all labels.
    """

    images_BD: Tensor
    label_value_B: Tensor | None
    label_offset: int  # column of label 0
    classes: int
    # images_BD times the current weights; valid for one batch and one step
    product_BH: Tensor | None = None

    def select(self, index_B: Tensor) -> "LabelFreeInputs":
        """The images at `index_B`."""
        label_value_B = None if self.label_value_B is None else self.label_value_B[index_B]
        return LabelFreeInputs(
            self.images_BD.index_select(0, index_B), label_value_B, self.label_offset, self.classes
        )

    def with_labels(self, labels_B: Tensor) -> Tensor:
        """x̂ (B, D): the inputs with these labels in them."""
        if self.label_value_B is None:
            return self.images_BD
        x_BD = self.images_BD.clone()
        x_BD[:, self.label_offset : self.label_offset + self.classes] += self.label_columns(
            labels_B
        )
        return x_BD

    def label_columns(self, labels_B: Tensor) -> Tensor:
        """The label columns (B, C) of the inputs with these labels; only where inputs
        hold labels.
        """
        assert self.label_value_B is not None
        one_hot_CC = torch.eye(
            self.classes, dtype=self.images_BD.dtype, device=self.images_BD.device
        )
        return with_neutral(one_hot_CC).index_select(0, labels_B) * self.label_value_B[:, None]

    def __len__(self) -> int:
        return len(self.images_BD)


class Layer(nn.Module, ABC):
    """A layer over inputs of `input_shape`; float32 parameters, products in `dtype`. No gradient
    ever leaves it.

    Its activities have `shape`, its own outputs `pooled_shape` (smaller where it pools), what it
    hands on `output_shape` (larger where a shortcut goes past it). Between layers they are flat:
    (N, D) and (N, H). Labels (N,) count from 0; C is the neutral one (see
    `fftui.data.label_encoding`). A kind implements `forward`, `activities` and `learn`; it may
    override the `…_per_label` methods where labels share work.
    """

    # what has a picture of weights (see `image_weights`)
    filters: ClassVar[str] = "units"
    # of the shape of the weights: what `forward` sends its gradient down through in their place,
    # in layers whose description `takes_feedback`
    feedback: Tensor | None = None

    def __init__(
        self,
        *,
        input_shape: tuple[int, ...],
        shape: tuple[int, ...],
        output_shape: tuple[int, ...] | None = None,
        normalisation: LayerNormalisation,
        label: LabelInput,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.shape = shape
        self.output_shape = output_shape or shape
        self.pooled_shape = self.output_shape  # of its own outputs, without a shortcut's
        self.normalisation = normalisation
        self.label = label
        self.dtype = dtype
        self.dropout: Dropout | None = None

    @property
    def inputs(self) -> int:
        """Number of inputs D, including an appended label."""
        return math.prod(self.input_shape) + self.label.appended_inputs

    @property
    def outputs(self) -> int:
        """Number of activities H."""
        return math.prod(self.shape)

    @property
    def floats_per_sample(self) -> int:
        """Floats of memory, roughly, that one sample needs while its activities are computed."""
        return self.outputs

    @property
    def title(self) -> str:
        """Size of the layer as shown to users, such as "784→2000"."""
        return f"{self.inputs}→{self.outputs}"

    @abstractmethod
    def forward(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """Outputs for raw input, with autograd, as backprop needs them."""

    @abstractmethod
    def activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H) for normalised input, without autograd."""

    @abstractmethod
    def learn(self, x_ND: Tensor, labels_N: Tensor, objective: Objective) -> ObjectiveValue:
        """Set the gradients of `objective` for normalised input."""

    def pooled(self, z: Tensor) -> Tensor:
        """The layer's own outputs (N, H): the activities, pooled where it pools after goodness."""
        return z.flatten(1)

    def outputs_of(self, z: Tensor, x_ND: Tensor | None) -> Tensor:
        """Outputs (N, H) to the next layer, from the activities, in either shape, and the
        normalised input that they are of (None: of the first layer), which a shortcut may keep.
        """
        del x_ND
        return self.pooled(z)

    def label_beside(self, labels_N: Tensor) -> Tensor | None:
        """What these labels give the layer beside its inputs, as (N, channels, height, width):
        planes, or a vector for tokens; None where a label goes in with the inputs or not at all.
        """
        del labels_N
        return None

    def unit_weights(self) -> tuple[nn.Parameter, int] | None:
        """The weights of the units or channels that the activities are of, and the dimension that
        numbers these; None where a kind has no such weights (its description then does not say
        `competes`).
        """
        return None

    def image_weights(self) -> Tensor | None:
        """Weights over the image of a first layer, as (filters, channels, height, width) without
        those of labels beside it; None where they are no pictures.
        """
        return None

    def activities_per_label(self, x: LabelFreeInputs, *labels_B: Tensor) -> Tensor:
        """z (S·B, H) for images with each of S sets of labels (B,), stacked."""
        return torch.cat([self.activities(x.with_labels(labels), labels) for labels in labels_B])

    def learn_per_label(
        self, x: LabelFreeInputs, objective: Objective, *labels_B: Tensor
    ) -> ObjectiveValue:
        """`learn` for images with each of S sets of labels (B,), stacked."""
        return self.learn(
            torch.cat([x.with_labels(labels) for labels in labels_B]),
            torch.cat(labels_B),
            objective,
        )

    def normalise(self, x_ND: Tensor) -> Tensor:
        """Normalised input x̂ in the layer's product type; batch normalisation comes later."""
        if self.normalisation in ("batch", "none"):
            return x_ND.to(self.dtype)
        if self.normalisation == "layer":
            return self._standardised_rows(x_ND)[0].to(self.dtype)
        if self.normalisation == "group":
            return standardised_groups(x_ND, self.input_shape, self.label.classes).to(self.dtype)
        return (x_ND * self.normaliser(row_norm(x_ND)).to(x_ND.dtype)[:, None]).to(self.dtype)

    def labelled(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """Normalised input x̂ (N, D) with its label, from raw input, with autograd; batch
        normalisation comes later.

        Where the label is among the inputs these are images, so no gradient is needed.
        """
        if self.label.encoding in (*PIXELS, *VECTORS):
            return self.encode(x_ND).with_labels(labels_N).to(x_ND.dtype)
        if self.normalisation in ("batch", "none"):
            return x_ND
        if self.normalisation == "layer":
            return self._standardised_rows(x_ND)[0]
        if self.normalisation == "group":
            return standardised_groups(x_ND, self.input_shape, self.label.classes)
        return x_ND * self.normaliser(torch.linalg.vector_norm(x_ND, dim=1))[:, None]

    def encode(self, x_BD: Tensor) -> LabelFreeInputs:
        """Raw images (B, D) as normalised inputs of the first layer, without a label yet."""
        label = self.label
        label_offset = label.column(x_BD.shape[1])
        if label_offset is None:
            return LabelFreeInputs(self.normalise(x_BD), None, 0, label.classes)
        if label.appended_inputs:
            x_BD = functional.pad(x_BD, (0, label.appended_inputs))
        else:
            x_BD = x_BD.clone()
            x_BD[:, label_offset : label_offset + label.classes] = 0
        if self.normalisation == "layer":
            images_BD, factor_B = self._standardised_rows(x_BD, label.value)
            label_value_B = (factor_B * label.value).to(self.dtype)
            return LabelFreeInputs(
                images_BD.to(self.dtype), label_value_B, label_offset, label.classes
            )
        factor_B = self.normaliser(row_norm(x_BD).square_().add_(label.value**2).sqrt_())
        images_BD = (x_BD * factor_B[:, None]).to(self.dtype)
        return LabelFreeInputs(
            images_BD, (factor_B * label.value).to(self.dtype), label_offset, label.classes
        )

    def _standardised_rows(self, x_ND: Tensor, label_value: float = 0.0) -> tuple[Tensor, Tensor]:
        """(x − mean) / std of each row, and 1 / std (N,); `label_value` is that of an input that is
        still to be set, and counts.
        """
        inputs = x_ND.shape[1]
        wide_ND = x_ND.to(torch.promote_types(x_ND.dtype, torch.float32))
        mean_N = (wide_ND.sum(1) + label_value) / inputs
        square_N = (wide_ND.square().sum(1) + label_value**2) / inputs - mean_N.square()
        factor_N = 1 / (square_N.clamp(min=0).sqrt() + EPSILON)
        return (wide_ND - mean_N[:, None]) * factor_N[:, None], factor_N

    def normaliser(self, norm_N: Tensor) -> Tensor:
        """The factor (N,) that normalises inputs whose Euclidean norm is `norm_N`."""
        if self.normalisation == "l2":
            return 1 / (norm_N + EPSILON)
        if self.normalisation == "rms":
            return math.sqrt(self.inputs) / (norm_N + EPSILON)
        return torch.ones_like(norm_N)


def standardised_groups(x_ND: Tensor, shape: tuple[int, ...], classes: int) -> Tensor:
    """(x − mean) / std of each class's group of units or channels of inputs of `shape`, of all
    where they are fewer than classes; those left over are a group of their own. With autograd.
    """
    each = shape[0] // classes
    if not each:
        return functional.group_norm(x_ND, 1)
    grouped = each * classes * math.prod(shape[1:])
    if grouped == x_ND.shape[1]:
        return functional.group_norm(x_ND, classes)
    parts = functional.group_norm(x_ND[:, :grouped].contiguous(), classes), x_ND[:, grouped:]
    return torch.cat((parts[0], functional.group_norm(parts[1].contiguous(), 1)), 1)


def triangle(z: Tensor, power: float) -> Tensor:
    """max(0, z − mean over dimension 1) to the `power`, with autograd."""
    above = torch.relu(z - z.mean(1, keepdim=True))
    return above if power == 1 else above**power


def seed_dropout(layers: Sequence[Layer], seed: int, step: int) -> None:
    """Let the dropout of each of `layers` draw what belongs to this step of the stage: a resumed
    run draws the same.
    """
    for number, layer in enumerate(layers, 1):
        if layer.dropout is not None:
            device = next(layer.parameters()).device
            layer.dropout.draw_from(seed, number, step, device=device)


def dropout_generators(layers: Sequence[Layer]) -> list[Generator]:
    """What the dropout of these layers draws from, once it was seeded."""
    found = (layer.dropout.generator for layer in layers if layer.dropout is not None)
    return [generator for generator in found if generator is not None]
