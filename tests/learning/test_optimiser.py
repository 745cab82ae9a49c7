"""The optimiser's schedule and state."""

import torch

from fftui.learning.optimiser import Optimiser
from fftui.learning.seeds import generator_for


def parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.linspace(-1, 1, 5))


def run(optimiser: Optimiser, weight: torch.nn.Parameter, steps: range) -> None:
    for step in steps:
        weight.grad = weight.detach() * (step + 1)
        optimiser.step(step)


def test_it_is_adam() -> None:
    ours, theirs = parameter(), parameter()
    run(Optimiser([ours], 0.1, "constant", 5), ours, range(5))
    adam = torch.optim.Adam([theirs], lr=0.1)
    for step in range(5):
        theirs.grad = theirs.detach() * (step + 1)
        adam.step()
    torch.testing.assert_close(ours, theirs)


def test_cosine_falls_from_the_rate_towards_nothing() -> None:
    moves = []
    weight = parameter()
    optimiser = Optimiser([weight], 0.1, "cosine", 100)
    for step in range(100):
        before = weight.detach().clone()
        weight.grad = torch.ones(5)
        optimiser.step(step)
        moves.append(float((before - weight.detach()).mean()))
    assert abs(moves[0] - 0.1) < 1e-4
    assert moves == sorted(moves, reverse=True)
    assert moves[-1] < 0.001


def test_a_loaded_state_goes_on_bit_by_bit() -> None:
    whole, first = parameter(), parameter()
    run(Optimiser([whole], 0.1, "cosine", 6), whole, range(6))
    stopped = Optimiser([first], 0.1, "cosine", 6)
    run(stopped, first, range(3))
    second = torch.nn.Parameter(first.detach().clone())
    resumed = Optimiser([second], 0.1, "cosine", 6)
    resumed.load({name: tensor.clone() for name, tensor in stopped.state().items()})
    run(resumed, second, range(3, 6))
    assert torch.equal(second, whole)


def test_seeds_depend_on_purpose_and_on_nothing_else() -> None:
    def draw(*purpose: str | int) -> int:
        return int(torch.randint(0, 2**40, (1,), generator=generator_for(0, *purpose)))

    assert draw("order", 1, 2) == draw("order", 1, 2)
    assert (
        len({draw("order", 1, 2), draw("order", 2, 1), draw("order", 12), draw("negatives", 1, 2)})
        == 4
    )
