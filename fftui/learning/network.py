"""A network: layers that can each learn by themselves, and a head for rules that need one."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from fftui.data.catalogue import SetInfo
from fftui.data.encodings import PIXELS
from fftui.data.label_encoding import LabelInput
from fftui.experiment import Head, Label, Model
from fftui.experiment.model_config import is_pooled, read_size
from fftui.learning.goodness import row_norm
from fftui.learning.layers import build_layer
from fftui.learning.layers.feedback import product
from fftui.learning.layers.fully_connected import FullyConnectedLayer
from fftui.learning.layers.layer import EPSILON, Layer
from fftui.learning.seeds import generator_for

Kept = TypeVar("Kept", bound=nn.Module)


class Network(nn.Module):
    """The layers of an experiment, first to last, and its head if it has one with weights of its
    own.
    """

    def __init__(
        self, model: Model, info: SetInfo, overlay_value: float, dtype: torch.dtype, seed: int
    ) -> None:
        super().__init__()
        self.classes = info.classes
        self._kind = model.head.kind if model.head else None
        shape: tuple[int, ...] = info.shape
        layers: list[Layer] = []
        for number, spec in enumerate(model.layers, 1):
            label = _label_input(model.label, number, info.classes, overlay_value)
            layers.append(
                build_layer(spec, shape, label, dtype, generator_for(seed, "weights", number))
            )
            shape = layers[-1].output_shape
        self._layers = nn.ModuleList(layers)
        # what learning rules keep beside the layers, by name; see `keep`
        self._kept = nn.ModuleDict()
        self.head: SoftmaxHead | None = None
        if model.head and model.has_own_head:
            generator = generator_for(seed, "weights", "head")
            self.head = SoftmaxHead(
                model.read_shapes(info.shape),
                info.classes,
                model.head,
                generator,
                model.read_layers,
            )

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last."""
        # a ModuleList forgets the type of its modules
        return list(self._layers)  # type: ignore[arg-type]

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """The module called `name` that learning rules keep beside the layers and save with them,
        such as a local projection; made on the network's device when it is first asked for.
        """
        if name not in self._kept:
            self._kept[name] = make().to(next(self.parameters()).device)
        # a ModuleDict forgets the type of its modules
        return self._kept[name]  # type: ignore[return-value]

    def neutral(self, like: Tensor) -> Tensor:
        """The neutral label for each row of `like`: (N,)."""
        return torch.full((len(like),), self.classes, device=like.device)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) under the neutral label, with autograd. Raises TypeError where there is no
        head.
        """
        labels_B, passed = self.neutral(x_BD), [x_BD]
        for layer in self.layers[:-1] if self._kind == "last-layer" else self.layers:
            passed.append(layer(passed[-1], labels_B))
        return self.logits_above(passed, labels_B)

    def logits_above(self, passed: Sequence[Tensor], labels_B: Tensor) -> Tensor:
        """Logits (B, C) from the images and the outputs of the layers below what gives them: the
        head, or the last layer where its units are the logits. With autograd; raises TypeError
        where there is neither.
        """
        if self._kind == "last-layer":
            return self._last().logits(passed[-1], labels_B)
        return self._own_head().forward(passed[1:])

    def raw_logits(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) with no normalisation and no label: the paper's hybrid. Fully connected
        layers only.
        """
        if self._kind != "last-layer":
            return self._own_head().forward(list(self.raw_outputs(x_BD)))
        for layer in self.layers[:-1]:
            x_BD = _fully_connected(layer).raw_forward(x_BD)
        return self._last().raw_logits(x_BD)

    def outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer under the neutral label, first to last, with autograd."""
        labels_B = self.neutral(x_BD)
        for layer in self.layers:
            x_BD = layer(x_BD, labels_B)
            yield x_BD

    def raw_outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer with no normalisation and no label, with autograd."""
        for layer in self.layers:
            x_BD = _fully_connected(layer).raw_forward(x_BD)
            yield x_BD

    def _last(self) -> FullyConnectedLayer:
        return _fully_connected(self.layers[-1])

    def _own_head(self) -> "SoftmaxHead":
        if self.head is None:
            msg = "this network has no head"
            raise TypeError(msg)
        return self.head


