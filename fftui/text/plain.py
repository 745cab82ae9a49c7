"""Runs, presets and data sets as plain text: lines and aligned columns that a screen reader reads
in order.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.presets import Preset
from fftui.runs.folder import RunFolder, RunRecord
from fftui.runs.journal import read_journal
from fftui.runs.status import current_record
from fftui.runs.view import LayerView, RunView
from fftui.text.format import MISSING, duration, energy, number, size

if TYPE_CHECKING:
    from fftui.data.verify import SetStatus


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under `head`, aligned by spaces; the last column is not padded."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [head, *rows]
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def accuracy_text(fraction: float | None) -> str:
    """An accuracy in percent; `n/a` where there is none."""
    return "n/a" if fraction is None else f"{100 * fraction:.2f} %"


def stage_name(view: RunView, phase: int, layer: int | None) -> str:
    """`layer 2/4`; where several learn together `4 layers in parallel`, or `network` (backprop)."""
    if layer is not None:
        return f"layer {layer}/{sum(row.number is not None for row in view.layers)}"
    stage = view.stage(phase, layer)
    return f"{len(stage.parallel)} layers in parallel" if stage and stage.parallel else "network"


def view_of(folder: RunFolder) -> RunView:
    """A run's view, from its journal. Raises OSError."""
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
    return view


def accuracy_head(view: RunView) -> str:
    """The head over the layers' accuracies, with the split they are of; where they differ, each row
    says its own.
    """
    splits = _accuracy_splits(view)
    return f"accuracy ({splits.pop()})" if len(splits) == 1 else "accuracy"


def layer_rows(view: RunView) -> list[tuple[str, ...]]:
    """One row a layer: number, label, epochs, time, g+, g-, theta, accuracy (see `accuracy_head`).

    Layers that learned in parallel have no time of their own: one more row has it.
    """
    several = len(_accuracy_splits(view)) > 1
    rows: list[tuple[str, ...]] = [
        (
            "all" if row.number is None else str(row.number),
            row.label,
            _epochs(row),
            duration(_layer_s(row, view)),
            number(row.last.goodness_positive if row.last else None),
            number(row.last.goodness_negative if row.last else None),
            number(row.threshold),
            accuracy_text(row.accuracy)
            + (f" {row.accuracy_split}" if several and row.accuracy_split else ""),
        )
        for row in view.layers
    ]
    for stage in view.stages:
        together = _parallel_rows(view, stage.phase, stage.layer)
        if together:
            took_s = stage.layer_s if stage.layer_s is not None else _epochs_s(together[0])
            rows.append(
                ("all", "in parallel", _epochs(together[0]), duration(took_s), *[MISSING] * 3, "")
            )
    return rows


def head_text(view: RunView) -> str | None:
    """The softmax head's accuracy in one pass, in words; None where there is no head."""
    if view.head is None:
        return None
    return f"softmax head, one pass: {accuracy_text(view.head.head_accuracy)} ({view.head.split})"


def end_text(result: ev.RunFinished) -> str:
    """A run's final status, its accuracy, and its learning and total time."""
    text = (
        f"{result.status}: test accuracy {accuracy_text(result.test_accuracy)}, learned for"
        f" {duration(result.train_s)}"
    )
    return text if result.e2e_s is None else f"{text}; end to end {duration(result.e2e_s)}"


def energy_text(view: RunView) -> str | None:
    """Energy of learning, in all and per image, its method, and the idle power; None where it is
    not available.
    """
    summary = view.energy.summary()
    joules, each, idle_w = (
        summary["energy_j"],
        summary["energy_j_per_sample"],
        summary["idle_power_w"],
    )
    if not isinstance(joules, float):
        return None
    of = "the GPU" if summary["energy_source"] == "gpu" else "the CPU's packages"
    text = f"{energy(joules)} drawn by {of} while learning ({summary['energy_method']})"
    text += f", {energy(each)} a training image" if isinstance(each, float) else ""
    return f"{text}; {idle_w:.0f} W at rest" if isinstance(idle_w, float) else text


