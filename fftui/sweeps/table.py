"""The trials of a sweep as a table, and the sweep in words and as JSON. Accuracies are fractions
of 1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from fftui.errors import one_of
from fftui.runs.export import FORMATS, render
from fftui.sweeps.over import Choices, Over, Real
from fftui.sweeps.sweep_facts import TrialFacts, value_text
from fftui.sweeps.watching import SweepReader
from fftui.sweeps.winner import winner_of
from fftui.text.format import columns, percent

TO = ("text", *FORMATS)
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


def trials_table(overs: Sequence[Over], trials: Sequence[TrialFacts]) -> pl.DataFrame:
    """One row a trial, with a column a setting, named by its path."""
    kinds = {
        over.path: pl.Float64()
        if isinstance(over.domain, Real)
        else pl.String()
        if isinstance(over.domain, Choices)
        else pl.Int64()
        for over in overs
    }
    schema = {"trial": FACTS["trial"], "state": FACTS["state"], **kinds, **FACTS}
    paths = [over.path for over in overs]
    rows = []
    for each in trials:
        fields = asdict(each) | {
            "trial": each.number,
            "validation_accuracy": each.accuracy,
            "test_accuracy": each.test,
            "runs": " ".join(each.runs),
        }
        row = {name: fields[name] for name in FACTS}
        rows.append(row | dict(zip(paths, each.values, strict=True)))
    return pl.DataFrame(rows, schema=schema)


def as_file(overs: Sequence[Over], trials: Sequence[TrialFacts], to: str) -> bytes:
    """The table of the trials in format `to`; text is for people, the best trial first."""
    check_format(to)
    for known in FORMATS:
        if known == to:
            return render(trials_table(overs, trials), known)
    return columns(*table_for_people(overs, trials)).encode()


def table_for_people(
    overs: Sequence[Over], trials: Sequence[TrialFacts]
) -> tuple[list[str], list[list[str]]]:
    """Head and rows as text, the best trial first; empty columns are left out."""
    names = [over.path for over in overs]
    frame = trials_table(overs, trials).sort(
        "validation_accuracy", descending=True, nulls_last=True, maintain_order=True
    )
    order = {"finished": 0, "pruned": 1, "failed": 2}
    rows = sorted(frame.iter_rows(named=True), key=lambda row: order.get(row["state"], 3))
    shown = [dict(_cells(row, names)) for row in rows]
    head = [name for name in shown[0] if any(row[name] for row in shown)] if shown else []
    return head, [[row[name] for name in head] for row in shown]


def as_facts(reader: SweepReader) -> dict[str, Any]:
    """The sweep as JSON values: what it does, its winner, its trials."""
    facts, looks = reader.read(), reader.test_looks
    winner = winner_of(facts.trials, looks)
    described = json.loads(reader.plan.model_dump_json(exclude={"experiment"}))
    return {
        "sweep": facts.name,
        **described,
        "winner": winner and asdict(winner),
        "test_looks": looks,
        "trials": trials_table(facts.overs, facts.trials).to_dicts(),
    }


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    return [
        ("trial", str(row["trial"])),
        ("state", row["state"]),
        ("validation %", percent(row["validation_accuracy"], missing="")),
        ("test %", percent(row["test_accuracy"], missing="")),
        *((name, "" if row[name] is None else value_text(row[name])) for name in names),
        ("runs", row["runs"]),
        ("why", row["error"] or ""),
    ]
