"""Intervals from seeds and images: published values, properties, and how often they are wrong."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.claims import Accuracies, Estimate, Repeats
from fftui.claims.estimates import (
    REPEATS,
    Answer,
    all_yes,
    any_yes,
    confidence_of,
    is_more_than,
    mean_of,
    negated,
)

from .evidence import accuracies, unpaired

fractions = st.floats(0.0, 1.0)
measured = st.lists(fractions, min_size=2, max_size=5).map(
    lambda values: accuracies([100 * each for each in values], images=200)
)
answers = st.lists(st.sampled_from(["yes", "no", "open", "absent"]), min_size=1, max_size=4)


def test_against_published_values() -> None:
    # Student: t(2; 0.975) = 4.3027
    assert mean_of([1.0, 2.0, 3.0]).half() == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)
    # Welch's example of unequal variances: 3 against 3 values, 2.94 degrees of freedom
    one, other = mean_of([1.0, 2.0, 3.0]), mean_of([2.0, 4.0, 7.0])
    variance = 1 / 3 + (19 / 3) / 3
    freedom = variance**2 / ((1 / 3) ** 2 / 2 + (19 / 9) ** 2 / 2)
    assert 2.6 < freedom < 2.7
    # between t(2) and t(3; 0.975) = 3.1824
    assert 3.1824 < (one - other).half() / math.sqrt(variance) < 4.3027
    # a proportion of 1,000 near 0.95: 1.96 sqrt(0.95 0.05 / 1000), where seeds are all alike
    assert unpaired(95.0, images=1000, spread=0.0).half == pytest.approx(0.0135, abs=5e-4)


def test_nothing_can_be_told_from_one_seed() -> None:
    alone = accuracies([97.0])
    assert math.isinf(alone.half)
    assert (alone - accuracies(50.0)).exceeds(0.0) == "open"
    with pytest.raises(ValueError, match="no accuracy"):
        Accuracies((), 10)
    with pytest.raises(ValueError, match="no value"):
        mean_of([])


@given(measured, measured, st.floats(-0.5, 0.5))
def test_a_difference_turned_round_is_its_opposite(
    one: Accuracies, other: Accuracies, bound: float
) -> None:
    difference, opposite = one - other, other - one
    assert difference.mean == pytest.approx(-opposite.mean)
    assert difference.half() == pytest.approx(opposite.half())
    assert difference.exceeds(bound) == "open" or (
        difference.exceeds(bound) == negated(opposite.exceeds(-bound))
    )


@given(measured)
def test_an_interval_holds_its_mean_and_is_wider_where_it_must_be_surer(one: Accuracies) -> None:
    estimate = one.estimate
    assert min(one.by_seed) - 1e-9 <= estimate.mean <= max(one.by_seed) + 1e-9
    assert estimate.low <= estimate.mean <= estimate.high
    assert estimate.half(confidence_of(1)) <= estimate.half(confidence_of(5))


@given(st.lists(fractions, min_size=2, max_size=5))
def test_twice_the_seeds_with_the_same_spread_tell_more(values: list[float]) -> None:
    assert mean_of(values * 2).half() <= mean_of(values).half() + 1e-9  # of rounding


def test_that_the_spread_of_seeds_and_the_number_of_images_both_widen_an_interval() -> None:
    usual = unpaired(95.0, images=10_000, spread=0.1).half
    assert unpaired(95.0, images=10_000, spread=0.5).half > usual
    assert unpaired(95.0, images=1_000, spread=0.1).half > usual


def test_the_same_images_tell_more_than_other_ones() -> None:
    paired = accuracies(97.0) - accuracies(96.0)
    apart = unpaired(97.0, images=10_000) - unpaired(96.0, images=10_000)
    assert paired.mean == pytest.approx(apart.mean)
    assert paired.half() < apart.half()


def test_the_same_runs_tell_more_than_other_ones() -> None:
    early, late = accuracies([94.0, 95.0, 96.0]), accuracies([95.0, 96.0, 97.0])
    assert late.within_runs(early).exceeds(0.005) == "yes"
    assert (late - early).exceeds(0.005) == "open"
    with pytest.raises(ValueError, match="zip"):
        late.within_runs(accuracies([95.0]))


def test_how_many_seeds_would_tell() -> None:
    difference = accuracies(97.0, spread=1.0) - accuracies(95.0, spread=1.0)
    assert difference.exceeds(0.01) == "open"
    seeds = difference.seeds_to_tell(0.01)
    assert seeds is not None
    assert 3 < seeds < 20
    assert (unpaired(97.0, images=100) - unpaired(95.9, images=100)).seeds_to_tell(0.01) is None


def repeats(values: Sequence[float]) -> Repeats:
    return Repeats(tuple(values))


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ((5, 5.5, 6), (1, 1.2, 1.4), "yes"),
        ((3, 4, 9), (1, 1.5, 1.6), "open"),  # each repeat is more, but they scatter widely
        ((1, 1.2, 1.4), (1.6, 1.7, 2), "no"),
        ((4, 5), (1, 1, 1), "open"),
    ],
)
def test_repeats_are_compared_with_their_spread(
    one: Sequence[float], other: Sequence[float], answer: Answer
) -> None:
    assert is_more_than(2, repeats(one), repeats(other)) == answer


times = st.lists(st.floats(0.1, 10), min_size=1, max_size=5)


@given(times, times)
def test_of_two_at_most_one_is_more(one: list[float], other: list[float]) -> None:
    said = [is_more_than(1.0, *map(repeats, pair)) for pair in ((one, other), (other, one))]
    assert said.count("yes") <= 1
    assert said[0] == negated(said[1])


@given(answers)
def test_any_is_the_opposite_of_all_opposites(given_: list[Answer]) -> None:
    assert any_yes(*given_) == negated(all_yes(*map(negated, given_)))
    assert (any_yes(*given_) == "yes") == ("yes" in given_)
    assert (all_yes(*given_) == "yes") == (set(given_) == {"yes"})


@given(st.integers(0, 50))
def test_all_comparisons_together_err_as_seldom_as_one(comparisons: int) -> None:
    assert max(1, comparisons) * (1 - confidence_of(comparisons)) == pytest.approx(0.05)


DRAWS = 300


def labelled(
    rng: np.random.Generator, accuracy: float, spread: float, difficulty_N: np.ndarray
) -> Accuracies:
    """Three seeds of a method of this true accuracy: what is difficult, is so for all of them."""
    by_seed_S = accuracy + spread * rng.standard_normal(3)
    own_SN = rng.normal(0, 0.05, (3, len(difficulty_N)))
    # modulo 1 it is uniform again: the true accuracy is exact
    correct_SN = (difficulty_N + own_SN) % 1 < by_seed_S[:, None]
    return Accuracies(tuple(correct_SN.mean(axis=1)), len(difficulty_N), correct_SN)


@pytest.mark.parametrize("spread", [0.0, 0.003, 0.02])
@pytest.mark.parametrize("images", [500, 2_000])
def test_at_the_boundary_a_difference_is_answered_wrongly_in_one_of_twenty(
    spread: float, images: int
) -> None:
    rng = np.random.default_rng(11)
    said: list[Answer] = []
    for _ in range(DRAWS):
        difficulty_N = rng.random(images)
        one, other = (labelled(rng, each, spread, difficulty_N) for each in (0.95, 0.94))
        said.append((one - other).exceeds(0.01))
    assert said.count("yes") / DRAWS <= 0.05
    assert said.count("no") / DRAWS <= 0.05


@pytest.mark.parametrize("factor", [1.0, 1.5])
@pytest.mark.parametrize("spreads", [(0.1, 0.1), (0.2, 0.01), (0.01, 0.2)])
def test_at_the_boundary_repeats_are_answered_wrongly_in_one_of_twenty(
    factor: float, spreads: tuple[float, float]
) -> None:
    rng = np.random.default_rng(11)
    said = [
        is_more_than(
            factor,
            repeats(factor * rng.normal(1, spreads[0], size=REPEATS)),
            repeats(rng.normal(1, spreads[1], size=REPEATS)),
        )
        for _ in range(1_000)
    ]
    assert said.count("yes") / len(said) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1_000)
    assert said.count("no") / len(said) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1_000)


def test_an_unknown_spread_is_no_small_one() -> None:
    assert Estimate(0.5, (*mean_of([0.5]).spreads, *mean_of([0.5, 0.6]).spreads)).half() == math.inf
