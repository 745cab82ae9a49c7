"""Activations' way back against autograd, in float64."""

import pytest
import torch

from fftui.learning.activations import ACTIVATIONS, LEAK, activation


@pytest.mark.parametrize("kind", list(ACTIVATIONS))
def test_the_way_back_is_autograds(kind: str) -> None:
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
def test_known_values(kind: str, expected: list[float]) -> None:
    z = ACTIVATIONS[kind].apply(torch.tensor([-1.0, 2.0]))
    torch.testing.assert_close(z, torch.tensor(expected), atol=1e-4, rtol=0)


def test_the_value_alone_is_enough() -> None:
    try:

        @activation("cube")
        def cube(a: torch.Tensor) -> torch.Tensor:
            return a**3

        a, grad = torch.tensor([-1.0, 2.0]), torch.tensor([1.0, 0.5])
        assert ACTIVATIONS["cube"].apply(a).tolist() == [-1.0, 8.0]
        with torch.no_grad():
            assert ACTIVATIONS["cube"].backward(grad, a, a**3).tolist() == [3.0, 6.0]
        assert not ACTIVATIONS["cube"].monotone  # unknown, so maxima are not taken before it
    finally:
        ACTIVATIONS.pop("cube", None)
