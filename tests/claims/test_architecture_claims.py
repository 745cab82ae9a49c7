"""Claims about architectures: each rule comes out as each of its verdicts, from invented
evidence.
"""

import pytest

from fftui.claims import Outcomes, Verdict
from fftui.claims.architecture_claims import FF_BESIDE, ON_ARCHITECTURES

from .evidence import Value, of_setups, outcomes, together

BY_ID = {claim.id: claim for claim in ON_ARCHITECTURES}

convolutional = of_setups(
    "paper/cnn", "cnn, epochs of attention", "paper/cnn, normalisation", "paper/cnn, label"
)
attention = of_setups(
    "paper/attention",
    "paper/ff, images and epochs of paper/attention",
    "attention, label in one patch",
    "attention, label in every patch",
)
above = of_setups("paper/attention", "paper/cnn", "attention", "cnn, epochs of attention")


def cnn(*values: Value, control: Value = 97.0) -> Outcomes:
    """Convolutional networks, and the fully connected one beside them."""
    return together(convolutional(*values), outcomes({FF_BESIDE: control}))


CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("cnn-weight-sharing", cnn(10.8, 10.0, 10.0, 10.0), "holds"),
    ("cnn-weight-sharing", cnn(10.8, 10.0, 10.0, 10.0, control=11.0), "cannot tell"),
    ("cnn-weight-sharing", cnn(90.0, 98.9, 95.0, 92.0), "does not hold"),
    ("cnn-weight-sharing", cnn(10.8, 98.9, 95.0, 10.0), "only as the paper ran it"),
    ("cnn-weight-sharing", cnn(10.8, 98.9, 10.0, 10.0), "only as the paper ran it"),
    ("cnn-weight-sharing", cnn(90.0, 10.0, 10.0, 10.0), "not as the paper ran it, but with care"),
    ("cnn-weight-sharing", cnn([10.0, 15.0, 30.0], 98.9, 95.0, 10.0), "cannot tell"),
    ("cnn-weight-sharing", cnn([10.8], 98.9, 95.0, 10.0), "cannot tell"),
    ("cnn-weight-sharing", cnn(10.8, "failed", 95.0, 10.0), "not run here"),
    ("cnn-weight-sharing", cnn(10.8, 98.9, "failed", "failed"), "only as the paper ran it"),
    ("attention-label-in-one-patch", attention(60.0, 97.0, 92.0, 97.5), "holds"),
    ("attention-label-in-one-patch", attention(60.0, 97.0, 97.4, 97.5), "only as the paper ran it"),
    ("attention-label-in-one-patch", attention(97.0, 97.0, 97.4, 97.5), "does not hold"),
    (
        "attention-label-in-one-patch",
        attention(97.0, 97.0, 92.0, 97.5),
        "not as the paper ran it, but with care",
    ),
    ("attention-label-in-one-patch", attention(60.0, 97.0, 96.5, 97.5), "cannot tell"),
    ("attention-label-in-one-patch", attention("failed", 97.0, 92.0, 97.5), "not run here"),
    ("attention-above-cnn", above(60.0, 10.0, 98.8, 96.0), "holds"),
    ("attention-above-cnn", above(60.0, 60.0, 97.5, 98.9), "does not hold"),
    ("attention-above-cnn", above(15.0, 10.0, 97.5, 98.9), "does not hold"),
    ("attention-above-cnn", above(60.0, 10.0, 97.5, 98.9), "only as the paper ran it"),
    (
        "attention-above-cnn",
        above(15.0, 10.0, 98.8, 96.0),
        "not as the paper ran it, but with care",
    ),
    ("attention-above-cnn", above([15.0, 20.0, 40.0], 10.0, 98.8, 96.0), "cannot tell"),
    ("attention-above-cnn", above(60.0, 10.0, 98.8, "failed"), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why


def test_what_lifts_the_papers_network_is_named() -> None:
    claim = BY_ID["cnn-weight-sharing"]
    assert "(normalisation)" in claim.judge(cnn(10.8, 98.9, 95.0, 10.0)).why
    assert "no single change" in claim.judge(cnn(10.8, 98.9, 10.0, 10.0)).why


def test_what_would_tell_is_said_where_seeds_differ() -> None:
    finding = BY_ID["attention-label-in-one-patch"].judge(
        attention(60.0, 97.0, [90.0, 95.0, 98.0], 97.5)
    )
    assert finding.verdict == "cannot tell"
    assert "seeds would probably tell" in finding.why
