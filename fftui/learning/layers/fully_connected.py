"""A fully connected layer of rectified linear units that learns without autograd.

With normalised input x̂ and z = relu(x̂ W + b), the slope of a local loss in z is ∂L/∂g · 2 k z (k as in
`fftui.learning.goodness`), already zero where a unit is silent. So a step
is two matrix products, the positive and negative data stacked: x̂ W going up and x̂ᵗ δ for the gradient.

Weights are kept as (D, H): both products then read contiguous rows, and row y of W is the weight of label pixel y.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from fftui.learning.goodness import row_norm

EPSILON = 1e-4  # in x / (|x| + ε), as in the paper's code


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

    def __len__(self) -> int:
        return len(self.strength_B)


class FullyConnectedLayer(nn.Module):
    """H units over D inputs; float32 parameters, matrix products in `dtype`."""

    def __init__(
        self,
        inputs: int,
        units: int,
        normalisation: Literal["l2", "rms", "none"],
        dtype: torch.dtype,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.units = units
        self.normalisation = normalisation
        self.dtype = dtype
        bound = 1 / math.sqrt(inputs)  # torch.nn.Linear's own start, which the paper's code uses
        self.weight = nn.Parameter(torch.empty(inputs, units).uniform_(-bound, bound, generator=generator))
        self.bias = nn.Parameter(torch.empty(units).uniform_(-bound, bound, generator=generator))

    @property
    def label(self) -> str:
        """The layer's shape for people."""
        return f"{self.inputs}→{self.units}"

    def normaliser(self, norm_B: Tensor) -> Tensor:
        """The factor (B,) that normalises inputs whose Euclidean norm is `norm_B`."""
        if self.normalisation == "l2":
            return 1 / (norm_B + EPSILON)
        if self.normalisation == "rms":
            return math.sqrt(self.inputs) / (norm_B + EPSILON)
        return torch.ones_like(norm_B)

    def normalise(self, x_BD: Tensor) -> Tensor:
        """x̂: the input as this layer sees it, in the layer's product type."""
        norm_B = row_norm(x_BD)
        return (x_BD * self.normaliser(norm_B).to(x_BD.dtype)[:, None]).to(self.dtype)

    def overlaid(self, x_BD: Tensor, classes: int, value: float) -> OverlaidImages:
        """Images with the first `classes` inputs cleared for a label pixel of brightness `value`, normalised."""
        x_BD = x_BD.clone()
        x_BD[:, :classes] = 0
        norm_B = row_norm(x_BD).square_().add_(value**2).sqrt_()
        factor_B = self.normaliser(norm_B)
        return OverlaidImages((x_BD * factor_B[:, None]).to(self.dtype), (factor_B * value).to(self.dtype), classes)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Activities for raw input, with autograd: what backprop sees."""
        if self.normalisation != "none":
            x_BD = x_BD * self.normaliser(torch.linalg.vector_norm(x_BD, dim=1))[:, None]
        return torch.relu(x_BD @ self.weight + self.bias)

    def activities(self, x_BD: Tensor) -> Tensor:
        """z = relu(x̂ W + b) for normalised input, without autograd."""
        return torch.addmm(self.bias.detach().to(self.dtype), x_BD, self.weight.detach().to(self.dtype)).relu_()

    def image_product(self, x: OverlaidImages) -> Tensor:
        """x̂ W + b without the label: one product that serves every label of the same images."""
        return torch.addmm(self.bias.detach().to(self.dtype), x.images_BD, self.weight.detach().to(self.dtype))

    def labelled_activities(self, product_BH: Tensor, x: OverlaidImages, *labels_B: Tensor) -> Tensor:
        """z for the images of `product_BH` under one or several sets of labels, stacked."""
        label_CH = self.weight.detach()[: x.classes].to(self.dtype)
        z_SBH = product_BH.new_empty(len(labels_B), *product_BH.shape)
        for z_BH, labels in zip(z_SBH, labels_B, strict=True):
            torch.addcmul(product_BH, label_CH.index_select(0, labels), x.strength_B[:, None], out=z_BH)
        return z_SBH.flatten(0, 1).relu_()

    def set_gradient(self, x_BD: Tensor, delta_BH: Tensor) -> None:
        """∂L/∂W = x̂ᵗ δ and ∂L/∂b = Σ δ, for δ = ∂L/∂z."""
        transposed_DB = x_BD.t() if self.dtype == torch.float32 else x_BD.t().contiguous()
        self._assign(transposed_DB @ delta_BH, delta_BH)

    def set_overlaid_gradient(self, x: OverlaidImages, labels_2B: Tensor, delta_2BH: Tensor) -> None:
        """The same for positive and negative labels of the same images, stacked: their image part is one product."""
        images = len(x)
        shared_BH = delta_2BH[:images] + delta_2BH[images:]
        gradient_DH = x.images_BD.t() @ shared_BH
        strength_C2B = torch.zeros(x.classes, len(labels_2B), dtype=self.dtype, device=delta_2BH.device)
        strength_C2B.scatter_(0, labels_2B[None], x.strength_B.repeat(2)[None])
        gradient_DH[: x.classes] += strength_C2B @ delta_2BH
        self._assign(gradient_DH, delta_2BH)

    def _assign(self, gradient_DH: Tensor, delta_BH: Tensor) -> None:
        if self.weight.grad is None or self.bias.grad is None:
            self.weight.grad = torch.empty_like(self.weight)
            self.bias.grad = torch.empty_like(self.bias)
        self.weight.grad.copy_(gradient_DH)
        torch.sum(delta_BH, dim=0, dtype=self.bias.dtype, out=self.bias.grad)