def progress_line(event: ev.Event, view: RunView) -> str | None:
    """The line that a log keeps of `event`; None where it keeps none."""
    line: str | None = None
    match event:
        case ev.RunStarted():
            begun = "resumed" if event.resumed else "started"
            line = (
                f"run {event.run} {begun}: {event.experiment} on {event.data}, {event.device},"
                f" {event.precision}"
            )
        case ev.EpochFinished():
            line = _epoch_line(event, view)
        case ev.LayerFinished():
            who, end = (
                stage_name(view, event.phase, event.layer),
                "skipped" if event.skipped else "learned",
            )
            line = f"{who} {end} after {event.epochs} epochs, {duration(event.layer_s)}"
        case ev.Evaluated(final=True):
            line = (
                f"{event.split} accuracy {accuracy_text(event.accuracy)} of"
                f" {sum(event.class_images)} images"
            )
            if event.head_accuracy is not None:
                line += f"; softmax head, one pass: {accuracy_text(event.head_accuracy)}"
        case ev.Noted():
            line = event.message
        case ev.MetricsUnavailable():
            line = event.text
        case ev.TelemetryEnded(error=str(error)):
            line = f"telemetry ended, the run goes on: {error}"
        case ev.StatusChanged():
            line = event.status
    return line


def runs_text(records: Sequence[RunRecord]) -> str:
    """All runs, a line each."""
    head = ("run", "status", "data", "name", "test accuracy", "learned for", "device")
    rows = [
        (
            r.id,
            r.status,
            r.data,
            " ".join(r.name.split()),
            accuracy_text(r.test_accuracy),
            duration(r.train_s),
            r.device or "n/a",
        )
        for r in records
    ]
    return columns(head, rows) if rows else "no runs yet\n"


