"""Claims about hybrids: each rule comes out as each of its verdicts, from invented evidence."""

import math

import pytest

from fftui.claims import Outcomes, Verdict
from fftui.claims.hybrid_claims import ON_HYBRIDS, OWN_RATE

from .evidence import Value, of_setups, outcome, outcomes, together

BY_ID = {claim.id: claim for claim in ON_HYBRIDS}
CONTROL = "second phase alone, equal total epochs"

one_control, backward = (
    of_setups(f"paper/{name}", f"paper/{name}, {CONTROL}", name, f"{name}, {CONTROL}")
    for name in ("hybrid", "hybrid-reverse")
)
changed = of_setups("paper/hybrid, weights kept", "paper/hybrid, normalised inputs")


def forward(*values: Value, own_rate: Value | None = None) -> Outcomes:
    """The paper's hybrid and its control, the corrected one and its controls; that at the rate of
    the preset backprop is as good as the other unless given.
    """
    beside = outcomes({OWN_RATE: values[-1] if own_rate is None else own_rate})
    return together(one_control(*values), beside)


def losses(as_paper: tuple[float, ...], corrected: tuple[float, ...]) -> Outcomes:
    """The last losses of the second phase, a seed each; that of the first phase is 0.1."""
    both = (
        outcome("", 50.0, losses=tuple((0.1, each) for each in last))
        for last in (as_paper, corrected)
    )
    return of_setups("paper/hybrid", "hybrid")(*both)


STUCK, LEARNT = (2.30, 2.31, 2.32), (0.1, 0.12, 0.2)

CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("ff-then-backprop", forward(11.0, 98.0, 98.0, 98.0), "holds"),
    ("ff-then-backprop", forward(11.0, 98.0, 95.0, 98.0), "holds"),
    ("ff-then-backprop", forward(11.0, 98.0, 98.5, 95.0), "only as the paper ran it"),
    ("ff-then-backprop", forward(98.0, 95.0, 98.5, 95.0), "does not hold"),
    ("ff-then-backprop", forward(98.0, 95.0, 98.5, 98.5), "not as the paper ran it, but with care"),
    ("ff-then-backprop", forward(11.0, 98.0, 99.0, 98.0), "cannot tell"),
    ("ff-then-backprop", forward(11.0, 98.0, [99.0], [95.0]), "cannot tell"),
    ("ff-then-backprop", forward(11.0, "failed", 98.5, 95.0), "not run here"),
    # ahead only of a control whose rate is too low for random weights
    ("ff-then-backprop", forward(11.0, 98.0, 98.5, 95.0, own_rate=98.4), "holds"),
    ("ff-then-backprop", forward(11.0, 98.0, 98.5, 95.0, own_rate="failed"), "not run here"),
    ("backprop-then-ff", backward(15.4, 97.8, 98.0, 97.8), "holds"),
    ("backprop-then-ff", backward(15.4, 97.8, 98.0, 92.0), "only as the paper ran it"),
    ("backprop-then-ff", backward(97.0, 92.0, 98.0, 92.0), "does not hold"),
    (
        "backprop-then-ff",
        backward(97.0, 92.0, 92.0, 92.0),
        "not as the paper ran it, but with care",
    ),
    ("backprop-then-ff", backward([10.0, 50.0, 98.0], 60.0, 92.0, 92.0), "cannot tell"),
    # a control that does not learn either tells nothing of the start
    ("backprop-then-ff", backward(15.4, 12.6, 92.0, 92.0), "cannot tell"),
    ("hybrid-loss", losses(STUCK, STUCK), "holds"),
    ("hybrid-loss", losses(LEARNT, LEARNT), "does not hold"),
    ("hybrid-loss", losses(STUCK, LEARNT), "only as the paper ran it"),
    ("hybrid-loss", losses(LEARNT, STUCK), "not as the paper ran it, but with care"),
    ("hybrid-loss", losses((0.1, 2.3, 30.0), LEARNT), "cannot tell"),
    ("hybrid-loss", losses((2.0, 2.07, 2.15), LEARNT), "cannot tell"),
    ("hybrid-loss", losses((2.3,), LEARNT), "cannot tell"),
    ("hybrid-loss", of_setups("paper/hybrid", "hybrid")(11.0, 98.0), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why


def test_a_loss_at_the_bound_needs_seeds_and_no_images() -> None:
    at_bound = 0.9 * math.log(10)
    finding = BY_ID["hybrid-loss"].judge(losses((0.9 * at_bound, at_bound, at_bound / 0.9), LEARNT))
    assert finding.why == "the paper's recipe: more than 100 seeds would tell"


def test_what_lifts_the_papers_run_from_chance_is_named() -> None:
    seen = together(forward(11.0, 98.0, 98.5, 98.5), changed(94.0, 11.0))
    text = BY_ID["ff-then-backprop"].judge(seen).as_paper
    assert "with one thing changed it leaves chance: paper/hybrid, weights kept" in text
    assert "normalised inputs" not in text


def test_one_experiment_that_is_absent_does_not_hide_what_the_other_gave() -> None:
    finding = BY_ID["ff-then-backprop"].judge(forward(11.0, 98.0, "failed", 98.5))
    assert "11.0 ±" in finding.as_paper
    assert "failed" in finding.corrected
    assert finding.verdict == "not run here"


def test_a_loss_that_is_high_is_near_that_of_guessing() -> None:
    guessing = math.log(10)
    text = BY_ID["hybrid-loss"].judge(losses((guessing,) * 3, LEARNT)).as_paper
    assert text.endswith("last training loss 2.3 (2.3 to 2.3), that of guessing 2.3")
    hundred = outcome("", 1.0, chance=0.01, losses=((0.1, guessing),) * 3)
    finding = BY_ID["hybrid-loss"].judge(of_setups("paper/hybrid", "hybrid")(hundred, hundred))
    assert finding.verdict == "does not hold"


def test_the_losses_of_diverged_runs_are_high() -> None:
    seen = losses((math.inf, 1e300, math.nan), (0.0, 0.0, 1e-30))
    assert BY_ID["hybrid-loss"].judge(seen).verdict == "only as the paper ran it"
