"""Each rule on accuracy gives each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Platform, Setup, Verdict
from fftui.claims.accuracy_claims import ON_ACCURACY

from .evidence import Value, of_setups, outcome, outcomes, together

BY_ID = {claim.id: claim for claim in ON_ACCURACY}
HOLDS, FALSE, AS_PAPER, WITH_CARE, OPEN, NOT_RUN = (
    "holds",
    "does not hold",
    "only as the paper ran it",
    "not as the paper ran it, but with care",
    "cannot tell",
    "not run here",
)


def four(data: str, *values: Value) -> Outcomes:
    """The paper's FF and backprop, FF and backprop corrected."""
    return of_setups("paper/ff", "paper/backprop", "ff", "backprop", data=data)(*values)


def gap(points: float, spread: float = 0.05) -> Outcome:
    train = [90.0 + points + each for each in (-spread, 0.0, spread)]
    return outcome("", 90.0, train=train)


def unsure(percent: float) -> Outcome:
    return outcome("", percent, spread=3.0)


CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("on-par-mnist", four("mnist", 97.4, 97.9, 98.9, 98.8), HOLDS),
    ("on-par-mnist", four("mnist", 96.0, 97.9, 97.0, 98.8), FALSE),
    ("on-par-mnist", four("mnist", 97.4, 97.9, 97.0, 98.8), AS_PAPER),
    ("on-par-mnist", four("mnist", 96.0, 97.9, 98.9, 98.8), WITH_CARE),
    ("on-par-mnist", four("mnist", 97.0, 97.0, unsure(96), unsure(96)), OPEN),
    ("on-par-mnist", four("mnist", 97.0, 97.0, [96.0], [96.0]), OPEN),
    ("on-par-mnist", four("mnist", 97.0, 97.0, 98.0, "its run failed"), NOT_RUN),
    ("on-par-mnist", four("mnist", 10.0, 10.0, 98.9, 98.8), OPEN),  # neither learns
    ("on-par-fashion-mnist", four("fashion-mnist", 85.8, 89.4, 89.9, 90.2), WITH_CARE),
    ("on-par-fashion-mnist", four("fashion-mnist", 85.8, 89.4, 85.9, 90.2), FALSE),
    ("on-par-fashion-mnist", four("fashion-mnist", 89.0, 89.4, 89.9, 90.2), HOLDS),
    ("lags-on-complex-sets", four("cifar10", 49.2, 53.9, 54.0, 58.0), HOLDS),
    ("lags-on-complex-sets", four("cifar10", 49.2, 53.9, 58.0, 58.0), AS_PAPER),
    ("lags-on-complex-sets", four("cifar10", 53.0, 53.5, 54.0, 58.0), WITH_CARE),
    ("lags-on-complex-sets", four("svhn", 80.1, 80.5, 85.0, 85.1), FALSE),
    ("lags-on-complex-sets", four("svhn", 76.0, 80.5, unsure(84), unsure(86)), OPEN),
    (
        "lags-on-complex-sets",
        together(four("svhn", 76.0, 80.5, 80.0, 85.1), four("cifar100", 13.6, 23.8, 30.0, 30.1)),
        AS_PAPER,
    ),
    ("overfits-less", four("mnist", gap(0.2), gap(1.9), gap(0.5), gap(2.0)), HOLDS),
    ("overfits-less", four("mnist", gap(0.2), gap(1.9), gap(0.9), gap(1.0)), AS_PAPER),
    ("overfits-less", four("mnist", gap(1.7), gap(1.9), gap(0.5), gap(2.0)), WITH_CARE),
    ("overfits-less", four("svhn", gap(6.0), gap(5.9), gap(9.0), gap(9.0)), FALSE),
    ("overfits-less", four("svhn", gap(0.2), gap(1.9), gap(1, 3), gap(3, 3)), OPEN),
    (  # a smaller gap for want of learning
        "overfits-less",
        four("mnist", gap(0.2), gap(1.9), outcome("", 80.0, train=80.5), gap(2.0)),
        AS_PAPER,
    ),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert (finding.verdict, bool(finding.why)) == (verdict, True)
    assert finding.as_paper
    assert finding.corrected


def test_a_set_where_runs_are_missing_does_not_keep_another_from_being_judged() -> None:
    missing = "svhn is not on this machine"
    seen = together(
        four("cifar10", 49.2, 53.9, 54.0, 58.0), four("svhn", missing, missing, missing, missing)
    )
    assert BY_ID["lags-on-complex-sets"].judge(seen).verdict == HOLDS


def test_an_experiment_on_other_sets_is_not_hidden_by_one_that_is_missing() -> None:
    seen = outcomes(
        {Setup("paper/ff", "cifar10"): 49.2, Setup("paper/backprop", "cifar10"): 53.9}
        | {Setup(name, "cifar10"): "too long" for name in ("ff", "backprop")}
    )
    finding = BY_ID["lags-on-complex-sets"].judge(seen)
    assert finding.verdict == NOT_RUN
    assert finding.as_paper.startswith("paper/ff on cifar10 49.2 ± ")
    assert finding.why == "too long; not run"  # cifar10, and the sets that have no reason


def test_gaps_of_two_machines_are_not_compared() -> None:
    here, there = (Platform(host, "cpu", "float32") for host in ("here", "there"))
    seen = four(
        "mnist",
        outcome("ff", 97.0, platform=here),
        outcome("backprop", 97.0, platform=there),
        gap(1.0),
        gap(1.0),
    )
    assert "only runs of one platform" in BY_ID["overfits-less"].judge(seen).why
