"""The paper's claims, judged from runs: outcomes of the runs of each set-up (Polars), then a
verdict on each claim.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fftui.claims import CLAIMS, Claim, Finding, Outcome, Outcomes, Setup
from fftui.claims.claims_plan import ClaimsPlan, PlannedRuns, described
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.tables import make_table
from fftui.studies.matching import KnownRuns
from fftui.studies.results import missing, trials_table
from fftui.studies.study import Study, Trial


@dataclass(frozen=True)
class Evidence:
    """A set-up that a claim needs and its outcome; where nothing was run, `absent` says why and
    `what` is empty.
    """

    setup: Setup
    what: str
    outcome: Outcome | None
    absent: str = ""


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim, the finding on it, and the evidence that it rests on."""

    claim: Claim
    finding: Finding
    evidence: tuple[Evidence, ...]


def judge_all(
    plan: ClaimsPlan, runs_dir: Path, failures: Mapping[str, str] | None = None
) -> tuple[ClaimVerdict, ...]:
    """Judge every claim by the runs of `plan` that have finished in `runs_dir`.

    `failures` says why a set-up's runs could not be started, by the set-up's text. Raises
    RequestError where `runs_dir` cannot be read.
    """
    outcomes = gather(plan, runs_dir, failures or {})
    return tuple(_judged(claim, plan, outcomes) for claim in CLAIMS)


def gather(plan: ClaimsPlan, runs_dir: Path, failures: Mapping[str, str]) -> Outcomes:
    """The outcome of the runs of each set-up. Raises RequestError where `runs_dir`
    cannot be read.
    """
    study = plan.study()
    trials, known = trials_table(study, runs_dir), KnownRuns.of(runs_dir)
    outcomes: dict[Setup, Outcome] = {}
    absent = dict(plan.absent)
    for planned in plan.planned:
        rows = trials.filter(pl.col("setup") == planned.setup.text) if trials.height else trials
        outcome = _outcome(planned, rows, runs_dir)
        if outcome is not None:
            outcomes[planned.setup] = outcome
        else:
            absent[planned.setup] = (
                failures.get(planned.setup.text)
                or missing(_trials(study, planned), known)
                or "not measured"
            )
    return Outcomes(outcomes, absent)


def _judged(claim: Claim, plan: ClaimsPlan, outcomes: Outcomes) -> ClaimVerdict:
    planned = {each.setup: each for each in plan.planned}
    evidence = tuple(
        Evidence(
            setup,
            described(planned[setup].experiments[0]) if setup in planned else "",
            outcomes.by_setup.get(setup),
            "" if setup in outcomes else outcomes.absent.get(setup, "not run"),
        )
        for setup in claim.needs
    )
    return ClaimVerdict(claim, claim.judge(outcomes), evidence)


def _outcome(planned: PlannedRuns, rows: pl.DataFrame, runs_dir: Path) -> Outcome | None:
    """The outcome of the finished ones among `planned`; None where none has finished, or none
    measured its accuracy.
    """
    rows = rows.drop_nulls(["test_accuracy", "train_accuracy", "train_s"])
    if not rows.height:
        return None
    experiment, setup = planned.experiments[0], planned.setup
    info = experiment.data.info
    layer_s = _layer_seconds([RunFolder(runs_dir / run) for run in rows["run"]])
    return Outcome(
        label=setup.name if setup.data == "mnist" else f"{setup.name} on {setup.data}",
        test=of_accuracies(
            rows["test_accuracy"].to_list(), experiment.data.test_images or info.test_images
        ),
        train=of_accuracies(rows["train_accuracy"].to_list(), _train_measured(experiment)),
        chance=1 / info.classes,
        train_s=_mean(rows["train_s"].to_list()) * planned.scale_s,
        layers=_means(rows["layer_accuracies"].to_list()),
        layer_s=layer_s,
        memory_bytes=_column_mean(rows, "memory_bytes"),
        power_w=_column_mean(rows, "power_w"),
        runs=tuple(rows["run"]),
    )


def _train_measured(experiment: Experiment) -> int:
    """On how many training images the accuracy at the end is."""
    data = experiment.data
    return min(
        experiment.evaluation.final_train_images,
        data.train_images or data.info.train_images - data.validation_images,
    )


def _layer_seconds(folders: Sequence[RunFolder]) -> tuple[float, ...]:
    """Seconds on the device of one epoch of each layer, mean over runs; none where layers share
    their time.
    """
    times = []
    for folder in folders:
        layers = (
            make_table(folder, "layers")
            .drop_nulls(["layer", "compute_s"])
            .filter(pl.col("epochs") > 0)
        )
        times.append((layers["compute_s"] / layers["epochs"]).to_list())
    return _means(times)


def _means(lists: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The mean of each position over `lists`; empty where they differ in length."""
    if len({len(each) for each in lists}) != 1:
        return ()
    return tuple(_mean(each) for each in zip(*lists, strict=True))


def _column_mean(rows: pl.DataFrame, column: str) -> float | None:
    values = rows[column].drop_nulls().to_list()
    return _mean(values) if values else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _trials(study: Study, planned: PlannedRuns) -> list[Trial]:
    return [trial for trial in study.trials if trial.condition == planned.condition]


def as_facts(judged: Sequence[ClaimVerdict], plan: ClaimsPlan) -> dict[str, Any]:
    """The claims as plain values, for JSON: accuracies as fractions with the half width of their 95
    % interval.
    """
    return {
        "scale": plan.scale,
        "seeds": plan.seeds,
        "claims": [
            {
                "id": each.claim.id,
                "statement": each.claim.statement,
                "paper": each.claim.paper,
                "faithful": each.finding.faithful,
                "corrected": each.finding.corrected,
                "verdict": each.finding.verdict,
                "why": each.finding.why,
                "rule": each.claim.rule,
                "evidence": [_evidence_facts(evidence) for evidence in each.evidence],
            }
            for each in judged
        ],
    }


def _evidence_facts(evidence: Evidence) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "role": evidence.setup.text,
        "what": evidence.what or None,
        "absent": evidence.absent or None,
    }
    outcome = evidence.outcome
    if outcome is None:
        return facts
    return facts | {
        "test_accuracy": outcome.test.mean,
        "test_accuracy_half": outcome.test.half,
        "train_accuracy": outcome.train.mean,
        "train_s": outcome.train_s,
        "memory_bytes": outcome.memory_bytes,
        "power_w": outcome.power_w,
        "runs": outcome.runs,
    }
