"""The trials of a sweep as a table, and the sweep in words and as JSON. Accuracies are fractions
of 1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
from optuna.trial import FrozenTrial, TrialState

from fftui.errors import one_of
from fftui.runs.export import FORMATS, render
from fftui.sweeps.over import Choices, Real
from fftui.sweeps.plan import SweepFolder, SweepPlan
from fftui.sweeps.trials import SweepTrials
from fftui.sweeps.winner import winner_of
from fftui.text.format import columns, percent

TO = ("text", *FORMATS)
STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "begun",
    TrialState.WAITING: "waiting",
}
FACTS: Mapping[str, pl.DataType] = {
    "trial": pl.Int64(),
    "state": pl.String(),
    "validation_accuracy": pl.Float64(),  # the mean over seeds; of a pruned one the last measured
    "best_so_far": pl.Float64(),
    "test_accuracy": pl.Float64(),  # of a trial that was the winner when it was measured
    "measured": pl.Int64(),  # times that the pruner was told an accuracy
    "seconds": pl.Float64(),
    "runs": pl.String(),
    "error": pl.String(),
}


def check_format(to: str) -> None:
    """Raise RequestError, with the nearest name, where there is no such format."""
    one_of("format", to, TO)


def trials_table(plan: SweepPlan, trials: SweepTrials) -> pl.DataFrame:
    """One row a trial, with a column a setting, named by its path."""
    overs = plan.overs
    kinds = {
        over.path: pl.Float64()
        if isinstance(over.domain, Real)
        else pl.String()
        if isinstance(over.domain, Choices)
        else pl.Int64()
        for over in overs
    }
    schema = {"trial": FACTS["trial"], "state": FACTS["state"], **kinds, **FACTS}
    tests = {look["trial"]: _mean(look["accuracies"]) for look in trials.test_looks}
    rows, best = [], None
    for trial in trials.all:
        if trial.state == TrialState.COMPLETE and trial.value is not None:
            best = max(trial.value, best or 0.0)
        row = _facts(trial) | {"best_so_far": best, "test_accuracy": tests.get(trial.number)}
        rows.append(row | {over.path: trial.params.get(over.path) for over in overs})
    return pl.DataFrame(rows, schema=schema)


def as_file(plan: SweepPlan, trials: SweepTrials, to: str) -> bytes:
    """The table of the trials in format `to`; text is for people, the best trial first."""
    check_format(to)
    for known in FORMATS:
        if known == to:
            return render(trials_table(plan, trials), known)
    return columns(*table_for_people(plan, trials)).encode()


def table_for_people(plan: SweepPlan, trials: SweepTrials) -> tuple[list[str], list[list[str]]]:
    """Head and rows as text, the best trial first; empty columns are left out."""
    names = [over.path for over in plan.overs]
    frame = trials_table(plan, trials).sort(
        "validation_accuracy", descending=True, nulls_last=True, maintain_order=True
    )
    order = {"finished": 0, "pruned": 1, "failed": 2}
    rows = sorted(frame.iter_rows(named=True), key=lambda row: order.get(row["state"], 3))
    shown = [dict(_cells(row, names)) for row in rows]
    head = [name for name in shown[0] if any(row[name] for row in shown)] if shown else []
    return head, [[row[name] for name in head] for row in shown]


def as_facts(folder: SweepFolder, plan: SweepPlan, trials: SweepTrials) -> dict[str, Any]:
    """The sweep as JSON values: what it does, its winner, its trials."""
    winner = winner_of(trials)
    described = json.loads(plan.model_dump_json(exclude={"experiment"}))
    return {
        "sweep": folder.name,
        **described,
        "winner": winner and asdict(winner),
        "test_looks": trials.test_looks,
        "trials": trials_table(plan, trials).to_dicts(),
    }


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    return [
        ("trial", str(row["trial"])),
        ("state", row["state"]),
        ("validation %", percent(row["validation_accuracy"], missing="")),
        ("test %", percent(row["test_accuracy"], missing="")),
        *((name, _short(row[name])) for name in names),
        ("runs", row["runs"]),
        ("why", row["error"] or ""),
    ]


def _short(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _facts(trial: FrozenTrial) -> dict[str, Any]:
    begun, ended = trial.datetime_start, trial.datetime_complete
    error = trial.user_attrs.get("error")
    return {
        "trial": trial.number,
        "state": STATES[trial.state],
        "validation_accuracy": trial.value,
        "measured": len(trial.intermediate_values),
        "seconds": (ended - begun).total_seconds() if begun and ended else None,
        "runs": " ".join(map(str, trial.user_attrs.get("runs", {}).values())),
        "error": None if error is None else str(error),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
