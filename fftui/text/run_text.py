"""One run as text that a screen reader reads in order, and as JSON values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fftui import events as ev
from fftui.errors import FFTUIError
from fftui.inert import one_line
from fftui.runs.annotations import readable_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail, read_journal
from fftui.runs.layer_view import LayerView
from fftui.runs.run_record import RunRecord
from fftui.runs.status import current_record
from fftui.runs.view import RunView, fold
from fftui.text.format import accuracy_text, columns, duration, percent
from fftui.text.layer_text import LAYER_HEAD, accuracy_head, energy_text, layer_rows
from fftui.text.settings_text import differences, summary

NOTES_SHOWN = 5  # the last lines of a run's log


def run_text(folder: RunFolder, view: RunView | None = None) -> str:
    """A run in words, then its layers and evaluations as columns; `view` is that of its journal,
    where it has been read.
    """
    view = fold(read_journal(folder.journal)) if view is None else view
    pairs = [*run_pairs(folder, view), ("path", str(folder.path))]
    sections = ["".join(f"{name}: {one_line(value)}\n" for name, value in pairs)]
    if view.layers:
        head = (*LAYER_HEAD, accuracy_head(view))
        sections.append(f"layers\n{columns(head, layer_rows(view))}")
    if final := [each for each in view.evaluations if each.final]:
        sections.append(f"accuracy at the end\n{columns(*evaluation_rows(final))}")
    if view.log:
        notes = "".join(f"{one_line(line.text)}\n" for line in view.log[-NOTES_SHOWN:])
        sections.append(f"last notes\n{notes}")
    return "\n".join(sections)


def run_pairs(folder: RunFolder, view: RunView) -> Iterator[tuple[str, str]]:
    """What a run is, in names and texts: its record, its settings, and how far it has come. Raises
    RunNotFoundError where its record cannot be read.
    """
    record = current_record(folder)
    yield "run", folder.id
    yield from _record_pairs(folder, record, view)
    yield from _settings_pairs(folder, record)
    yield from _view_pairs(view)


def run_facts(folder: RunFolder) -> dict[str, object]:
    """A run's record, layers and evaluations as JSON values; where its experiment cannot be read,
    the `problem` says why.
    """
    # neither samples nor energy are among them
    record, view = current_record(folder), fold(JournalTail(folder.journal).outline())
    if record.status == "interrupted":  # its journal may not know: the process was killed
        view = view.interrupted
    experiment, problem = None, None
    try:
        experiment = folder.experiment().model_dump(mode="json")
    except FFTUIError as error:
        problem = str(error)
    return {
        **record.model_dump(mode="json"),
        "id": folder.id,
        "path": str(folder.path),
        "experiment": experiment,
        "problem": problem,
        "layers": [_layer_facts(row) for row in view.layers],
        "evaluations": [_evaluation_facts(e) for e in view.evaluations if e.final],
    }


def _evaluation_facts(evaluated: ev.Evaluated) -> dict[str, object]:
    """An evaluation without what it says of each image, which the table `images` has."""
    facts: dict[str, object] = json.loads(
        ev.to_json(0.0, replace(evaluated, correct=None, depth_correct=()))
    )
    return facts


def _record_pairs(folder: RunFolder, record: RunRecord, view: RunView) -> Iterator[tuple[str, str]]:
    """Names and texts of what a run's record says, and people wrote about it."""
    diverged = ", loss not finite" if view.diverged else ""
    yield "status", record.status + diverged + (f": {record.error}" if record.error else "")
    yield "name", record.name
    yield from _annotated_pairs(folder)
    yield "preset", record.preset or "none"
    yield "data", record.data
    yield "device", record.device or "n/a"
    yield "precision", record.precision or "n/a"
    yield "started", f"{record.started:%Y-%m-%d %H:%M:%S} UTC"
    yield "ended", f"{record.ended:%Y-%m-%d %H:%M:%S} UTC" if record.ended else "not yet"
    yield "test accuracy", accuracy_text(record.test_accuracy)
    yield "learned for", duration(record.train_s)
    times = (
        ("end to end", record.e2e_s),
        ("of it computing", record.compute_s),
        ("of it images", record.data_s),
        ("of it evaluation", record.evaluation_s),
    )
    yield from ((name, duration(seconds)) for name, seconds in times if seconds is not None)


def _annotated_pairs(folder: RunFolder) -> Iterator[tuple[str, str]]:
    annotations = readable_annotations(folder.path)
    if annotations.tags:
        yield "tags", " ".join(annotations.tags)
    if annotations.note:
        yield "note", annotations.note
    if annotations.archived:
        yield "archived", "yes"


def _settings_pairs(folder: RunFolder, record: RunRecord) -> Iterator[tuple[str, str]]:
    """What the run was asked to do, and each setting that differs from its preset."""
    try:
        experiment = folder.experiment()
    except FFTUIError as error:
        yield "settings", str(error)
        return
    yield "settings", "; ".join(summary(experiment))
    yield from (("changed", text) for text in differences(experiment, record.preset))


def _view_pairs(view: RunView) -> Iterator[tuple[str, str]]:
    """Names and texts of what a run's journal says of its energy and progress."""
    yield "energy", energy_text(view) or "n/a"
    yield "done", f"{percent(view.fraction, 0)} %"
    if view.chosen is not None:
        yield "predicting", view.chosen.text


def evaluation_rows(
    final: Sequence[ev.Evaluated],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head and the rows of the accuracies at the end, a row each split."""
    has_head = any(each.head_accuracy is not None for each in final)
    rows = [
        (
            each.split,
            str(sum(each.class_images)),
            accuracy_text(each.accuracy),
            accuracy_text(each.head_accuracy),
        )
        for each in final
    ]
    head = ("split", "images", "accuracy", "softmax head, one pass")
    shown = len(head) if has_head else len(head) - 1
    return head[:shown], [row[:shown] for row in rows]


def _layer_facts(row: LayerView) -> dict[str, object]:
    return {
        "layer": row.number,
        "label": row.label,
        "state": row.state,
        "epoch": row.epoch,
        "epochs": row.epochs,
        "goodness_positive": row.last.goodness_positive if row.last else None,
        "goodness_negative": row.last.goodness_negative if row.last else None,
        "threshold": row.threshold,
        "accuracy": row.accuracy,
        "accuracy_split": row.accuracy_split,
        "layer_s": row.layer_s,
    }
