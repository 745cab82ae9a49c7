"""How far positive goodness lies from negative goodness, to the exact share."""

import pytest
import torch

from fftui.learning.goodness_split import goodness_split
from fftui.network_report import BINS

GOODNESS = torch.tensor([[3.0, 1.0, 2.0], [0.5, 4.0, 2.5], [1.0, 6.0, 5.0]])
LABELS = torch.tensor([0, 1, 2])  # positives 3, 4, 5; negatives 1, 2, 0.5, 2.5, 1, 6


def test_shares_and_medians_are_exact() -> None:
    split = goodness_split(GOODNESS, LABELS, 2.0)
    assert split is not None
    assert (split.median_positive, split.median_negative) == (4.0, 1.5)
    assert split.negatives_over_median == 1 / 6
    assert split.positives_over_threshold == 1.0
    assert split.negatives_over_threshold == 2 / 6
    assert (split.low, split.high) == (0.5, 6.0)
    assert (sum(split.positive), sum(split.negative)) == (3, 6)
    assert len(split.positive) == len(split.negative) == BINS
    assert split.negative[-1] == 1  # the greatest value is in the last bin
    assert split.positive[-1] == 0


def test_without_a_threshold_nothing_is_over_it() -> None:
    split = goodness_split(GOODNESS, LABELS, None)
    assert split is not None
    assert split.threshold is split.positives_over_threshold is split.negatives_over_threshold


def test_values_that_are_not_finite_are_counted_and_left_out() -> None:
    goodness = GOODNESS.clone()
    goodness[0, 0], goodness[2, 1] = torch.nan, torch.inf
    split = goodness_split(goodness, LABELS, 2.0)
    assert split is not None
    assert split.not_finite == 2
    assert split.median_positive == pytest.approx(4.5)
    assert sum(split.negative) == 5
    assert goodness_split(torch.full((2, 3), torch.nan), LABELS[:2], 2.0) is None


def test_values_that_are_all_the_same_have_a_histogram() -> None:
    split = goodness_split(torch.zeros(3, 3), LABELS, 2.0)
    assert split is not None
    assert split.high > split.low
    assert sum(split.positive) == 3
