"""Activation functions, with their backward pass for layers without autograd."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fftui.experiment import Activation

LEAK = 0.01


@dataclass(frozen=True)
class ActivationFunction:
    """z = apply(a), and ∂L/∂a = backward(∂L/∂z, a, z). `apply` may be used under autograd."""

    apply: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]


ACTIVATIONS: dict[Activation, ActivationFunction] = {
    "relu": ActivationFunction(
        torch.relu, lambda grad, _a, z: torch.ops.aten.threshold_backward(grad, z, 0)
    ),
    "leaky-relu": ActivationFunction(
        lambda a: functional.leaky_relu(a, LEAK),
        lambda grad, a, _z: torch.ops.aten.leaky_relu_backward(grad, a, LEAK, False),
    ),
    "gelu": ActivationFunction(
        functional.gelu, lambda grad, a, _z: torch.ops.aten.gelu_backward(grad, a)
    ),
    "tanh": ActivationFunction(
        torch.tanh, lambda grad, _a, z: torch.ops.aten.tanh_backward(grad, z)
    ),
}
