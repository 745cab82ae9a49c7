"""Claims about power: each rule comes out as each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Repeats, Verdict
from fftui.claims.power_claims import ON_POWER

from .evidence import of_setups, together
from .machine import measured, noisy, repeats

BY_ID = {claim.id: claim for claim in ON_POWER}

paper = of_setups("paper/ff, timed", "paper/backprop-per-image, timed")
plain = of_setups("ff, plain", "backprop, plain")
layer_wise = of_setups("ff, plain, layer after layer", "backprop, plain")


def drawing(watts: float | Repeats) -> Outcome:
    return measured(power_w=watts if isinstance(watts, Repeats) else repeats(watts))


def varying(watts: float | Repeats) -> Outcome:
    return measured(power_spread_w=watts if isinstance(watts, Repeats) else repeats(watts))


def power(*watts: float | Repeats) -> Outcomes:
    """Paper's FF and backprop, then both at equal size."""
    ff, backprop, plain_ff, plain_backprop = map(drawing, watts)
    return together(paper(ff, backprop), plain(plain_ff, plain_backprop))


def spread(*watts: float | Repeats) -> Outcomes:
    """Paper's FF and backprop, then both at equal size, FF layer after layer."""
    ff, backprop, plain_ff, plain_backprop = map(varying, watts)
    return together(paper(ff, backprop), layer_wise(plain_ff, plain_backprop))


CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("similar-power", power(70, 72, 150, 151), "holds"),
    ("similar-power", power(70, 100, 150, 90), "does not hold"),
    ("similar-power", power(100, 70, 90, 150), "does not hold"),
    ("similar-power", power(70, 72, 150, 90), "only as the paper ran it"),
    ("similar-power", power(40, 29, 150, 150), "not as the paper ran it, but with care"),
    ("similar-power", power(noisy(70), 70, 150, 150), "cannot tell"),
    ("similar-power", power(77, 70, 150, 150), "cannot tell"),
    ("similar-power", paper(measured(), measured()), "not run here"),
    ("power-spread", spread(12, 6, 9, 6), "holds"),
    ("power-spread", spread(6, 6, 6, 6), "does not hold"),
    ("power-spread", spread(12, 6, 6, 6), "only as the paper ran it"),
    ("power-spread", spread(6, 6, 12, 6), "not as the paper ran it, but with care"),
    ("power-spread", spread(noisy(6), 6, 12, 6), "cannot tell"),
    ("power-spread", spread(repeats(12, 1), 6, 12, 6), "cannot tell"),
    ("power-spread", paper(varying(12), varying(6)), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why


def test_without_a_gpu_power_is_not_measured() -> None:
    finding = BY_ID["similar-power"].judge(
        together(paper(measured(), measured()), plain(measured(), measured()))
    )
    assert finding.verdict == "not run here"
    assert "needs an NVIDIA GPU" in finding.why
