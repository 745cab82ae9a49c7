"""What every kind of layer can do: answer, learn from its own objective alone, and pass its answer on."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fftui.data.label_encoding import LabelInput, with_neutral
from fftui.experiment import LayerNormalisation
from fftui.learning.goodness import row_norm
from fftui.learning.objective import Judged, Objective

EPSILON = 1e-4  # in x / (|x| + ε), as in the paper's code


@dataclass
class OpenImages:
    """Normalised images whose label, if the encoding puts it among the inputs, is still open.

    An overlay clears C inputs and sets input y to a constant (an appended label does the same behind the pixels), so
    the norm of the whole is the same for every label: x̂(y) = `images_BD` + `strength_B` · e(`first` + y), with those
    C columns of `images_BD` zero. Exact, no approximation. `strength_B` is None where inputs carry no label. The
    neutral label is the mean over all labels.
    """

    images_BD: Tensor
    strength_B: Tensor | None
    first: int
    classes: int
    product_BH: Tensor | None = None  # of the images and the weights as they stand; for one batch, one step

    def select(self, index_B: Tensor) -> "OpenImages":
        """The images at `index_B`."""
        strength_B = None if self.strength_B is None else self.strength_B[index_B]
        return OpenImages(self.images_BD.index_select(0, index_B), strength_B, self.first, self.classes)

    def under(self, labels_B: Tensor) -> Tensor:
        """x̂ (B, D) with these labels."""
        if self.strength_B is None:
            return self.images_BD
        x_BD = self.images_BD.clone()
        x_BD[:, self.first : self.first + self.classes] += self.codes(labels_B)
        return x_BD

    def codes(self, labels_B: Tensor) -> Tensor:
        """What the labels put in: (B, C). Only where inputs carry labels."""
        assert self.strength_B is not None
        one_hot_CC = torch.eye(self.classes, dtype=self.images_BD.dtype, device=self.images_BD.device)
        return with_neutral(one_hot_CC).index_select(0, labels_B) * self.strength_B[:, None]

    def __len__(self) -> int:
        return len(self.images_BD)


@dataclass(frozen=True)
class Outcome:
    """What one step of learning saw: loss (a scalar tensor), goodness (2B,), activities (N, H); nothing is attached."""

    loss: Tensor
    goodness_2B: Tensor
    activities_NH: Tensor

    @classmethod
    def of(cls, judged: Judged, z_NH: Tensor) -> "Outcome":
        """What `judged` said of the activities `z_NH`."""
        return cls(judged.loss, judged.goodness_2B, z_NH)


class Layer(nn.Module, ABC):
    """A layer over inputs of `input_shape`; float32 parameters, products in `dtype`. No gradient ever leaves it.

    Its activities have `shape`; what it passes on has `output_shape` (pooled, perhaps). Between layers both are flat:
    (N, D) and (N, H). Labels (N,) count from 0; C is the neutral one (see `fftui.data.label_encoding`). A kind gives
    `forward`, `activities` and `learn`; it may override the methods for open images where labels can share work.
    """

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
        self.normalisation = normalisation
        self.label = label
        self.dtype = dtype

    @property
    def inputs(self) -> int:
        """Number of inputs D, an appended label among them."""
        return math.prod(self.input_shape) + self.label.appended_inputs

    @property
    def outputs(self) -> int:
        """Number of activities H."""
        return math.prod(self.shape)

    @property
    def numbers_per_row(self) -> int:
        """Numbers that a row takes in memory while the layer answers, about."""
        return self.outputs

    @property
    def title(self) -> str:
        """The layer's size for people."""
        return f"{self.inputs}→{self.outputs}"

    @abstractmethod
    def forward(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """What is passed on for raw input, with autograd: what backprop sees."""

    @abstractmethod
    def activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H) for normalised input, without autograd."""

    @abstractmethod
    def learn(self, x_ND: Tensor, labels_N: Tensor, objective: Objective) -> Outcome:
        """Set the gradients of `objective` for normalised input."""

    def onward(self, z_NH: Tensor) -> Tensor:
        """What the next layer gets of the activities."""
        return z_NH

    def labelled_activities(self, x: OpenImages, *labels_B: Tensor) -> Tensor:
        """z for images under one or several sets of labels, stacked."""
        return torch.cat([self.activities(x.under(labels), labels) for labels in labels_B])

    def learn_labelled(self, x: OpenImages, objective: Objective, *labels_B: Tensor) -> Outcome:
        """`learn` for the same images under one or several sets of labels, stacked."""
        return self.learn(torch.cat([x.under(labels) for labels in labels_B]), torch.cat(labels_B), objective)

    def normalise(self, x_ND: Tensor) -> Tensor:
        """x̂: the input as this layer sees it, in the layer's product type; batch normalisation comes later."""
        if self.normalisation in ("batch", "none"):
            return x_ND.to(self.dtype)
        return (x_ND * self.normaliser(row_norm(x_ND)).to(x_ND.dtype)[:, None]).to(self.dtype)

    def labelled(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """x̂ (N, D) for raw input under its label, with autograd; batch normalisation comes later.

        Where the label is among the inputs these are images, whose gradient nobody asks for.
        """
        if self.label.encoding in ("overlay", "appended"):
            return self.open(x_ND).under(labels_N).to(x_ND.dtype)
        if self.normalisation in ("batch", "none"):
            return x_ND
        return x_ND * self.normaliser(torch.linalg.vector_norm(x_ND, dim=1))[:, None]

    def open(self, x_BD: Tensor) -> OpenImages:
        """Raw images as the first layer of a network sees them, normalised, their label open."""
        label = self.label
        if label.encoding not in ("overlay", "appended"):
            return OpenImages(self.normalise(x_BD), None, 0, label.classes)
        first = 0
        if label.encoding == "appended":
            first = x_BD.shape[1]
            x_BD = torch.nn.functional.pad(x_BD, (0, label.classes))
        else:
            x_BD = x_BD.clone()
            x_BD[:, : label.classes] = 0
        factor_B = self.normaliser(row_norm(x_BD).square_().add_(label.strength**2).sqrt_())
        images_BD = (x_BD * factor_B[:, None]).to(self.dtype)
        return OpenImages(images_BD, (factor_B * label.strength).to(self.dtype), first, label.classes)

    def normaliser(self, norm_N: Tensor) -> Tensor:
        """The factor (N,) that normalises inputs whose Euclidean norm is `norm_N`."""
        if self.normalisation == "l2":
            return 1 / (norm_N + EPSILON)
        if self.normalisation == "rms":
            return math.sqrt(self.inputs) / (norm_N + EPSILON)
        return torch.ones_like(norm_N)
