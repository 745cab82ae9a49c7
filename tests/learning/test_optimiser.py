"""The optimiser's kinds, rates, schedule, clipping and state."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from fftui.experiment import Backprop, Optimizer
from fftui.learning.optimiser import Optimiser, ParameterGroup
from fftui.learning.seeds import generator_for

CONFIGS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.1},
    {"kind": "adamw", "weight_decay": 0.1},
    {"kind": "sgd"},
    {"kind": "sgd", "momentum": 0.9, "weight_decay": 0.1},
]


TORCHS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


def parameter(scale: float = 1.0) -> nn.Parameter:
    return nn.Parameter(scale * torch.linspace(-1, 1, 5))


def settings(schedule: str = "constant", **options: Any) -> Backprop:
    return Backprop.model_validate({"schedule": schedule, "optimizer": options})


def made(
    weights: Sequence[nn.Parameter],
    rate: float,
    steps: int,
    phase: Backprop | None = None,
    **options: Any,
) -> Optimiser:
    return Optimiser([ParameterGroup.of(weights, rate)], phase or settings(**options), steps)


def run(optimiser: Optimiser, weight: nn.Parameter, steps: range) -> None:
    for step in steps:
        weight.grad = weight.detach() * (step + 1)
        optimiser.set_step(step)
        optimiser.step()


@pytest.mark.parametrize("options", CONFIGS)
def test_it_is_that_of_torch(options: dict[str, Any]) -> None:
    ours, theirs = parameter(), parameter()
    run(made([ours], 0.1, 5, **options), ours, range(5))
    own = {name: value for name, value in options.items() if name != "kind"}
    kind: Any = TORCHS[options.get("kind", "adam")]
    torchs = kind([theirs], lr=0.1, fused=False, **({"weight_decay": 0.0} | own))
    for step in range(5):
        theirs.grad = theirs.detach() * (step + 1)
        torchs.step()
    torch.testing.assert_close(ours, theirs)


def test_momentum_by_hand() -> None:
    weight = parameter()
    start = weight.detach().clone()
    optimiser = made([weight], 0.1, 2, kind="sgd", momentum=0.5)
    for step in range(2):
        weight.grad = torch.ones(5)
        optimiser.set_step(step)
        optimiser.step()
    torch.testing.assert_close(weight.detach(), start - 0.1 * (1 + 1.5))


@given(st.floats(0, 1), st.integers(2, 50))
def test_cosine_falls_from_the_rate_to_its_floor(floor: float, steps: int) -> None:
    weight = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimiser = made([weight], 0.1, steps, settings("cosine", kind="sgd", final_rate=floor))
    moves = []
    for step in [*range(steps), steps]:
        before = float(weight.detach())
        weight.grad = torch.ones(1, dtype=torch.float64)
        optimiser.set_step(step)
        optimiser.step()
        moves.append(before - float(weight.detach()))
    assert moves[0] == pytest.approx(0.1)
    assert all(one >= other - 1e-12 for one, other in itertools.pairwise(moves))
    assert moves[-1] == pytest.approx(0.1 * floor, abs=1e-12)
    assert moves[steps // 2] >= 0.1 * floor - 1e-12


@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_gradients_are_clipped_group_by_group(first: float, second: float) -> None:
    weights = [parameter(), parameter()]
    groups = [ParameterGroup((weight,), 1.0) for weight in weights]
    optimiser = Optimiser(groups, settings(kind="sgd", clip_norm=1.0), 1)
    before = [weight.detach().clone() for weight in weights]
    for weight, norm in zip(weights, (first, second), strict=True):
        weight.grad = torch.full((5,), norm / 5**0.5)
    optimiser.set_step(0)
    optimiser.step()
    for weight, start, norm in zip(weights, before, (first, second), strict=True):
        moved = float((weight.detach() - start).norm())
        assert moved == pytest.approx(min(norm, 1.0), rel=1e-4)


def test_gradients_may_be_clipped_across_groups() -> None:
    weights = [parameter(), parameter()]
    groups = [ParameterGroup((weight,), 1.0) for weight in weights]
    optimiser = Optimiser(groups, settings(kind="sgd", clip_norm=1.0), 1, [weights])
    before = [weight.detach().clone() for weight in weights]
    for weight in weights:
        weight.grad = torch.ones(5)
    optimiser.set_step(0)
    optimiser.step()
    moved = torch.cat([w.detach() - start for w, start in zip(weights, before, strict=True)])
    assert float(moved.norm()) == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("options", [*CONFIGS, {"clip_norm": 0.5}])
def test_groups_learn_as_each_would_alone(schedule: str, options: dict[str, Any]) -> None:
    both, alone = [parameter(), parameter(3.0)], [parameter(), parameter(3.0)]
    rates, phase = (0.1, 0.003), settings(schedule, **options)
    groups = [ParameterGroup((w,), rate) for w, rate in zip(both, rates, strict=True)]
    together = Optimiser(groups, phase, 6)
    for step in range(6):
        for weight in both:
            weight.grad = weight.detach() * (step + 1)
        together.set_step(step)
        together.step()
    for weight, rate, other in zip(alone, rates, both, strict=True):
        run(made([weight], rate, 6, phase), weight, range(6))
        assert torch.equal(weight, other)


@pytest.mark.parametrize("options", CONFIGS)
def test_a_loaded_state_goes_on_bit_by_bit(options: dict[str, Any]) -> None:
    phase = settings("cosine", **options)
    whole, first = parameter(), parameter()
    run(made([whole], 0.1, 6, phase), whole, range(6))
    stopped = made([first], 0.1, 6, phase)
    run(stopped, first, range(3))
    second = nn.Parameter(first.detach().clone())
    resumed = made([second], 0.1, 6, phase)
    resumed.load({name: tensor.clone() for name, tensor in stopped.state().items()})
    run(resumed, second, range(3, 6))
    assert torch.equal(second, whole)


def test_momentum_is_of_sgd_alone() -> None:
    with pytest.raises(ValidationError, match="momentum is for kind = 'sgd'"):
        Optimizer(momentum=0.9)


def test_seeds_depend_on_purpose_and_on_nothing_else() -> None:
    def draw(*purpose: str | int) -> int:
        return int(torch.randint(0, 2**40, (1,), generator=generator_for(0, *purpose)))

    assert draw("order", 1, 2) == draw("order", 1, 2)
    assert (
        len({draw("order", 1, 2), draw("order", 2, 1), draw("order", 12), draw("negatives", 1, 2)})
        == 4
    )


def test_halving_halves_the_rate_at_seven_shares_of_the_steps() -> None:
    weight = parameter()
    optimiser = made([weight], 1.0, 20, settings("halving", kind="sgd"))
    changes = []
    for step in range(20):
        before = weight.detach().clone()
        weight.grad = torch.ones_like(weight)
        optimiser.set_step(step)
        optimiser.step()
        changes.append(round(math.log2(float((before - weight).detach()[0])), 2))
    assert (
        changes
        == [0] * 4 + [-1] * 3 + [-2] * 3 + [-3] * 2 + [-4] * 2 + [-5] * 2 + [-6] * 2 + [-7] * 2
    )


def test_a_schedule_whose_time_is_used_up_is_at_its_end_whatever_the_step() -> None:
    weight = parameter()
    optimiser = made([weight], 1.0, 1000, settings("cosine", kind="sgd", final_rate=0.25))
    changes = []
    for step, optimiser.time_used in enumerate((0.0, 0.5, 1.0)):
        before = weight.detach().clone()
        weight.grad = torch.ones_like(weight)
        optimiser.set_step(step)
        optimiser.step()
        changes.append(float((before - weight).detach()[0]))
    assert changes == pytest.approx([1.0, 0.625, 0.25])
