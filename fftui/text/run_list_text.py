"""A list of runs as text: what stands in each column, for the command line and the screen."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from fftui.runs.listing import ListedRun
from fftui.runs.run_fields import FIELD_OF, Kind, RunField
from fftui.text import format as fmt

SILENT_S = 120.0  # of a run that should state something every few seconds
DIVERGED = "loss not finite"
TITLES = {
    "data": "data set",
    "done": "done %",
    "accuracy": "test %",
    "tag": "tags",
    "last_event": "last event",
    "total_time": "end to end",
    "id": "run",
}
COLUMNS = ("id", "status", "data", "name", "accuracy", "time", "age", "tag")


def title_of(column: RunField) -> str:
    """The title of a column."""
    return TITLES.get(column.name, column.name)


def is_right(column: RunField) -> bool:
    """Whether its values are numbers, which stand at the right."""
    return column.kind not in ("text", "date", "flag", "setting")


def runs_text(runs: Sequence[ListedRun], columns: Sequence[RunField]) -> str:
    """The runs, a line each."""
    rows = [[value_text(column, run) for column in columns] for run in runs]
    return fmt.columns([title_of(column) for column in columns], rows)


def run_list_facts(run: ListedRun) -> dict[str, object]:
    """A run of a list as JSON values: its record, what people wrote about it, its progress."""
    record = {} if run.record is None else run.record.model_dump(mode="json")
    named = {name: FIELD_OF[name].value(run) for name in ("status", "name", "done", "stage")}
    written = run.annotations.model_dump(mode="json", include={"tags", "note", "archived"})
    return {**record, "id": run.id, **named, **written, "problem": run.problem or None}


def value_text(column: RunField, run: ListedRun) -> str:
    """What stands in a column of a run, in one line."""
    if column.name == "status":
        return status_text(run)
    value = column.value(run)
    if value is None or value == ():
        return "" if column.name in ("tag", "note", "stage") else fmt.MISSING
    if isinstance(value, tuple):
        return _setting_text(value) if column.kind == "setting" else " ".join(map(str, value))
    if isinstance(value, str):
        return " ".join(value.split())
    if column.name == "done":
        return fmt.percent(value, 0)
    return NUMBER_TEXTS.get(column.kind, _plain)(value)


def status_text(run: ListedRun) -> str:
    """The status of a run in a few words: `learning 43 %`, `measuring`, `no event for 5 min`."""
    if run.record is None:
        return "damaged"
    status, progress = run.record.status, run.progress
    if progress is not None and progress.fraction is not None:
        share = f" {fmt.percent(progress.fraction, 0)} %"
    else:
        share = ""
    if run.diverged:
        return f"{DIVERGED}{share}"
    if status != "running":
        return f"{status}{share}"
    if progress is None:
        return "starting"
    silent = FIELD_OF["last_event"].value(run)
    if isinstance(silent, float) and silent > SILENT_S:
        return f"no event for {age_text(silent)}"
    return "measuring" if progress.fraction == 1 else f"learning{share}"


def age_text(seconds: float) -> str:
    """Seconds as `42 s`, `5 min`, `3 h`, `2 d` or `9 w`, the largest unit alone."""
    for unit, length in (("w", 604_800), ("d", 86_400), ("h", 3600), ("min", 60)):
        most = 8 * length if unit == "w" else length
        if seconds >= most:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def date_text(at: float) -> str:
    """A Unix time as `2026-11-23 08:15`, local."""
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return fmt.MISSING


def _flag(value: float) -> str:
    return "yes" if value else "no"


def _plain(value: float) -> str:
    return f"{value:g}"


NUMBER_TEXTS: dict[Kind, Callable[[float], str]] = {
    "fraction": fmt.percent,
    "seconds": fmt.duration,
    "age": age_text,
    "bytes": fmt.size,
    "joules": fmt.energy,
    "date": date_text,
    "flag": _flag,
}


def _setting_text(values: tuple[object, ...]) -> str:
    """One value, or several with slashes between them; equal ones once."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in values]
    return texts[0] if len(set(texts)) == 1 else "/".join(texts)
