"""Activations' way back against autograd, in float64."""

import pytest
import torch

from fftui.experiment import Activation
from fftui.learning.activations import ACTIVATIONS, LEAK

KINDS: list[Activation] = ["relu", "leaky-relu", "gelu", "tanh"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_back_is_autograds(kind: Activation) -> None:
    generator = torch.Generator().manual_seed(4)
    a = torch.randn(7, 9, dtype=torch.float64, generator=generator).requires_grad_()
    grad = torch.randn(7, 9, dtype=torch.float64, generator=generator)
    z = ACTIVATIONS[kind].apply(a)
    z.backward(grad)
    with torch.no_grad():
        found = ACTIVATIONS[kind].backward(grad, a.detach(), z.detach())
    torch.testing.assert_close(found, a.grad)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("relu", [0.0, 2.0]),
        ("leaky-relu", [-LEAK, 2.0]),
        ("gelu", [-0.1587, 1.9545]),
        ("tanh", [-0.7616, 0.9640]),
    ],
)
def test_known_values(kind: Activation, expected: list[float]) -> None:
    z = ACTIVATIONS[kind].apply(torch.tensor([-1.0, 2.0]))
    torch.testing.assert_close(z, torch.tensor(expected), atol=1e-4, rtol=0)
