"""Every registered loss and goodness against differences of its value, in float64, and how those of
one's own are registered.
"""

from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from fftui.errors import ExperimentError
from fftui.experiment import ForwardForward
from fftui.learning.goodness import GOODNESS, goodness, goodness_for
from fftui.learning.losses import LOSSES, Loss, LossGrad, closed_form_loss, loss
from fftui.learning.rules.forward_forward import bound_loss

STEP = 1e-6
seeds = st.integers(0, 2**31)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Registries as they were before the test."""
    registries = (LOSSES, GOODNESS)
    before = [dict(each) for each in registries]
    yield
    for each, entries in zip(registries, before, strict=True):
        each.clear()
        each.update(entries)  # type: ignore[arg-type]


def draw(*shape: int, seed: int) -> Tensor:
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def along(value: Callable[[Tensor], Tensor], at: Tensor, direction: Tensor) -> Tensor:
    """The derivative of `value` along a direction, from two values."""
    return (value(at + STEP * direction) - value(at - STEP * direction)) / (2 * STEP)


def bound(entry: Loss) -> Callable[[Tensor, Tensor], LossGrad]:
    return entry.bind({name: 0.7 for name, default in entry.options.items() if default is None})


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("shape", [(5,), (3, 4)])
@given(seed=seeds)
def test_the_gradient_of_a_loss_is_that_of_its_value(
    name: str, shape: tuple[int, ...], seed: int
) -> None:
    function = bound(LOSSES[name])
    g_2B = 2 * draw(2 * shape[0], *shape[1:], seed=seed)
    direction = draw(*g_2B.shape, seed=seed + 1) - 0.5
    found = function(*g_2B.chunk(2))
    assert found.value.shape == ()
    assert found.grad_2B.shape == g_2B.shape
    expected = along(lambda g: function(*g.chunk(2)).value, g_2B, direction)
    torch.testing.assert_close((found.grad_2B * direction).sum(), expected, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("name", list(GOODNESS))
@pytest.mark.parametrize("shape", [(6,), (3, 2, 2)])
@given(seed=seeds)
def test_the_gradient_of_a_goodness_is_that_of_its_value(
    name: str, shape: tuple[int, ...], seed: int
) -> None:
    function = goodness_for(name, shape)
    z_NH = draw(4, torch.Size(shape).numel(), seed=seed)
    terms = function.terms(z_NH)
    assert terms.shape == ((4,) if function.positions == 1 else (4, function.positions))
    assert function(z_NH).shape == (4,)
    grad, direction = draw(*terms.shape, seed=seed + 1), draw(*z_NH.shape, seed=seed + 2)
    expected = along(lambda z: (function.terms(z) * grad).sum(), z_NH, direction)
    found = (function.grad(z_NH, grad) * direction).sum()
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=1e-5)


@given(st.floats(0.1, 5), st.integers(1, 6), seeds)
def test_a_loss_by_its_value_is_the_closed_form(theta: float, images: int, seed: int) -> None:
    LOSSES.pop("value", None)

    @loss("value")
    def value(positive_B: Tensor, negative_B: Tensor, *, threshold: float) -> Tensor:
        excess_2B = torch.cat((threshold - positive_B, negative_B - threshold))
        return functional.softplus(excess_2B, threshold=100).mean()

    pair = (3 * draw(2 * images, seed=seed)).chunk(2)
    found, expected = (LOSSES[name].bind({"threshold": theta})(*pair) for name in LOSSES_ALIKE)
    torch.testing.assert_close(found.value, expected.value)
    torch.testing.assert_close(found.grad_2B, expected.grad_2B)
    assert not found.value.requires_grad


LOSSES_ALIKE = ("value", "softplus")


def test_a_loss_that_leaves_the_negatives_out_has_no_gradient_there() -> None:
    @loss("positive")
    def positive(positive_B: Tensor, negative_B: Tensor) -> Tensor:
        return -positive_B.mean()

    with torch.no_grad():
        found = LOSSES["positive"].bind({})(torch.ones(2), torch.ones(2))
    assert found.grad_2B.tolist() == [-0.5, -0.5, 0.0, 0.0]


def test_a_goodness_by_its_value() -> None:
    @goodness("peak")
    def peak(z_NH: Tensor) -> Tensor:
        return z_NH.square().amax(1)

    function = goodness_for("peak", (3,))
    z = torch.tensor([[1.0, 3.0, 2.0]], dtype=torch.bfloat16)
    with torch.no_grad():
        assert function(z).dtype == torch.float32
        grad = function.grad(z, torch.tensor([0.5]))
    assert grad.tolist() == [[0.0, 3.0, 0.0]]
    assert grad.dtype == torch.bfloat16


def test_options_come_from_the_phase_and_from_loss_options() -> None:
    @closed_form_loss("three")
    def three(
        positive_B: Tensor, negative_B: Tensor, *, threshold: float, margin: float, slack: float = 2
    ) -> LossGrad:
        return LossGrad(torch.tensor(100 * threshold + 10 * margin + slack), torch.zeros(2))

    phase = ForwardForward(threshold=(1.0, 3.0), loss_options={"margin": 4.0}).model_copy(
        update={"loss": "three"}
    )
    assert float(bound_loss(phase, 3.0)(torch.ones(1), torch.ones(1)).value) == 342


def test_a_name_is_taken_once() -> None:
    def cell() -> Callable[[Tensor, Tensor], Tensor]:
        """A new function of the same name, as from a notebook's cell that is run again."""

        def another(positive_B: Tensor, negative_B: Tensor) -> Tensor:
            return positive_B.mean()

        return another

    with pytest.raises(ExperimentError, match="a loss called 'swish' already"):
        loss("swish")(cell())
    loss("mine")(cell())
    loss("mine")(cell())
    with pytest.raises(ExperimentError, match="did you mean 'swish'"):
        LOSSES.find("swsh")
