"""Claims about memory: each rule comes out as each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Repeats, Verdict
from fftui.claims.memory_claims import ON_MEMORY

from .evidence import of_setups, together
from .machine import measured, noisy, repeats

BY_ID = {claim.id: claim for claim in ON_MEMORY}

paper = of_setups("paper/ff, timed", "paper/backprop-per-image, timed")
plain = of_setups("ff, plain", "backprop, plain")
storage = of_setups("backprop, plain", "ff, plain, layer after layer, inputs not kept")


def holding(megabytes: float | Repeats) -> Outcome:
    values = megabytes if isinstance(megabytes, Repeats) else repeats(megabytes)
    return measured(memory_bytes=Repeats(tuple(1e6 * each for each in values.values)))


def pairs(*megabytes: float | Repeats) -> Outcomes:
    """Paper's FF and backprop, then both at equal size."""
    ff, backprop, plain_ff, plain_backprop = map(holding, megabytes)
    return together(paper(ff, backprop), plain(plain_ff, plain_backprop))


CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("more-memory", pairs(900, 600, 900, 600), "holds"),
    ("more-memory", pairs(600, 600, 600, 600), "does not hold"),
    ("more-memory", pairs(900, 600, 620, 600), "only as the paper ran it"),
    ("more-memory", pairs(600, 600, 900, 600), "not as the paper ran it, but with care"),
    ("more-memory", pairs(noisy(600), 600, 900, 600), "cannot tell"),
    ("more-memory", pairs(repeats(900, 2), 600, 900, 600), "cannot tell"),
    ("more-memory", together(paper(measured(), measured())), "not run here"),
    ("no-activation-storage", storage(holding(700), holding(600)), "holds"),
    ("no-activation-storage", storage(holding(600), holding(600)), "does not hold"),
    ("no-activation-storage", storage(holding(660), holding(600)), "cannot tell"),
    ("no-activation-storage", storage(holding(700), "failed"), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why


def test_one_experiment_that_is_absent_does_not_hide_what_the_other_gave() -> None:
    finding = BY_ID["more-memory"].judge(plain(holding(900), holding(600)))
    assert finding.verdict == "not run here"
    assert "900 MB" in finding.corrected
    assert "not run" in finding.as_paper
