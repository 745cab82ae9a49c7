"""What is true of every claim: it has a finding for any evidence, a reason where there is none, and
its place in the docs.
"""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.claims import CLAIMS, MARGINS, Claim, Outcome, Outcomes, Verdict

from .evidence import outcome

percents = st.floats(0.0, 100.0)
by_seed = st.lists(percents, min_size=3, max_size=3)
invented = st.builds(
    outcome,
    st.just("something"),
    by_seed,
    train=by_seed,
    validation=by_seed,
    depths=st.lists(by_seed, max_size=4),
    images=st.integers(2, 200),
    chance=st.sampled_from([0.1, 0.01]),
    losses=st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), min_size=3, max_size=3).map(tuple),
)


@given(st.data())
def test_a_rule_has_a_finding_for_any_outcomes(data: st.DataObject) -> None:
    claim = data.draw(st.sampled_from(CLAIMS))
    found: dict[object, Outcome] = data.draw(
        st.dictionaries(st.sampled_from(claim.needs), invented)
    )
    finding = claim.judge(Outcomes(found, {}))
    assert finding.verdict in get_args(Verdict)
    assert finding.why


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_without_runs_nothing_is_decided_and_the_reason_is_said(claim: Claim) -> None:
    reason = "svhn is not on this machine"
    finding = claim.judge(Outcomes({}, dict.fromkeys(claim.needs, reason)))
    assert finding.verdict == "not run here"
    assert reason in finding.why


def test_every_claim_has_an_id_of_its_own_and_says_everything() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.statement
        assert claim.paper
        assert claim.rule.startswith(("Yes", "As the paper ran it, yes"))
        assert claim.needs


def test_the_page_on_claims_says_what_the_rules_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    said = " ".join(page.replace("\n- ", "\n").split())
    for text in (
        MARGINS,
        *(text for claim in CLAIMS for text in (claim.statement, claim.paper, claim.rule)),
    ):
        assert " ".join(text.split()) in said, text