def run_facts(folder: RunFolder) -> dict[str, object]:
    """A run's record, layers and evaluations as JSON values."""
    record, view = current_record(folder), view_of(folder)
    facts: dict[str, object] = record.model_dump(mode="json")
    facts |= {"id": folder.id, "path": str(folder.path)}
    facts["experiment"] = folder.experiment().model_dump(mode="json")
    facts["layers"] = [
        {
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
        for row in view.layers
    ]
    facts["evaluations"] = [json.loads(ev.to_json(0.0, e)) for e in view.evaluations if e.final]
    return facts


def _where_time_went(record: RunRecord) -> Iterator[tuple[str, str]]:
    times = (record.e2e_s, record.compute_s, record.data_s, record.evaluation_s)
    names = ("end to end", "of it computing", "of it images", "of it evaluation")
    return (
        (name, duration(seconds))
        for name, seconds in zip(names, times, strict=True)
        if seconds is not None
    )


def run_text(folder: RunFolder) -> str:
    """A run in words, then its layers and evaluations as columns."""
    record, view = current_record(folder), view_of(folder)
    pairs = [
        ("run", folder.id),
        ("status", record.status + (f": {record.error}" if record.error else "")),
        ("name", record.name),
        ("preset", record.preset or "none"),
        ("data", record.data),
        ("device", record.device or "n/a"),
        ("precision", record.precision or "n/a"),
        ("started", f"{record.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("ended", f"{record.ended:%Y-%m-%d %H:%M:%S} UTC" if record.ended else "not yet"),
        ("test accuracy", accuracy_text(record.test_accuracy)),
        ("learned for", duration(record.train_s)),
        *_where_time_went(record),
        ("energy", energy_text(view) or "n/a"),
        ("done", f"{100 * view.fraction:.0f} %"),
        ("path", str(folder.path)),
    ]
    text = "".join(f"{name}: {value}\n" for name, value in pairs)
    head = ("layer", "inputs→units", "epochs", "time", "g+", "g-", "theta", accuracy_head(view))
    if view.layers:
        text += f"\nlayers\n{columns(head, layer_rows(view))}"
    final = [e for e in view.evaluations if e.final]
    if final:
        heads = any(e.head_accuracy is not None for e in final)
        rows = [
            (
                e.split,
                str(sum(e.class_images)),
                accuracy_text(e.accuracy),
                *([accuracy_text(e.head_accuracy)] if heads else []),
            )
            for e in final
        ]
        names = ("split", "images", "accuracy", *(["softmax head, one pass"] if heads else []))
        text += f"\naccuracy at the end\n{columns(names, rows)}"
    if view.log:
        text += "\nlast notes\n" + "".join(f"{line.text}\n" for line in view.log[-5:])
    return text


def presets_text(presets: Sequence[Preset]) -> str:
    """All presets, a line each."""
    rows = [(p.name, p.data, _reported(p, p.data), p.description) for p in presets]
    return columns(("preset", "data", "paper reports", "description"), rows)


def presets_json(presets: Sequence[Preset]) -> str:
    """All presets as a JSON list; `reports` in percent."""
    names = ("name", "description", "data", "data_sets", "reports")
    return json.dumps(
        [{name: getattr(preset, name) for name in names} for preset in presets], ensure_ascii=False
    )


def preset_toml(preset: Preset, experiment: Experiment) -> str:
    """A preset's experiment as TOML, with its description and the paper's accuracy in comments
    above.
    """
    reported = _reported(preset, experiment.data.name)
    head = [
        f"# {preset.name}: {preset.description}",
        f"# the paper reports on {experiment.data.name}: {reported}",
    ]
    values = experiment.model_dump(mode="json")
    # TOML has no null: absent is the default
    unset = [f"# {path} = null" for path in _null_paths("", values)]
    return "\n".join(
        [*head, *unset, "", tomli_w.dumps(experiment.model_dump(mode="json", exclude_none=True))]
    )


def data_text(sets: Sequence["SetStatus"], folder: Path) -> str:
    """All data sets: state, size and folder on this machine, as text."""
    rows = [
        (
            s.name,
            s.state,
            "verified" if s.verified else "no",
            size(s.bytes) if s.bytes else "n/a",
            s.where,
            s.description,
        )
        for s in sets
    ]
    text = columns(("data", "state", "checked", "size", "where", "description"), rows)
    wrong = [
        f"{s.name} is {s.state}: {s.detail}\n" for s in sets if s.state in ("damaged", "unreadable")
    ]
    return "".join([text, "\n", *wrong, f"data folder: {folder}\n"])


def data_json(sets: Sequence["SetStatus"], folder: Path) -> str:
    """All data sets as one JSON object."""
    return json.dumps(
        {"folder": str(folder), "sets": [asdict(each) for each in sets]}, ensure_ascii=False
    )


def _null_paths(path: str, value: object) -> Iterator[str]:
    """The fields below `path` that are null, as `--set` names them."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _null_paths(f"{path}.{name}" if path else name, below)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _null_paths(f"{path}.{index}", below)


def _accuracy_splits(view: RunView) -> set[str]:
    return {row.accuracy_split for row in view.layers if row.accuracy_split is not None}


def _reported(preset: Preset, data: str) -> str:
    percent = preset.reports.get(data)
    return "n/a" if percent is None else f"{percent:g} %"


def _epochs(row: LayerView) -> str:
    return f"{row.epoch}/{row.epochs}" if row.epochs else "0"


def _parallel_rows(view: RunView, phase: int, layer: int | None) -> list[LayerView]:
    """The rows that learned together under `layer` = None in `phase`; none under backprop."""
    stage = view.stage(phase, layer)
    return [
        row for row in view.layers if stage and row.number in stage.parallel and row.phase == phase
    ]


def _layer_s(row: LayerView, view: RunView) -> float | None:
    """Seconds a row took by itself; None where it shared them."""
    if row.layer_s is not None:
        return row.layer_s
    shared = row.phase is not None and any(
        row.number in s.parallel for s in view.stages if s.phase == row.phase
    )
    return None if shared else _epochs_s(row)


def _epochs_s(row: LayerView) -> float | None:
    times = [
        epoch.epoch_s
        for epoch in row.history
        if epoch.phase == row.phase and epoch.epoch_s is not None
    ]
    return sum(times) if times else None


def _epoch_line(event: ev.EpochFinished, view: RunView) -> str:
    rows = _parallel_rows(view, event.phase, event.layer) or [
        r for r in view.layers if r.number == event.layer
    ]
    parts = [stage_name(view, event.phase, event.layer)]
    parts.append(f"epoch {event.epoch}/{rows[0].epochs if rows else event.epoch}")
    parts.append(f"loss {number(event.loss)}")
    made = [
        e for row in rows for e in row.history if (e.phase, e.epoch) == (event.phase, event.epoch)
    ]
    positive, negative = [e.goodness_positive for e in made], [e.goodness_negative for e in made]
    if any(value is not None for value in positive):
        goodness = ["g+", *map(number, positive)]
        if any(value is not None for value in negative):
            goodness += ["g-", *map(number, negative)]
        parts.append(" ".join(goodness))
    if made and made[0].threshold is not None:
        parts.append(f"theta {number(made[0].threshold)}")
    if event.accuracy is not None:
        parts.append(f"accuracy {accuracy_text(event.accuracy)}")
    parts.append(f"{event.samples_per_s:.0f} samples/s")
    left = view.time_left_s()
    if left:
        parts.append(f"{duration(left)} left")
    return "  ".join(parts)
