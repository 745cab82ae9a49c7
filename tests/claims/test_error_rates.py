"""Each claim's rule, asked about outcomes drawn from known truths."""

from math import comb

import pytest

from fftui.claims import CLAIMS, Claim

from .simulation import WAYS, rates, right_verdict, truths

AT_MOST = 0.05
DRAWS, TRUTHS = 80, len(WAYS)


def most(draws: int, rate: float, rarely: float = 1e-4) -> int:
    """More errors than this in so many draws are seen once in 10,000 tests of a rule that errs at
    that rate.
    """
    share, count = 0.0, -1
    while share < 1 - rarely:
        count += 1
        share += comb(draws, count) * rate**count * (1 - rate) ** (draws - count)
    return count


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_wrong_verdicts_are_rare_whatever_the_truth(claim: Claim) -> None:
    for seed, truth in enumerate(truths(claim, TRUTHS, seed=7)):
        found = rates(claim, truth, DRAWS, seed)
        wrong = found.wrong_holds + found.wrong_fails + found.wrong_other
        assert wrong * DRAWS <= most(DRAWS, AT_MOST), f"{claim.id} under {truth}: {found}"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_each_rule_can_come_out_either_way(claim: Claim) -> None:
    verdicts = (right_verdict(claim, truth) for truth in truths(claim, 400, seed=11))
    wanted = {"holds", "does not hold"}
    for verdict in verdicts:  # as many truths as it takes
        wanted.discard(verdict)
        if not wanted:
            return
    pytest.fail(f"never right: {wanted}")
