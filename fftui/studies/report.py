"""A study's table as text and as a file: accuracies in percent, the paper's beside them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fftui.errors import one_of
from fftui.runs.export import FORMATS, render
from fftui.studies.results import condition_schema, summary_table, trials_table
from fftui.studies.study import Study
from fftui.text.format import columns, duration, percent, short, size

TO = ("text", *FORMATS)
ALWAYS = "test accuracy %"  # a column that stays even if it is empty

# Measures that a study may add to its table: the head of the column, and the text of a value.
MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "head_accuracy": ("head accuracy %", percent),
    "epoch_s": ("epoch", duration),
    "compute_s": ("epoch on device", duration),
    "data_s": ("epoch's images", duration),
    "evaluation_s": ("evaluation", duration),
    "e2e_s": ("end to end", duration),
    "memory_bytes": ("memory", size),
    "peak_memory_bytes": ("peak memory", size),
    "memory_above_bytes": ("memory taken", size),
    "gpu_memory_used_percent": ("GPU memory used %", lambda value: f"{value:.1f}"),
    "epochs": ("epochs", lambda value: f"{value:.0f}"),
    "epochs_asked": ("of epochs", lambda value: f"{value:.0f}"),
    "updates": ("updates", lambda value: f"{value:.0f}"),
    "cpu_percent": ("CPU %", lambda value: f"{value:.0f}"),
    "gpu_utilization_percent": ("GPU %", lambda value: f"{value:.0f}"),
    "gpu_memory_utilization_percent": ("GPU memory %", lambda value: f"{value:.0f}"),
    "power_w": ("power W", lambda value: f"{value:.0f}"),
    "energy_j": ("energy J", short),
    "energy_j_per_sample": ("J a sample", short),
    "flops": ("operations", short),
}


def table_for_people(study: Study, runs_dir: Path) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the study's summary as text; empty columns are left out.

    Raises RequestError where `runs_dir` cannot be read.
    """
    names = list(condition_schema(study.conditions))
    summary = summary_table(study, runs_dir).iter_rows(named=True)
    rows = [dict(_cells(row, names, study.measures)) for row in summary]
    head = (
        [name for name in rows[0] if name == ALWAYS or any(row[name] for row in rows)]
        if rows
        else []
    )
    return head, [[row[name] for name in head] for row in rows]


def as_file(study: Study, runs_dir: Path, to: str, *, trials: bool = False) -> bytes:
    """The study's table, or that of its trials, in format `to`.

    text, markdown and latex are for people; the others hold the figures themselves, fractions and
    seconds. Raises RequestError, with the nearest name, for an unknown format.
    """
    check_format(to)
    for known in FORMATS:
        if known == to and (trials or known not in ("markdown", "latex")):
            return render((trials_table if trials else summary_table)(study, runs_dir), known)
    head, rows = (
        _trials_for_people(study, runs_dir) if trials else table_for_people(study, runs_dir)
    )
    if to == "text":
        return columns(head, rows).encode() if head else b""
    frame = pl.DataFrame(
        dict(zip(head, zip(*rows, strict=True), strict=True)), schema=dict.fromkeys(head, pl.String)
    )
    return render(frame, "markdown" if to == "markdown" else "latex")


def as_facts(study: Study, runs_dir: Path) -> dict[str, object]:
    """The study as JSON values: its question and notes, its conditions, its trials."""
    return {
        "study": study.name,
        "title": study.title,
        "question": study.question,
        "notes": study.notes,
        "conditions": summary_table(study, runs_dir).to_dicts(),
        "trials": trials_table(study, runs_dir).to_dicts(),
    }


def check_format(to: str) -> None:
    """Raise RequestError, with the nearest name, where there is no such format."""
    one_of("format", to, TO)


def _cells(
    row: dict[str, Any], names: Sequence[str], measures: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """One row of the summary: column names and texts."""
    for name in names:
        yield name, _value(row[name])
    mean, low = row["test_accuracy"], row["low"]
    half = "" if low is None else f" ± {percent(mean - low)}"
    yield ALWAYS, percent(mean, missing="") + half
    yield "paper %", percent(row["paper"], missing="")
    yield "source", row["source"] or ""
    yield "outcome", row["outcome"] or ""
    yield "train accuracy %", percent(row["train_accuracy"], missing="")
    yield "paper train %", percent(row["paper_train"], missing="")
    yield "learned for", "" if row["train_s"] is None else duration(row["train_s"])
    for measure in measures:
        name, text = MEASURES[measure]
        yield name, "" if row[measure] is None else text(row[measure])
    yield "seeds", str(row["seeds"] or "")
    yield "note", row["note"]


def _trials_for_people(study: Study, runs_dir: Path) -> tuple[list[str], list[list[str]]]:
    """One line a trial; the rest is for the formats that machines read."""
    names = list(condition_schema(study.conditions))
    rows = [
        [
            *(_value(row[name]) for name in names),
            str(row["seed"]),
            percent(row["test_accuracy"], missing=""),
            percent(row["train_accuracy"], missing=""),
            duration(row["train_s"]),
            row["run"],
        ]
        for row in trials_table(study, runs_dir).iter_rows(named=True)
    ]
    return [*names, "seed", ALWAYS, "train accuracy %", "learned for", "run"], rows


def _value(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
