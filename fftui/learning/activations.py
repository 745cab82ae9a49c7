"""Activation functions, with their backward pass for layers without autograd.

    @activation("square")
    def square(a):
        return a * a

Autograd finds the derivative, unless a `closed_form_activation` states it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from fftui.experiment.choices import add_choice
from fftui.learning.registry import Registry

LEAK = 0.01

Function = Callable[[Tensor], Tensor]
Backward = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class ActivationFunction:
    """z = function(a), and ∂L/∂a = backward(∂L/∂z, a, z). `function` may be used under autograd.

    `monotone`: it never falls, so that maxima may be taken before it or after it.
    """

    function: Function
    backward: Backward
    monotone: bool = False

    def apply(self, a: Tensor) -> Tensor:
        """z, of the shape of `a`."""
        return self.function(a)


ACTIVATIONS: Registry[ActivationFunction] = Registry("activation")


def activation(name: str) -> Callable[[Function], Function]:
    """Register an elementwise function; autograd finds its derivative."""

    def register(function: Function) -> Function:
        def backward(grad: Tensor, a: Tensor, _z: Tensor) -> Tensor:
            with torch.enable_grad():
                a = a.detach().requires_grad_()
                (grad_a,) = torch.autograd.grad(function(a), a, grad)
            return grad_a

        ACTIVATIONS.add(name, ActivationFunction(function, backward))
        add_choice("activation", name)
        return function

    return register


def closed_form_activation(
    name: str, backward: Backward, *, monotone: bool = False
) -> Callable[[Function], Function]:
    """Register an elementwise function with its backward pass: ∂L/∂a from ∂L/∂z, a and z."""

    def register(function: Function) -> Function:
        ACTIVATIONS.add(name, ActivationFunction(function, backward, monotone))
        add_choice("activation", name)
        return function

    return register


@closed_form_activation(
    "relu", lambda grad, _a, z: torch.ops.aten.threshold_backward(grad, z, 0), monotone=True
)
def relu(a: Tensor) -> Tensor:
    """max(0, a)."""
    return torch.relu(a)


@closed_form_activation(
    "leaky-relu",
    lambda grad, a, _z: torch.ops.aten.leaky_relu_backward(grad, a, LEAK, False),
    monotone=True,
)
def leaky_relu(a: Tensor) -> Tensor:
    """a, or a hundredth of it where it is negative."""
    return functional.leaky_relu(a, LEAK)


@closed_form_activation("linear", lambda grad, _a, _z: grad, monotone=True)
def linear(a: Tensor) -> Tensor:
    """a itself."""
    return a


@closed_form_activation("gelu", lambda grad, a, _z: torch.ops.aten.gelu_backward(grad, a))
def gelu(a: Tensor) -> Tensor:
    """a Φ(a), Φ the normal distribution function."""
    return functional.gelu(a)


@closed_form_activation(
    "tanh", lambda grad, _a, z: torch.ops.aten.tanh_backward(grad, z), monotone=True
)
def tanh(a: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return torch.tanh(a)
