"""A fully connected layer of rectified linear units that learns without autograd.

With normalised input x̂ and z = relu(x̂ W + b), the slope of a local loss in z is ∂L/∂g · 2 k z (k as in
`fftui.learning.goodness`), already zero where a unit is silent. So a step is two matrix products, the positive and
negative data stacked: x̂ W going up and x̂ᵗ δ for the gradient.

Weights are kept as (D, H): both products then read contiguous rows, and row y of W is the weight of label pixel y.
"""

import math

import torch
from torch import Tensor, nn

from fftui.experiment import FullyConnected, Goodness
from fftui.learning.goodness import goodness_scale
from fftui.learning.layers.base import Layer, Outcome, OverlaidImages, PairLoss


class FullyConnectedLayer(Layer):
    """H units over D inputs."""

    def __init__(
        self, spec: FullyConnected, input_shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator
    ) -> None:
        super().__init__(input_shape, (spec.units,), spec.normalisation, dtype)
        bound = 1 / math.sqrt(self.inputs)  # torch.nn.Linear's own start, which the paper's code uses
        self.weight = nn.Parameter(torch.empty(self.inputs, spec.units).uniform_(-bound, bound, generator=generator))
        self.bias = nn.Parameter(torch.empty(spec.units).uniform_(-bound, bound, generator=generator))

    def forward(self, x_BD: Tensor) -> Tensor:
        """relu(x̂ W + b), with autograd."""
        if self.normalisation != "none":
            x_BD = x_BD * self.normaliser(torch.linalg.vector_norm(x_BD, dim=1))[:, None]
        return torch.relu(x_BD @ self.weight + self.bias)

    @torch.no_grad()
    def activities(self, x_BD: Tensor) -> Tensor:
        """z = relu(x̂ W + b)."""
        return self._product(x_BD).relu_()

    @torch.no_grad()
    def labelled_activities(self, x: OverlaidImages, *labels_B: Tensor) -> Tensor:
        """z = relu(x̂ W + b + s W[y]): one product over the images serves all labels."""
        product_BH = self._product(x.images_BD)
        label_CH = self.weight[: x.classes].to(self.dtype)
        z_SBH = product_BH.new_empty(len(labels_B), *product_BH.shape)
        for z_BH, labels in zip(z_SBH, labels_B, strict=True):
            torch.addcmul(product_BH, label_CH.index_select(0, labels), x.strength_B[:, None], out=z_BH)
        return z_SBH.flatten(0, 1).relu_()

    @torch.no_grad()
    def learn(self, x_2BD: Tensor, kind: Goodness, loss: PairLoss) -> Outcome:
        """∂L/∂W = x̂ᵗ δ."""
        delta_2BH, outcome = self._slope(self.activities(x_2BD), kind, loss)
        transposed_D2B = x_2BD.t() if self.dtype == torch.float32 else x_2BD.t().contiguous()
        self._set_gradient(transposed_D2B @ delta_2BH, delta_2BH)
        return outcome

    @torch.no_grad()
    def learn_labelled(
        self, x: OverlaidImages, positive_B: Tensor, negative_B: Tensor, kind: Goodness, loss: PairLoss
    ) -> Outcome:
        """The same where both labels share their images: so do both products."""
        delta_2BH, outcome = self._slope(self.labelled_activities(x, positive_B, negative_B), kind, loss)
        images, labels_2B = len(x), torch.cat((positive_B, negative_B))
        gradient_DH = x.images_BD.t() @ (delta_2BH[:images] + delta_2BH[images:])
        strength_C2B = torch.zeros(x.classes, 2 * images, dtype=self.dtype, device=delta_2BH.device)
        strength_C2B.scatter_(0, labels_2B[None], x.strength_B.repeat(2)[None])
        gradient_DH[: x.classes] += strength_C2B @ delta_2BH
        self._set_gradient(gradient_DH, delta_2BH)
        return outcome

    def _product(self, x_BD: Tensor) -> Tensor:
        return torch.addmm(self.bias.to(self.dtype), x_BD, self.weight.to(self.dtype))

    def _slope(self, z_2BH: Tensor, kind: Goodness, loss: PairLoss) -> tuple[Tensor, Outcome]:
        """δ = ∂L/∂z, in the place of z, and what the loss saw."""
        goodness_2B = self.goodness(z_2BH, kind)
        positive_B, negative_B = goodness_2B.chunk(2)
        found = loss(positive_B, negative_B)
        factor_2B = (found.slope_2B * (2 * goodness_scale(kind, self.outputs))).to(z_2BH.dtype)
        return z_2BH.mul_(factor_2B[:, None]), Outcome(found.value, goodness_2B)

    def _set_gradient(self, gradient_DH: Tensor, delta_BH: Tensor) -> None:
        if self.weight.grad is None or self.bias.grad is None:
            self.weight.grad = torch.empty_like(self.weight)
            self.bias.grad = torch.empty_like(self.bias)
        self.weight.grad.copy_(gradient_DH)
        # A product with ones adds bfloat16 rows up in float32, three times as fast as a sum.
        self.bias.grad.copy_((delta_BH.new_ones(1, len(delta_BH)) @ delta_BH)[0])
