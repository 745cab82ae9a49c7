"""The paper's claims as text, Markdown and a table for the terminal."""

from typing import Any

import pytest

from fftui.claims import CLAIMS
from fftui.cli import claims_text

VERDICTS = ("holds", "does not hold", "holds for another reason", "not tested here")
EVIDENCE = {
    "role": "paper/ff on mnist",
    "what": "mnist-mini, all images",
    "absent": None,
    "runs": ["a", "b"],
    "train_s": 12.0,
}


@pytest.fixture
def facts() -> dict[str, Any]:
    """Claims with every verdict in turn, and texts that tables have to escape."""
    claims = [
        {
            "id": claim.id,
            "statement": claim.statement,
            "paper": claim.paper,
            "faithful": "paper/ff 97.0 ± 0.3 %; paper/backprop 98.0 ± 0.3 %"
            if number % 4 != 3
            else "",
            "corrected": "ff [bold] 99.0 ± 0.1 %" if number % 4 != 3 else "",
            "verdict": VERDICTS[number % 4],
            "why": "cifar10 is not on this machine" if number % 4 == 3 else "seen | in both",
            "rule": claim.rule,
            "evidence": [
                EVIDENCE,
                {"role": "ff on svhn", "what": None, "absent": "svhn is not on this machine"},
            ],
        }
        for number, claim in enumerate(CLAIMS)
    ]
    return {"scale": "quick", "seeds": 1, "claims": claims}


def test_plain_text_has_a_block_a_claim(facts: dict[str, Any]) -> None:
    text = claims_text.plain(facts)
    for claim in facts["claims"]:
        assert f"\n{claim['id']}: {claim['verdict'].upper()}\n" in f"\n{text}"
    assert max(map(len, text.splitlines())) <= claims_text.WIDTH
    assert "  ran       paper/ff on mnist: mnist-mini, all images (2 runs, 12 s)" in text
    assert "Behind (or ahead):" in text
    assert "Quick:" in text


def test_markdown_is_a_table_with_its_rules_and_runs(facts: dict[str, Any]) -> None:
    lines = claims_text.markdown(facts).splitlines()
    rows = [line for line in lines if line.startswith("| ") and line.count(" | ") >= 4]
    assert len(rows) == 1 + len(CLAIMS)
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}
    for claim in CLAIMS:
        assert any(claim.rule in line for line in lines if line.startswith("- "))
    assert "**holds**: seen \\| in both" in "\n".join(lines)


def test_the_table_for_terminals_shows_text_as_it_is(facts: dict[str, Any]) -> None:
    text = claims_text.drawn(facts)
    for verdict in VERDICTS:
        assert verdict.split()[0] in text
    assert "[bold]" in text
    assert "--to markdown" in text
