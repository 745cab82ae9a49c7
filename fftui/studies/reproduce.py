"""The paper's claims, judged from runs: what runs came to (Polars), which roles they play, what follows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fftui.data.catalogue import SETS
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.tables import make_table
from fftui.studies.claims import CLAIMS, Claim, Evidence, Finding, Outcome, Role, of_accuracies
from fftui.studies.claims.plan import Part, Plan, described
from fftui.studies.matching import KnownRuns
from fftui.studies.results import missing, trials_table
from fftui.studies.study import Study, Trial


@dataclass(frozen=True)
class Played:
    """A role in a claim and what was run for it; where nothing was, `absent` says why and `what` is empty."""

    role: Role
    what: str
    outcome: Outcome | None
    absent: str = ""


@dataclass(frozen=True)
class Judged:
    """A claim, the finding on it, and what it rests on."""

    claim: Claim
    finding: Finding
    played: tuple[Played, ...]


def judge_all(plan: Plan, runs_dir: Path, failures: Mapping[str, str] | None = None) -> tuple[Judged, ...]:
    """Judge every claim by the runs of `plan` that have finished in `runs_dir`.

    `failures` says why a role's runs could not be started, by the role's text. Raises RequestError where `runs_dir`
    cannot be read.
    """
    evidence = gather(plan, runs_dir, failures or {})
    return tuple(_judged(claim, plan, evidence) for claim in CLAIMS)


def gather(plan: Plan, runs_dir: Path, failures: Mapping[str, str]) -> Evidence:
    """What the runs in each role came to. Raises RequestError where `runs_dir` cannot be read."""
    study = plan.study()
    trials, known = trials_table(study, runs_dir), KnownRuns.of(runs_dir)
    outcomes: dict[Role, Outcome] = {}
    absent = dict(plan.absent)
    for part in plan.parts:
        rows = trials.filter(pl.col("role") == part.role.text) if trials.height else trials
        outcome = _outcome(part, rows, runs_dir)
        if outcome is not None:
            outcomes[part.role] = outcome
        else:
            absent[part.role] = failures.get(part.role.text) or missing(_trials(study, part), known) or "not measured"
    return Evidence(outcomes, absent)


def _judged(claim: Claim, plan: Plan, evidence: Evidence) -> Judged:
    parts = {part.role: part for part in plan.parts}
    played = tuple(
        Played(
            role,
            described(parts[role].experiments[0]) if role in parts else "",
            evidence.outcomes.get(role),
            "" if role in evidence else evidence.absent.get(role, "not run"),
        )
        for role in claim.needs
    )
    return Judged(claim, claim.judge(evidence), played)


def _outcome(part: Part, rows: pl.DataFrame, runs_dir: Path) -> Outcome | None:
    """What the finished runs of a part came to; None where none has, or none measured its accuracy."""
    rows = rows.drop_nulls(["test_accuracy", "train_accuracy", "train_s"])
    if not rows.height:
        return None
    experiment, role = part.experiments[0], part.role
    info = SETS[experiment.data.name]
    layer_s = _layer_seconds([RunFolder(runs_dir / run) for run in rows["run"]])
    return Outcome(
        label=role.setup if role.data == "mnist" else f"{role.setup} on {role.data}",
        test=of_accuracies(rows["test_accuracy"].to_list(), experiment.data.test_images or info.test_images),
        train=of_accuracies(rows["train_accuracy"].to_list(), _train_measured(experiment)),
        chance=1 / info.classes,
        train_s=_mean(rows["train_s"].to_list()) * part.scale_s,
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
        data.train_images or SETS[data.name].train_images - data.validation_images,
    )


def _layer_seconds(folders: Sequence[RunFolder]) -> tuple[float, ...]:
    """Seconds on the device of one epoch of each layer, mean over runs; none where layers share their time."""
    times = []
    for folder in folders:
        layers = make_table(folder, "layers").drop_nulls(["layer", "compute_s"]).filter(pl.col("epochs") > 0)
        times.append((layers["compute_s"] / layers["epochs"]).to_list())
    return _means(times)


def _means(lists: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The mean of each place over lists; none where they differ in length."""
    if len({len(each) for each in lists}) != 1:
        return ()
    return tuple(_mean(each) for each in zip(*lists, strict=True))


def _column_mean(rows: pl.DataFrame, column: str) -> float | None:
    values = rows[column].drop_nulls().to_list()
    return _mean(values) if values else None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _trials(study: Study, part: Part) -> list[Trial]:
    return [trial for trial in study.trials if trial.condition == part.condition]


def as_facts(judged: Sequence[Judged], plan: Plan) -> dict[str, Any]:
    """The claims as plain values, for JSON: accuracies as fractions with the half width of their 95 % interval."""
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
                "evidence": [_played_facts(played) for played in each.played],
            }
            for each in judged
        ],
    }


def _played_facts(played: Played) -> dict[str, Any]:
    facts: dict[str, Any] = {"role": played.role.text, "what": played.what or None, "absent": played.absent or None}
    outcome = played.outcome
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
