"""The fields of a listed run: what a list shows, sorts by and filters by, each with its kind."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fftui.runs.listing import ListedRun

# `fraction` is of 1 and written in percent; seconds, bytes, joules; `date` in Unix seconds
# `age` in seconds until now
Kind = Literal[
    "text", "fraction", "seconds", "age", "bytes", "joules", "date", "flag", "count", "setting"
]
FieldValue = str | float | bool | None | tuple[str | float | bool, ...]


@dataclass(frozen=True)
class RunField:
    """A field: its name, its kind, what it means, and its value in a run (None: it has none).

    `other_names` are found too.
    """

    name: str
    kind: Kind
    meaning: str
    value: Callable[[ListedRun], FieldValue]
    other_names: tuple[str, ...] = ()

    @property
    def largest_first(self) -> bool:
        """Whether a list that is sorted by it begins with the largest value."""
        return self.kind not in ("text", "flag", "age", "setting")


def _of_record(name: str) -> Callable[[ListedRun], FieldValue]:
    def value(run: ListedRun) -> FieldValue:
        found: FieldValue = None if run.record is None else getattr(run.record, name)
        return found

    return value


def _host(run: ListedRun) -> FieldValue:
    host = None if run.record is None else run.record.machine.get("host")
    return None if host is None else str(host)


def _ended(run: ListedRun) -> FieldValue:
    if run.record is None or run.record.ended is None:
        return None
    return run.record.ended.timestamp()


def _since_last_event(run: ListedRun) -> FieldValue:
    return None if run.progress is None else max(0.0, time.time() - run.progress.event_at)


def _done(run: ListedRun) -> FieldValue:
    if run.record is not None and run.record.status == "finished":
        return 1.0
    return None if run.progress is None else run.progress.fraction


def _stage(run: ListedRun) -> FieldValue:
    now = run.progress
    if now is None or now.epoch is None:
        return None
    phase = "" if now.phase in (None, 1) else f"phase {now.phase} "
    layer = "all layers" if now.layer is None else f"layer {now.layer}"
    return f"{phase}{layer} epoch {now.epoch}"


def _status(run: ListedRun) -> str:
    return "damaged" if run.record is None else run.record.status


def _name(run: ListedRun) -> FieldValue:
    if run.record is None:
        return run.annotations.name or run.id
    return run.record.name


FIELDS = (
    RunField("name", "text", "the name it was given", _name),
    RunField("data", "text", "its data set", _of_record("data"), ("set",)),
    RunField(
        "status",
        "text",
        "running, waiting, paused, unsaved, finished, interrupted, failed or damaged",
        _status,
    ),
    RunField("done", "fraction", "the share of its steps that is done", _done, ("progress",)),
    RunField("stage", "text", "the phase, layer and epoch that it is learning", _stage),
    RunField(
        "accuracy",
        "fraction",
        "on the test images, in percent",
        _of_record("test_accuracy"),
        ("test_accuracy",),
    ),
    RunField("time", "seconds", "how long it has learned", _of_record("train_s"), ("train_s",)),
    RunField(
        "age",
        "age",
        "how long ago it was started",
        lambda run: max(0.0, time.time() - run.started),
    ),
    RunField("tag", "text", "its tags", lambda run: run.annotations.tags, ("tags",)),
    RunField("note", "text", "its note", lambda run: run.annotations.note or None),
    RunField("preset", "text", "the preset it was made from", _of_record("preset")),
    RunField("precision", "text", "of its matrix products", _of_record("precision")),
    RunField("device", "text", "the device it learned on", _of_record("device")),
    RunField("host", "text", "the machine it ran on", _host),
    RunField(
        "last_event",
        "age",
        "how long ago the last event was, of a run that has not ended",
        _since_last_event,
    ),
    RunField("energy", "joules", "drawn while learning", _of_record("energy_j"), ("energy_j",)),
    RunField(
        "memory",
        "bytes",
        "the most it held while a layer learned",
        _of_record("peak_memory_bytes"),
        ("peak_memory_bytes",),
    ),
    RunField("total_time", "seconds", "end to end", _of_record("e2e_s"), ("e2e_s",)),
    RunField("started", "date", "when it was started, local time", lambda run: run.started),
    RunField("ended", "date", "when it ended, local time", _ended),
    RunField("diverged", "flag", "whether its loss is no finite number", lambda r: r.diverged),
    RunField("archived", "flag", "whether it was archived", lambda run: run.annotations.archived),
    RunField(
        "error",
        "text",
        "why it failed, or how it is damaged",
        lambda run: (run.record.error if run.record else run.problem) or None,
    ),
    RunField("pid", "count", "its process", _of_record("pid")),
    RunField("revision", "text", "the commit it ran from", _of_record("source_revision")),
    RunField("id", "text", "its folder", lambda run: run.id, ("run",)),
)
FIELD_OF = {name: field for field in FIELDS for name in (field.name, *field.other_names)}


def free_text(run: ListedRun) -> str:
    """What the free words of a filter are looked for in, in lower case."""
    record = run.record
    facts = () if record is None else (record.preset, record.data, record.precision, record.device)
    named = (run.id, _name(run), _status(run), *facts, *run.annotations.tags, run.annotations.note)
    return " ".join(str(each) for each in named if each).casefold()
