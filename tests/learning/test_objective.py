"""Every local objective's value and gradient against autograd, in float64."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fftui.experiment import ForwardForward, Goodness
from fftui.learning.class_goodness import GroupMeanSquare
from fftui.learning.goodness import GOODNESS, goodness_for, group_goodness
from fftui.learning.objective import ClassObjective, Objective, peer_normalisation

from .reference import pair_objective, reference_goodness, reference_group_loss, reference_loss

KINDS: list[Goodness] = ["mean-square", "sum-square", "mean-activation", "position-mean-square"]
phases = st.builds(
    ForwardForward,
    loss=st.sampled_from(["softplus", "swish", "symba"]),
    goodness=st.sampled_from(KINDS),
    threshold=st.floats(0.01, 3.0),
    sharpness=st.floats(0.5, 20.0),
)
images_shapes = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
shapes = st.one_of(st.tuples(st.integers(1, 9)), images_shapes)
seeds = st.integers(0, 2**31)


def activities(rows: int, shape: tuple[int, ...], seed: int) -> Tensor:
    """(N, H) float64, some of them negative."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, torch.Size(shape).numel(), dtype=torch.float64, generator=generator)


def check(objective: Objective, z: Tensor, expected: Tensor) -> None:
    """The objective's value and gradient are those of `expected`, made of `z` with autograd."""
    expected.backward()
    with torch.no_grad():
        value = objective(z.detach())
    torch.testing.assert_close(value.loss, expected.detach())
    torch.testing.assert_close(value.grad, z.grad)


@given(phases, shapes, st.integers(1, 5), seeds)
def test_pairs(phase: ForwardForward, shape: tuple[int, ...], images: int, seed: int) -> None:
    z = activities(2 * images, shape, seed).requires_grad_()
    if len(shape) == 1 and phase.goodness == "position-mean-square":
        expected = reference_loss(z, phase, (*shape, 1, 1))  # units without positions: one position
    else:
        expected = reference_loss(z, phase, shape)
    check(pair_objective(phase, shape), z, expected)


@given(phases, images_shapes, st.integers(1, 5), st.floats(0, 1), seeds)
def test_pairs_as_a_convolution_computes_them(
    phase: ForwardForward, shape: tuple[int, ...], images: int, peers: float, seed: int
) -> None:
    """Channels last in memory: the same value, and the gradient laid out as the activities."""
    objective = pair_objective(phase.model_copy(update={"peer_normalisation": peers}), shape)
    flat = activities(2 * images, shape, seed)
    shaped = flat.view(-1, *shape).contiguous(memory_format=torch.channels_last)
    expected, value = objective(flat), objective(shaped)
    torch.testing.assert_close(value.loss, expected.loss)
    torch.testing.assert_close(value.goodness_2B, expected.goodness_2B)
    torch.testing.assert_close(value.grad.flatten(1), expected.grad)
    if phase.goodness != "position-mean-square":
        assert value.grad.stride() == shaped.stride()


@given(phases, st.integers(1, 9), st.integers(1, 5), st.floats(0.01, 5), seeds)
def test_peer_normalisation_joins_a_loss(
    phase: ForwardForward, units: int, images: int, weight: float, seed: int
) -> None:
    with_peers = phase.model_copy(update={"peer_normalisation": weight, "goodness": "mean-square"})
    z = activities(2 * images, (units,), seed).requires_grad_()
    check(
        pair_objective(with_peers, (units,)),
        z,
        reference_loss(z, with_peers),
    )


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 3), st.floats(0.1, 8), seeds)
def test_groups(classes: int, each: int, left_over: int, scale: float, seed: int) -> None:
    z = activities(6, (classes * each + min(left_over, classes - 1),), seed).requires_grad_()
    labels = torch.randint(0, classes, (6,), generator=torch.Generator().manual_seed(seed))
    check(
        ClassObjective(labels, GroupMeanSquare(classes), scale),
        z,
        reference_group_loss(z, labels, classes, scale),
    )


@given(
    st.sampled_from(KINDS),
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)),
    seeds,
)
def test_goodness_that_people_read(kind: Goodness, shape: tuple[int, int, int], seed: int) -> None:
    z = activities(4, shape, seed)
    goodness = goodness_for(kind, shape)
    expected = reference_goodness(z, kind, shape)
    torch.testing.assert_close(goodness(z), expected.mean(1) if expected.ndim == 2 else expected)
    value = pair_objective(ForwardForward(goodness=kind), shape)(z)
    torch.testing.assert_close(value.goodness_2B, goodness(z))


def test_goodness_of_known_activities() -> None:
    z = torch.tensor([[3.0, 4.0], [0.0, 1.0]])
    expected = {
        "mean-square": [12.5, 0.5],
        "sum-square": [25.0, 1.0],
        "mean-activation": [3.5, 0.5],
        "position-mean-square": [12.5, 0.5],
    }
    for kind in KINDS:
        assert goodness_for(kind, (2,))(z).tolist() == expected[kind]
    assert goodness_for("position-mean-square", (1, 1, 2)).terms(z).tolist() == [
        [9.0, 16.0],
        [0.0, 1.0],
    ]
    assert group_goodness(torch.tensor([[3.0, 4.0, 0.0, 2.0, 9.0]]), 2).tolist() == [[12.5, 2.0]]


def test_groups_state_the_goodness_of_the_true_class_and_the_mean_of_the_others() -> None:
    z = torch.tensor([[5.0, 2.0, 1.0], [1.0, 0.0, 3.0]])
    assert ClassObjective(torch.tensor([0, 1]), GroupMeanSquare(3), 1.0)(
        z
    ).goodness_2B.tolist() == [
        25.0,
        0.0,
        2.5,
        5.0,
    ]


def test_equally_active_units_have_equal_peers() -> None:
    penalty, grad = peer_normalisation(torch.full((4, 3), 2.0), 5.0)
    assert penalty == 0
    assert grad.tolist() == [0, 0, 0]


def test_bfloat16_goodness_and_loss_are_float32() -> None:
    z = activities(8, (300,), 0).to(torch.bfloat16)
    for kind in GOODNESS:
        value = pair_objective(ForwardForward(goodness=kind), (3, 10, 10))(z)
        assert value.goodness_2B.dtype == value.loss.dtype == torch.float32
        assert value.grad.dtype == torch.bfloat16