class SoftmaxHead(nn.Module):
    """A linear classifier on the outputs of the `layers` it reads (from 1), side by side; it may
    take means over windows of those that are images, and divide those of each layer by their root
    mean square. `shapes` are the layers' outputs'.

    `feedback` (C, F) is what `forward` sends its gradient down through in place of the weights.
    """

    feedback: Tensor | None = None

    def __init__(
        self,
        shapes: Sequence[tuple[int, ...]],
        classes: int,
        head: Head,
        generator: torch.Generator,
        layers: Sequence[int],
    ) -> None:
        super().__init__()
        self.normalisation = head.normalisation
        self.layers = tuple(layers)
        self._shapes, self._pool = tuple(shapes), head.pool
        inputs = sum(read_size(shape, head.pool) for shape in shapes)
        self.linear = nn.Linear(inputs, classes)
        bound = inputs**-0.5
        with torch.no_grad():
            self.linear.weight.uniform_(-bound, bound, generator=generator)
            self.linear.bias.uniform_(-bound, bound, generator=generator)

    def forward(self, outputs: Sequence[Tensor]) -> Tensor:
        """Logits (B, C) from the outputs (B, H) of the network's layers, first to last."""
        features_BF = self.features(outputs)
        if self.feedback is not None:
            weights_FC = self.linear.weight.t()
            return product(features_BF, weights_FC, self.feedback.t()) + self.linear.bias
        logits_BC: Tensor = self.linear(features_BF)
        return logits_BC

    def features(self, outputs: Sequence[Tensor]) -> Tensor:
        """Its inputs (B, F): the outputs of the layers it reads, normalised, side by side."""
        read = [
            self._normalised(self._pooled(outputs[number - 1], shape))
            for number, shape in zip(self.layers, self._shapes, strict=True)
        ]
        return read[0] if len(read) == 1 else torch.cat(read, 1)

    @torch.no_grad()
    def learn(self, features_BF: Tensor, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """Set its gradients of the mean cross entropy; return class probabilities p (B, C) and the
        loss.

        In closed form: the gradient in the logits is (p − one-hot) / B.
        """
        logits_BC: Tensor = self.linear(features_BF)
        p_BC = logits_BC.softmax(1)
        index_B1 = labels_B[:, None]
        grad_BC = p_BC.scatter_add(1, index_B1, p_BC.new_full((len(p_BC), 1), -1.0)) / len(p_BC)
        self.linear.weight.grad = grad_BC.t() @ features_BF
        self.linear.bias.grad = grad_BC.sum(0)
        loss = (logits_BC.logsumexp(1) - logits_BC.gather(1, index_B1)[:, 0]).mean()
        return p_BC, loss

    def _pooled(self, z_BH: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The outputs of one layer, as means over windows where they are images."""
        if not is_pooled(shape, self._pool):
            return z_BH
        return functional.avg_pool2d(z_BH.view(-1, *shape), self._pool).flatten(1)

    def _normalised(self, z_BH: Tensor) -> Tensor:
        """The outputs of one layer after the head's normalisation."""
        if self.normalisation == "none":
            return z_BH
        return z_BH * (math.sqrt(z_BH.shape[1]) / (row_norm(z_BH) + EPSILON))[:, None].to(
            z_BH.dtype
        )


def _label_input(label: Label, number: int, classes: int, overlay_value: float) -> LabelInput:
    """The label input of layer `number` (from 1)."""
    value = overlay_value if label.encoding in PIXELS else label.scale
    return LabelInput(label.encoding_at(number - 1), classes, value)


def _fully_connected(layer: Layer) -> FullyConnectedLayer:
    if not isinstance(layer, FullyConnectedLayer):
        msg = "only fully connected layers work without normalisation and label"
        raise TypeError(msg)
    return layer
