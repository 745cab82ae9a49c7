"""A convolutional layer: normalisation → convolution (and label) → activation and pooling.

Letters in shapes: N rows (images with a label), B images, S labels an image, C labels, K channels,
X = K · height · width of the convolution's output, kept channels last (the CPU's pooling and weight
gradients are faster so).
"""

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from fftui.data.encodings import PLANES
from fftui.data.label_encoding import LabelInput, label_planes
from fftui.experiment import Convolution
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.layers.added_planes import add_planes
from fftui.learning.layers.autograd_layer import AutogradLayer
from fftui.learning.layers.batch_norm import BatchNorm
from fftui.learning.layers.dropout import dropout_of
from fftui.learning.layers.feedback import Steps, convolved
from fftui.learning.layers.layer import LabelFreeInputs, standardised_groups, triangle
from fftui.learning.layers.shortcut import concatenate, keep
from fftui.learning.objective import Objective, ObjectiveValue

OUTPUT_EPSILON = 1e-4  # of the batch normalisation of activities, as in CwComp


class ConvolutionLayer(AutogradLayer):
    """K channels over images (N, D), channel first; weights initialised as in `torch.nn.Conv2d`, or
    as `torch.nn.init.kaiming_normal_` has them by fan-out.

    A label plane is one more input channel (one a class if one-hot), behind the normalisation:
    planes are fixed and of unit variance where images are normalised by batch. A convolution is
    linear, so the planes of the C + 1 labels are convolved once and added to the convolved images;
    and images shown with several labels are convolved once.
    """

    filters = "channels"

    def __init__(
        self,
        spec: Convolution,
        input_shape: tuple[int, ...],
        label: LabelInput,
        dtype: torch.dtype,
        generator: torch.Generator,
    ) -> None:
        _, height, width = input_shape
        channels = spec.own_inputs(input_shape[0])
        super().__init__(
            input_shape=input_shape,
            shape=spec.activity_shape(input_shape),
            output_shape=spec.output_shape(input_shape),
            normalisation=spec.normalisation,
            label=label,
            dtype=dtype,
        )
        self.pooled_shape = spec.pooled_shape(input_shape)
        self._full_size = math.prod(spec.convolved_shape(input_shape))
        self._convolves = channels  # the first ones of its input; what was kept is behind them
        self._shortcut, self._stride = spec.shortcut, spec.stride
        planes = (
            label_planes(label, height, width, generator=generator)
            if label.encoding in PLANES
            else None
        )
        self.register_buffer("_planes", planes, persistent=False)
        self._planes: Tensor | None
        inputs = channels // spec.channel_groups + (0 if planes is None else planes.shape[1])
        weight, bias = _initial_weights(spec, inputs, generator)
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        self._batch_norm = BatchNorm(channels) if spec.normalisation == "batch" else None
        self.dropout = dropout_of(spec.dropout)
        self._activation = ACTIVATIONS.find(spec.activation)
        self._output_norm = (
            nn.BatchNorm2d(spec.channels, eps=OUTPUT_EPSILON)
            if spec.output_normalisation == "batch"
            else None
        )
        self._sees_all_channels = spec.channel_groups == 1
        reflects = spec.border == "reflected"
        self._reflected = spec.padding if reflects else 0
        self._steps = Steps(spec.stride, 0 if reflects else spec.padding, spec.channel_groups)
        self._output, self._triangle_power = spec.output, spec.triangle_power
        self._pooling = spec.pooling
        self._pool = partial(
            functional.max_pool2d if spec.pool == "max" else functional.avg_pool2d,
            kernel_size=spec.pool_size,
            stride=spec.pool_stride,
            padding=spec.pool_padding,
        )
        # Maxima commute with an activation that never falls, and leave it a quarter of the work.
        self._pools_first = self._activation.monotone and spec.pool == "max"

    @property
    def title(self) -> str:
        """Input and output shape, such as "1×28×28→32×14×14"."""
        return "→".join(
            "×".join(map(str, shape)) for shape in (self.input_shape, self.output_shape)
        )

    @property
    def floats_per_sample(self) -> int:
        """The convolved, the labelled and the pooled images exist at the same time."""
        return 3 * self._full_size

    def compute_activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (S·B, channels, height, width) for normalised images (B, D) with S labels each,
        stacked.
        """
        x_BKHW = x_ND.view(-1, *self.input_shape)[:, : self._convolves]
        if self._batch_norm is not None:
            x_BKHW = self._batch_norm(x_BKHW)
        a_NKHW = self._add_label_planes(
            self._convolved(x_BKHW, self.weight[:, : self._convolves], self.bias, self.feedback),
            labels_N,
        )
        z_NKHW = self._activated(a_NKHW)
        if self._output_norm is not None:
            if z_NKHW.numel() == z_NKHW.shape[1]:
                self._output_norm.eval()  # one value a channel has no standard deviation
            # in float32 inside, also where it is given bfloat16
            z_NKHW = self._output_norm(z_NKHW)
        if self.dropout is not None:
            z_NKHW = self.dropout(z_NKHW)
        return z_NKHW

    def _activated(self, a_NKHW: Tensor) -> Tensor:
        """The activities, pooled where pooling comes before goodness."""
        if self._pooling != "before-goodness":
            return self._activation.apply(a_NKHW)
        if self._pools_first:
            return self._activation.apply(self._pool(a_NKHW))
        return self._pool(self._activation.apply(a_NKHW))

    def pooled(self, z: Tensor) -> Tensor:
        """The activities (N, H) or (N, channels, height, width), their triangle over the channels
        or each class's less its mean by its standard deviation, pooled if pooling comes after
        goodness: (N, H).
        """
        z_NKHW = z.view(-1, *self.shape)
        if self._output == "triangle":
            z_NKHW = triangle(z_NKHW, self._triangle_power)
        if self._output == "normalised":
            z_NH = standardised_groups(z_NKHW.flatten(1), self.shape, self.label.classes)
            z_NKHW = z_NH.view(-1, *self.shape)
        if self._pooling == "after-goodness":
            z_NKHW = self._pool(z_NKHW)
        return z_NKHW.flatten(1)

    def outputs_of(self, z: Tensor, x_ND: Tensor | None) -> Tensor:
        """The layer's own outputs, with its input beside them or joined with the kept input."""
        out_NH = self.pooled(z)
        if self._shortcut == "none" or x_ND is None:
            return out_NH
        out_NKHW, x_NKHW = out_NH.view(-1, *self.shape), x_ND.view(-1, *self.input_shape)
        if self._shortcut == "keep":
            return keep(out_NKHW, x_NKHW, self._stride).flatten(1)
        kept_NKHW = x_NKHW[:, self._convolves :]
        if self._shortcut == "add":
            return (out_NKHW + kept_NKHW).flatten(1)
        return concatenate(out_NKHW, kept_NKHW, self.label.classes).flatten(1)

    def unit_weights(self) -> tuple[nn.Parameter, int]:
        """The kernels (K, inputs, kernel, kernel)."""
        return self.weight, 0

    def label_beside(self, labels_N: Tensor) -> Tensor | None:
        """The labels' planes (N, planes, height, width)."""
        return None if self._planes is None else self._planes[labels_N]

    def image_weights(self) -> Tensor | None:
        """Each channel's kernel over the image's channels, where it sees all of them."""
        return self.weight[:, : self._convolves] if self._sees_all_channels else None

    def activities_per_label(self, x: LabelFreeInputs, *labels_B: Tensor) -> Tensor:
        """z (S·B, H) for images with each of S sets of labels; planes leave the images
        unchanged.
        """
        if self._planes is None:
            return super().activities_per_label(x, *labels_B)
        return self.activities(x.images_BD, torch.cat(labels_B))

    def learn_per_label(
        self, x: LabelFreeInputs, objective: Objective, *labels_B: Tensor
    ) -> ObjectiveValue:
        """`learn` for images with each of S sets of labels (B,), stacked."""
        if self._planes is None:
            return super().learn_per_label(x, objective, *labels_B)
        return self.learn(x.images_BD, torch.cat(labels_B), objective)

    def _add_label_planes(self, a_BKHW: Tensor, labels_N: Tensor) -> Tensor:
        """The convolved images and their labels' planes: (N, K, height, width)."""
        if self._planes is None:
            return a_BKHW
        planes_CKHW = self._convolved(self._planes, self.weight[:, self._convolves :], None)
        a_NX = add_planes(_rows(a_BKHW), _rows(planes_CKHW), labels_N)
        return a_NX.view(-1, *a_BKHW.shape[2:], a_BKHW.shape[1]).permute(0, 3, 1, 2)

    def _convolved(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, feedback: Tensor | None = None
    ) -> Tensor:
        """The convolution, in the layer's product type, channels last in memory; the gradient in
        x goes through `feedback`, if there is one, in place of the weights.
        """
        if self._reflected:
            x = functional.pad(x, (self._reflected,) * 4, "reflect")
        back = None if feedback is None else feedback[:, : weight.shape[1]].to(self.dtype)
        return convolved(
            x.to(self.dtype, memory_format=torch.channels_last),
            weight.to(self.dtype, memory_format=torch.channels_last),
            None if bias is None else bias.to(self.dtype),
            back,
            self._steps,
        )


def _initial_weights(
    spec: Convolution, inputs: int, generator: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Weights (K, inputs, kernel, kernel) and bias (K,), if there is one."""
    weight = torch.empty(spec.channels, inputs, spec.kernel, spec.kernel)
    bias = torch.zeros(spec.channels) if spec.bias else None
    if spec.init == "kaiming":
        std = math.sqrt(2 / (spec.channels * spec.kernel**2))
        return weight.normal_(std=std, generator=generator), bias
    bound = 1 / math.sqrt(inputs * spec.kernel**2)
    weight.uniform_(-bound, bound, generator=generator)
    if bias is not None:
        bias.uniform_(-bound, bound, generator=generator)
    return weight, bias


def _rows(a_NKHW: Tensor) -> Tensor:
    """(N, X), channels last: no copy where they are so in memory."""
    return a_NKHW.permute(0, 2, 3, 1).flatten(1)
