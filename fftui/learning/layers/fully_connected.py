"""A fully connected layer that learns without autograd.

With normalised input x̂, a = x̂ W + b and z = φ(a), an objective states δ = ∂L/∂z and so ∂L/∂a. A
step is two matrix products, the positive and negative data stacked: x̂ W going up and x̂ᵗ ∂L/∂a for
the gradient.

Weights are kept as (D, H): both products then read contiguous rows, and row y of W is the weight of
label input y.
"""

import math

import torch
from torch import Tensor, nn

from fftui.data.label_encoding import LabelInput, with_neutral
from fftui.experiment import FullyConnected
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.layers.batch_norm import BatchNorm
from fftui.learning.layers.dropout import dropout_of
from fftui.learning.layers.feedback import product
from fftui.learning.layers.layer import LabelFreeInputs, Layer, triangle
from fftui.learning.objective import Objective, ObjectiveValue


class FullyConnectedLayer(Layer):
    """H units over D inputs."""

    def __init__(
        self,
        spec: FullyConnected,
        input_shape: tuple[int, ...],
        label: LabelInput,
        dtype: torch.dtype,
        generator: torch.Generator,
    ) -> None:
        super().__init__(
            input_shape=input_shape,
            shape=(spec.units,),
            normalisation=spec.normalisation,
            label=label,
            dtype=dtype,
        )
        bound = 1 / math.sqrt(self.inputs)
        weight_DH, bias_H = torch.empty(self.inputs, spec.units), torch.zeros(spec.units)
        if spec.init == "uniform":  # the default of torch.nn.Linear, which the paper's code uses
            weight_DH.uniform_(-bound, bound, generator=generator)
            bias_H.uniform_(-bound, bound, generator=generator)
        else:
            weight_DH.normal_(std=bound, generator=generator)
        self.weight = nn.Parameter(weight_DH)
        self.bias = nn.Parameter(bias_H)
        self.dropout = dropout_of(spec.dropout)
        self._activation = ACTIVATIONS.find(spec.activation)
        self._triangle_power = spec.triangle_power if spec.output == "triangle" else None
        self._batch_norm = BatchNorm(self.inputs) if spec.normalisation == "batch" else None

    def forward(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """The outputs for raw input, with autograd."""
        return self.pooled(self._dropped(self._activation.apply(self.logits(x_ND, labels_N))))

    def pooled(self, z_NH: Tensor) -> Tensor:
        """The activities, or how far each exceeds the mean of its row (the triangle)."""
        return z_NH if self._triangle_power is None else triangle(z_NH, self._triangle_power)

    def unit_weights(self) -> tuple[nn.Parameter, int]:
        """W (D, H)."""
        return self.weight, 1

    def logits(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """x̂ W + b for raw input, with autograd."""
        x_ND = self.labelled(x_ND, labels_N)
        return self.raw_logits(x_ND if self._batch_norm is None else self._batch_norm(x_ND))

    def raw_forward(self, x_ND: Tensor) -> Tensor:
        """`forward` without normalisation and without label: the paper's hybrid."""
        return self.pooled(self._dropped(self._activation.apply(self.raw_logits(x_ND))))

    def _dropped(self, z_NH: Tensor) -> Tensor:
        dropped: Tensor = z_NH if self.dropout is None else self.dropout(z_NH)
        return dropped

    def raw_logits(self, x_ND: Tensor) -> Tensor:
        """x W + b, with autograd."""
        return product(x_ND, self.weight, self.feedback) + self.bias

    def image_weights(self) -> Tensor | None:
        """Each unit's weights over the image, where it takes one."""
        if len(self.input_shape) != 3:
            return None
        pixels = math.prod(self.input_shape)
        return self.weight[:pixels].t().reshape(-1, *self.input_shape)

    @torch.no_grad()
    def activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z = φ(x̂ W + b), without autograd."""
        del labels_N  # they are among the inputs
        return self._activation.apply(self._product(self._standardised(x_ND, learning=False)))

    @torch.no_grad()
    def activities_per_label(self, x: LabelFreeInputs, *labels_B: Tensor) -> Tensor:
        """z = φ(x̂ W + b + s W[y]): one product over the images serves all labels."""
        if self._batch_norm is not None:
            return super().activities_per_label(x, *labels_B)
        return self._activation.apply(self._labelled_product(x, labels_B))

    @torch.no_grad()
    def learn(self, x_ND: Tensor, labels_N: Tensor, objective: Objective) -> ObjectiveValue:
        """Set the gradients: ∂L/∂W = x̂ᵗ ∂L/∂a."""
        del labels_N
        x_ND = self._standardised(x_ND, learning=True)
        delta_NH, value = self._apply_objective(self._product(x_ND), objective)
        transposed_DN = x_ND.t() if self.dtype == torch.float32 else x_ND.t().contiguous()
        self._set_gradient(transposed_DN @ delta_NH, delta_NH)
        return value

    @torch.no_grad()
    def learn_per_label(
        self, x: LabelFreeInputs, objective: Objective, *labels_B: Tensor
    ) -> ObjectiveValue:
        """`learn` where all labels share their images, and therefore both products."""
        if self._batch_norm is not None:
            return super().learn_per_label(x, objective, *labels_B)
        delta_SBH, value = self._apply_objective(self._labelled_product(x, labels_B), objective)
        gradient_DH = x.images_BD.t() @ delta_SBH.view(len(labels_B), len(x), -1).sum(0)
        if x.label_value_B is not None:
            columns_SBC = torch.cat([x.label_columns(labels) for labels in labels_B])
            gradient_DH[x.label_offset : x.label_offset + x.classes] += columns_SBC.t() @ delta_SBH
        self._set_gradient(gradient_DH, delta_SBH)
        return value

    def _standardised(self, x_ND: Tensor, *, learning: bool) -> Tensor:
        if self._batch_norm is None:
            return x_ND
        self._batch_norm.train(learning)
        normalised: Tensor = self._batch_norm(x_ND)
        return normalised

    def _product(self, x_ND: Tensor) -> Tensor:
        return torch.addmm(self.bias.to(self.dtype), x_ND, self.weight.to(self.dtype))

    def _labelled_product(self, x: LabelFreeInputs, labels_B: tuple[Tensor, ...]) -> Tensor:
        """a (S·B, H) for each of S sets of labels; the images' part of it is computed once per
        batch.
        """
        if x.product_BH is None:
            x.product_BH = self._product(x.images_BD)
        if x.label_value_B is None:
            return x.product_BH.repeat(len(labels_B), 1)
        label_CH = with_neutral(self.weight[x.label_offset : x.label_offset + x.classes]).to(
            self.dtype
        )
        a_SBH = x.product_BH.new_empty(len(labels_B), *x.product_BH.shape)
        for a_BH, labels in zip(a_SBH, labels_B, strict=True):
            torch.addcmul(
                x.product_BH, label_CH.index_select(0, labels), x.label_value_B[:, None], out=a_BH
            )
        return a_SBH.flatten(0, 1)

    def _apply_objective(self, a_NH: Tensor, objective: Objective) -> tuple[Tensor, ObjectiveValue]:
        """∂L/∂a (N, H), and the objective's value."""
        z_NH = self._activation.apply(a_NH)
        factors_NH = None if self.dropout is None else self.dropout.factors(z_NH)
        value = objective(z_NH if factors_NH is None else z_NH * factors_NH)
        grad_NH = value.grad.to(a_NH.dtype)  # an objective may compute in more digits
        if factors_NH is not None:
            grad_NH = grad_NH * factors_NH
        return self._activation.backward(grad_NH, a_NH, z_NH), value

    def _set_gradient(self, gradient_DH: Tensor, delta_NH: Tensor) -> None:
        if self.weight.grad is None or self.bias.grad is None:
            self.weight.grad = torch.empty_like(self.weight)
            self.bias.grad = torch.empty_like(self.bias)
        self.weight.grad.copy_(gradient_DH)
        # A product with ones adds bfloat16 rows up in float32, three times as fast as a sum.
        self.bias.grad.copy_((delta_NH.new_ones(1, len(delta_NH)) @ delta_NH)[0])
