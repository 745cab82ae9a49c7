"""The paper's claims as text, Markdown and a table for the terminal."""

from typing import Any, get_args

import pytest

from fftui.claims import CLAIMS, Verdict
from fftui.cli import claims_text

VERDICTS = get_args(Verdict)
EVIDENCE = {
    "role": "paper/ff on mnist",
    "what": "mnist-mini, all images",
    "absent": None,
    "scale": "quick",
    "seeds": 2,
    "train_images": 5_000,
    "test_images": 1_000,
    "test_accuracy": 0.97,
    "test_accuracy_low": 0.96,
    "test_accuracy_high": 0.98,
    "runs": ["a", "b"],
    "train_s": 12.0,
}
ABSENT = {"role": "ff on svhn", "what": None, "absent": "svhn is not here", "scale": "quick"}


def claim_facts(number: int) -> dict[str, Any]:
    """A claim with the verdicts in turn, and texts that tables have to escape."""
    claim, verdict = CLAIMS[number], VERDICTS[number % len(VERDICTS)]
    was_run = verdict != "not run here"
    return {
        "id": claim.id,
        "statement": claim.statement,
        "paper": claim.paper,
        "scale": "quick",
        "data": ["mnist-mini"] if was_run else [],
        "seeds": [2, 3] if was_run else None,
        "train_images": [250, 5_000] if was_run else None,
        "test_images": [1_000, 1_000] if was_run else None,
        "as_paper": "paper/ff 97.0 ± 0.3 %; paper/backprop 98.0 ± 0.3 %" if was_run else "",
        "corrected": "ff [bold] 99.0 ± 0.1 %" if was_run else "",
        "verdict": verdict,
        "why": "seen | in both" if was_run else "cifar10 is not on this machine",
        "rule": claim.rule,
        "evidence": [EVIDENCE, ABSENT] if was_run else [ABSENT],
    }


@pytest.fixture
def facts() -> dict[str, Any]:
    claims = [claim_facts(number) for number in range(len(CLAIMS))]
    return {"scale": "quick", "seeds": 3, "notes": ["runs of cpu are compared"], "claims": claims}


def test_plain_text_has_a_block_a_claim(facts: dict[str, Any]) -> None:
    text = claims_text.plain(facts)
    for claim in facts["claims"]:
        assert f"\n{claim['id']}: {claim['verdict'].upper()}\n" in f"\n{text}"
    assert max(map(len, text.splitlines())) <= claims_text.WIDTH
    as_one_line = " ".join(text.split())
    assert (
        "ran paper/ff on mnist: mnist-mini, all images (2 seeds, learned from 5,000, tested on"
        " 1,000: 97.0 % (96.0 to 98.0); 12 s of learning each)" in as_one_line
    )
    assert (
        "runs quick: 2 to 3 seeds, learned from 250 to 5,000 images of mnist-mini, tested on 1,000"
        " rule" in as_one_line
    )
    assert "Behind (or ahead):" in text
    assert "Quick:" in text


def test_markdown_is_a_table_with_its_rules_and_runs(facts: dict[str, Any]) -> None:
    lines = claims_text.markdown(facts).splitlines()
    rows = lines[2 : lines.index("## How a verdict is computed") - 1]
    assert len(rows) == 2 + len(CLAIMS)
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    for claim in CLAIMS:
        assert any(claim.rule in line for line in lines if line.startswith("- "))
    assert "**holds**: seen \\| in both" in "\n".join(lines)


def test_the_table_for_terminals_shows_text_as_it_is(facts: dict[str, Any]) -> None:
    text = claims_text.drawn(facts)
    for verdict in VERDICTS:
        assert verdict.split()[0] in text
    assert "[bold]" in text
    assert "--to markdown" in text


@pytest.mark.parametrize("to", ["text", "markdown"])
def test_at_the_quick_scale_nothing_is_said_to_be_as_the_paper_ran_it(
    facts: dict[str, Any], to: claims_text.To
) -> None:
    text = claims_text.as_text(facts, to)
    assert "the paper's recipe, made small" in text
    assert "faithful" not in text.lower()
    facts["scale"] = "full"
    for claim in facts["claims"]:
        claim["scale"] = "full"
    text = claims_text.as_text(facts, to)
    assert "as the paper ran it" in text
    assert "made small" not in text


def test_one_seed_has_no_interval(facts: dict[str, Any]) -> None:
    facts["claims"][0]["evidence"] = [{**EVIDENCE, "seeds": 1, "test_accuracy_low": None}]
    assert "97.0 % (one seed)" in claims_text.markdown(facts)
