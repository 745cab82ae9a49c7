import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fftui.learning.negatives import fixed_negatives, hard_negatives, random_negatives


def _labels(images: int, classes: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(classes, (images,), generator=torch.Generator().manual_seed(seed))


@given(images=st.integers(1, 300), block=st.integers(1, 64), seed=st.integers(0, 2**31 - 1))
def test_fixed_negatives_are_the_labels_of_their_block_in_another_order(images, block, seed):
    labels = _labels(images, 10)
    negatives = fixed_negatives(labels, generator=torch.Generator().manual_seed(seed), block=block)
    assert negatives.shape == labels.shape
    for ours, theirs in zip(negatives.split(block), labels.split(block), strict=True):
        assert torch.equal(ours.sort().values, theirs.sort().values)


@pytest.mark.parametrize(("classes", "share"), [(10, 0.10), (100, 0.01)])
def test_one_in_c_of_the_fixed_negatives_is_the_true_label(classes, share):
    labels = _labels(60_000, classes)
    negatives = fixed_negatives(labels, generator=torch.Generator().manual_seed(1))
    assert (negatives == labels).double().mean().item() == pytest.approx(share, rel=0.15)


def test_fixed_negatives_leave_the_labels_alone_and_follow_the_seed():
    labels = _labels(5000, 10)
    before = labels.clone()
    one, again, other = (
        fixed_negatives(labels, generator=torch.Generator().manual_seed(s)) for s in (4, 4, 5)
    )
    assert torch.equal(labels, before)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@given(images=st.integers(0, 200), classes=st.integers(2, 120), seed=st.integers(0, 2**31 - 1))
def test_random_negatives_are_labels_and_never_the_true_one(images, classes, seed):
    labels = _labels(images, classes, seed)
    negatives = random_negatives(labels, classes, generator=torch.Generator().manual_seed(seed))
    assert negatives.dtype == labels.dtype
    assert negatives.shape == labels.shape
    assert not (negatives == labels).any()
    assert ((negatives >= 0) & (negatives < classes)).all()


def test_random_negatives_are_uniform_over_the_wrong_labels():
    labels = torch.full((90_000,), 3)
    negatives = random_negatives(labels, 10, generator=torch.Generator().manual_seed(0))
    counts = negatives.bincount(minlength=10)
    assert counts[3] == 0
    assert ((counts[torch.arange(10) != 3] - 10_000).abs() < 500).all()  # five standard deviations


def test_random_negatives_are_new_at_every_draw():
    labels, generator = _labels(512, 10), torch.Generator().manual_seed(0)
    first, second = (random_negatives(labels, 10, generator=generator) for _ in range(2))
    assert not torch.equal(first, second)


def test_one_class_has_no_wrong_label():
    with pytest.raises(ValueError, match="at least two classes"):
        random_negatives(torch.zeros(3, dtype=torch.int64), 1, generator=torch.Generator())


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_head_certain_of_the_truth_has_no_favourite_among_wrong_labels(share: float) -> None:
    labels_B = torch.full((3000,), 2)
    class_probs_BC = torch.nn.functional.one_hot(labels_B, 5).float()
    uniform_draws_B = torch.rand(3000, generator=torch.Generator().manual_seed(1))
    counts = torch.bincount(
        hard_negatives(class_probs_BC, labels_B, uniform_draws_B, share), minlength=5
    )
    assert counts[2] == 0
    assert all(650 < int(counts[label]) < 850 for label in (0, 1, 3, 4))


def test_hard_negatives_are_drawn_by_the_class_probabilities() -> None:
    labels_B = torch.zeros(4000, dtype=torch.long)
    class_probs_BC = torch.tensor([[0.5, 0.4, 0.1]]).repeat(4000, 1)
    uniform_draws_B = torch.rand(4000, generator=torch.Generator().manual_seed(2))
    counts = (
        torch.bincount(hard_negatives(class_probs_BC, labels_B, uniform_draws_B, 0.0), minlength=3)
        / 4000
    )
    assert counts[0] == 0
    assert abs(float(counts[1]) - 0.8) < 0.03
