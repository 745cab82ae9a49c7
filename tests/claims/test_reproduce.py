"""Verdicts from finished runs, and the facts of them as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.claims import CLAIMS, Setup
from fftui.claims.claims_plan import ClaimsPlan
from fftui.claims.reproduce import as_facts, judge_all
from fftui.claims.setup_runs import PlannedRuns
from fftui.runs.folder import RunFolder

ACCURACIES = {"paper/ff": 0.50, "paper/backprop": 0.95, "ff": 0.50, "backprop": 0.97}
CLAIM_FACTS = {
    *("id", "statement", "paper", "scale", "data", "seeds", "train_images", "test_images"),
    *("as_paper", "corrected", "verdict", "why", "rule", "evidence"),
}


@pytest.fixture
def made(small: Any, finished_run: Callable[..., RunFolder]) -> ClaimsPlan:
    """A plan with runs of both methods, of three seeds, that are over."""
    planned = []
    for number, (name, accuracy) in enumerate(ACCURACIES.items()):
        experiments = tuple(small.experiment(10 * number + seed) for seed in range(3))
        for each in experiments:
            finished_run(each, accuracy + each.seed % 10 / 1000)
        planned.append(PlannedRuns(Setup(name), experiments))
    return ClaimsPlan("quick", 3, tuple(planned), {Setup("cnn"): "not run at the quick scale"})


def test_claims_are_judged_from_runs(made: ClaimsPlan, tmp_path: Path) -> None:
    judged = judge_all(made, tmp_path / "runs")
    by_id = {each.claim.id: each for each in judged.verdicts}
    assert [each.claim for each in judged.verdicts] == list(CLAIMS)
    on_par = by_id["on-par-mnist"]
    assert on_par.finding.verdict == "does not hold"
    assert "paper/ff 50.1" in on_par.finding.as_paper
    assert [each.outcome is not None for each in on_par.evidence] == [True] * 4
    assert by_id["cnn-weight-sharing"].finding.verdict == "not run here"


def test_only_claims_of_the_plan_are_judged(made: ClaimsPlan, tmp_path: Path) -> None:
    few = ClaimsPlan(made.scale, made.seeds, made.planned, made.absent, CLAIMS[:1])
    assert [each.claim for each in judge_all(few, tmp_path / "runs").verdicts] == [CLAIMS[0]]


def test_facts_are_plain_json_with_scale_seeds_images_and_interval(
    made: ClaimsPlan, tmp_path: Path
) -> None:
    judged = judge_all(made, tmp_path / "runs")
    facts = json.loads(json.dumps(as_facts(judged, made), allow_nan=False))
    assert (facts["scale"], facts["seeds"], facts["notes"]) == ("quick", 3, [])
    assert all(each.keys() == CLAIM_FACTS for each in facts["claims"])
    (on_par,) = (each for each in facts["claims"] if each["id"] == "on-par-mnist")
    assert (on_par["seeds"], on_par["train_images"], on_par["test_images"]) == (
        [3, 3],
        [128, 128],
        [20, 20],
    )
    ff = on_par["evidence"][0]
    assert (ff["role"], ff["scale"], ff["seeds"]) == ("paper/ff on mnist", "quick", 3)
    assert ff["test_accuracy"] == pytest.approx(0.501)
    assert ff["test_accuracy_low"] < 0.501 < ff["test_accuracy_high"]
    assert len(ff["runs"]) == 3
    (cnn,) = (each for each in facts["claims"] if each["id"] == "cnn-weight-sharing")
    assert cnn["seeds"] is None
    assert (on_par["data"], cnn["data"]) == (["mnist-mini"], [])


def test_one_seed_has_no_interval(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    finished_run(small.experiment())
    made = ClaimsPlan("quick", 1, (PlannedRuns(Setup("ff"), (small.experiment(),)),), {})
    facts = json.loads(
        json.dumps(as_facts(judge_all(made, tmp_path / "runs"), made), allow_nan=False)
    )
    (ff,) = (
        evidence
        for each in facts["claims"]
        if each["id"] == "on-par-mnist"
        for evidence in each["evidence"]
        if evidence["absent"] is None
    )
    assert (ff["test_accuracy_low"], ff["test_accuracy_high"]) == (None, None)
