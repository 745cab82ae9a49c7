"""What every kind of layer can do: answer, say how good the answer is, and learn from its own loss alone."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from fftui.experiment import Goodness
from fftui.learning.goodness import goodness, goodness_scale, row_norm
from fftui.learning.losses import LossSlope

EPSILON = 1e-4  # in x / (|x| + ε), as in the paper's code
PairLoss = Callable[[Tensor, Tensor], LossSlope]  # of the goodness of positive and negative data


@dataclass(frozen=True)
class OverlaidImages:
    """Normalised images whose first C inputs carry a label that is still open.

    The overlay sets C inputs to 0 and input y to a constant, so the norm of the whole is the same for every label:
    x̂(y) = `images_BD` + `strength_B` · e(y), with the first C columns of `images_BD` zero. Exact, no approximation.
    """

    images_BD: Tensor
    strength_B: Tensor
    classes: int

    def select(self, index_B: Tensor) -> "OverlaidImages":
        """The images at `index_B`."""
        return OverlaidImages(self.images_BD.index_select(0, index_B), self.strength_B[index_B], self.classes)

    def under(self, labels_B: Tensor) -> Tensor:
        """x̂ (B, D) with these labels."""
        return self.images_BD.scatter(1, labels_B[:, None], self.strength_B[:, None])

    def __len__(self) -> int:
        return len(self.strength_B)


@dataclass(frozen=True)
class Outcome:
    """What one step of learning saw: the loss (a scalar tensor) and the goodness (2B,), positive first."""

    loss: Tensor
    goodness_2B: Tensor


class Layer(nn.Module, ABC):
    """A layer over inputs of `input_shape`; float32 parameters, products in `dtype`. No gradient ever leaves it.

    A kind gives `forward`, `activities` and `learn`. It may override the two methods for labelled images where it
    can share work between labels.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        normalisation: Literal["l2", "rms", "none"],
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.output_shape = output_shape
        self.normalisation = normalisation
        self.dtype = dtype

    @property
    def inputs(self) -> int:
        """Number of inputs D."""
        return math.prod(self.input_shape)

    @property
    def outputs(self) -> int:
        """Number of activities H."""
        return math.prod(self.output_shape)

    @property
    def label(self) -> str:
        """The layer's size for people."""
        return f"{self.inputs}→{self.outputs}"

    @abstractmethod
    def forward(self, x_BD: Tensor) -> Tensor:
        """Activities for raw input, with autograd: what backprop sees."""

    @abstractmethod
    def activities(self, x_BD: Tensor) -> Tensor:
        """z (B, H) for normalised input, without autograd."""

    @abstractmethod
    def learn(self, x_2BD: Tensor, kind: Goodness, loss: PairLoss) -> Outcome:
        """Set the gradients of `loss` for normalised input, positive first."""

    def labelled_activities(self, x: OverlaidImages, *labels_B: Tensor) -> Tensor:
        """z for images under one or several sets of labels, stacked."""
        return torch.cat([self.activities(x.under(labels)) for labels in labels_B])

    def learn_labelled(
        self, x: OverlaidImages, positive_B: Tensor, negative_B: Tensor, kind: Goodness, loss: PairLoss
    ) -> Outcome:
        """`learn` for the same images under their true and under wrong labels."""
        return self.learn(torch.cat((x.under(positive_B), x.under(negative_B))), kind, loss)

    def goodness(self, z_BH: Tensor, kind: Goodness) -> Tensor:
        """g (B,) of activities."""
        return goodness(z_BH, goodness_scale(kind, self.outputs))

    def normalise(self, x_BD: Tensor) -> Tensor:
        """x̂: the input as this layer sees it, in the layer's product type."""
        return (x_BD * self.normaliser(row_norm(x_BD)).to(x_BD.dtype)[:, None]).to(self.dtype)

    def overlaid(self, x_BD: Tensor, classes: int, value: float) -> OverlaidImages:
        """Images with the first `classes` inputs cleared for a label pixel of brightness `value`, normalised."""
        x_BD = x_BD.clone()
        x_BD[:, :classes] = 0
        factor_B = self.normaliser(row_norm(x_BD).square_().add_(value**2).sqrt_())
        return OverlaidImages((x_BD * factor_B[:, None]).to(self.dtype), (factor_B * value).to(self.dtype), classes)

    def normaliser(self, norm_B: Tensor) -> Tensor:
        """The factor (B,) that normalises inputs whose Euclidean norm is `norm_B`."""
        if self.normalisation == "l2":
            return 1 / (norm_B + EPSILON)
        if self.normalisation == "rms":
            return math.sqrt(self.inputs) / (norm_B + EPSILON)
        return torch.ones_like(norm_B)
