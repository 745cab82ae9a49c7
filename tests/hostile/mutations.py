"""Mutations of journals and records, seeded, and everything that reads them."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui import events as ev
from fftui.comparison.compare import CompareRequest, comparison_of
from fftui.comparison.comparison_export import COMPARISON_FORMATS, rendered
from fftui.errors import FFTUIError
from fftui.runs.curve_metrics import CURVE_METRICS
from fftui.runs.curves import RunCurves, layers_of, points_of
from fftui.runs.export import FORMATS, journal_problems, render
from fftui.runs.folder import RunFolder
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.journal import JournalTail, read_journal
from fftui.runs.listing import RunListing
from fftui.runs.run_columns import find_columns, in_order
from fftui.runs.table_names import TABLE_NAMES
from fftui.runs.tables import make_table
from fftui.runs.view import RunView
from fftui.text.layer_text import end_text, energy_text, head_text, layer_rows
from fftui.text.progress_line import progress_line
from fftui.text.run_list_text import COLUMNS, run_list_facts, runs_text
from fftui.text.run_text import run_facts, run_text

VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 7, 10**6, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, 10**400,
    0.0, -0.0, -0.5, 0.5, 1e-320, 1e17, 1e300, -1e300, float("nan"), float("inf"), "", "1",
    "\ud800", "\x00", "\x1b[2J", "\u202e", "|\r\n=1+1", "x" * 10_000, [], [0], [1], [-1],
    [1, 2, 3], [10**12], ["x"], ["\ud800"], [None], [[1]], [[[]]], {}, {"a": 1}, [10**30],
    [0.5] * 5000, {"at": {"at": {}}},
)  # fmt: skip
BYTES = (b"\x00", b"\xff\xfe", b"\n", b"\r", b"{", b'"', b"\\ud800", b"[" * 3000, b"1" * 5000, b"-")


@dataclass(frozen=True)
class Mutation:
    """The line of a file with something else in it: the file's name, and its whole content."""

    seed: int
    name: str
    content: bytes


def mutation(folder: RunFolder, seed: int) -> Mutation:
    """One mutation of the run's journal (mostly), record or annotations: a field, or bytes."""
    draw = random.Random(seed)
    name = draw.choices(
        ("journal.jsonl", "run.json", "annotations.json", "checkpoint.json", "control.jsonl"),
        (16, 6, 1, 1, 1),
    )[0]
    path = folder.path / name
    text = path.read_bytes() if path.exists() else b'{"tags":["a"],"note":"b","name":"c"}\n'
    lines = text.splitlines() if name == "journal.jsonl" else [text]
    at = draw.randrange(len(lines))
    lines[at] = _other_field(lines[at], draw) if draw.random() < 0.75 else _other(lines[at], draw)
    return Mutation(seed, name, b"\n".join(lines) + b"\n")


def _other_field(line: bytes, draw: random.Random) -> bytes:
    body = json.loads(line)
    key = draw.choice([*body, "more"])
    if draw.random() < 0.1:
        body.pop(key, None)
    else:
        body[key] = draw.choice(VALUES)
    return json.dumps(body).encode()


def _other(line: bytes, draw: random.Random) -> bytes:
    """Bytes inserted, removed, doubled or turned over."""
    at = draw.randrange(len(line) + 1)
    match draw.randrange(4):
        case 0:
            return line[:at] + draw.choice(BYTES) + line[at:]
        case 1:
            return line[:at] + line[at + draw.randrange(1, 20) :]
        case 2:
            return line[:at] + line
        case _:
            changed = bytearray(line)
            for _ in range(3):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            return bytes(changed)


def read_with_everything(folder: RunFolder, other: RunFolder, seed: int) -> None:
    """All that reads a run's journal and record, and writes it for people; one format of each by
    the seed. What is refused is refused with one of fftui's errors.
    """
    for step in (_views, _tables, _curves, _lists, _texts, _comparison):
        try:
            step(folder, other, seed)
        except FFTUIError as error:
            assert str(error)


def _views(folder: RunFolder, _: RunFolder, seed: int) -> None:
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
        progress_line(event, view)
    assert len(JournalTail(folder.journal).read()) == sum(1 for _ in read_journal(folder.journal))
    list(JournalTail(folder.journal).outline())
    head_text(view)
    layer_rows(view)
    energy_text(view)
    view.time_left_s()
    if view.result is not None:
        end_text(view.result)
    assert all(bucket.samples > 0 for bucket in view.history.all)


def _tables(folder: RunFolder, _: RunFolder, seed: int) -> None:
    list(journal_problems(folder))
    for number, name in enumerate(TABLE_NAMES):
        render(make_table(folder, name), FORMATS[(seed + number) % len(FORMATS)])


def _curves(folder: RunFolder, _: RunFolder, seed: int) -> None:
    tables = GrowingTables(folder)
    layers_of(tables)
    curves = RunCurves(tables)
    for metric in list(CURVE_METRICS.values())[seed % 3 :: 3]:
        points_of(tables, metric)
        curves.curve(metric, None)
        curves.curve(metric, 1)


def _lists(folder: RunFolder, _: RunFolder, seed: int) -> None:
    listing = RunListing(folder.path.parent)
    every = listing.read()
    order, *shown = find_columns(
        ["started", *COLUMNS, "problem"][: len(COLUMNS) + 1], every, listing
    )
    runs_text(list(in_order(every, order, reverse=bool(seed % 2))), shown)
    for run in every:
        json.dumps(run_list_facts(run), allow_nan=False)


def _texts(folder: RunFolder, _: RunFolder, seed: int) -> None:
    run_text(folder)
    json.dumps(run_facts(folder), allow_nan=False)


def _comparison(folder: RunFolder, other: RunFolder, seed: int) -> None:
    made = comparison_of(
        [folder, other], CompareRequest(None, None, "epoch", folded=bool(seed % 2))
    )
    for to in COMPARISON_FORMATS:
        if to != "svg" or seed % 50 == 0:
            rendered(made, to)


def mutated(folder: RunFolder, seed: int) -> Iterator[RunFolder]:
    """The run's folder with a mutation while it is in use, then as it was."""
    found = mutation(folder, seed)
    path: Path = folder.path / found.name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(found.content)
    try:
        yield folder
    finally:
        path.unlink() if before is None else path.write_bytes(before)


SAMPLE_EVENTS: tuple[ev.Event, ...] = (
    ev.Noted("a line"),
    ev.OtherGpusSampled((50.0, None), (1, 2), (3, None), (70.0, None)),
    ev.MachineDescribed(1.0, 2, 8_000_000_000, "a GPU", other_gpus=("b",)),
    ev.MetricsUnavailable(("power_w",), "none"),
    ev.TelemetrySampled(1, 1, 1, power_w=70.0, gpu_energy_j=5.0, cpu_energy_j=3.0),
    ev.WindowMeasured("learning", 1, 1, 1, 5, 320, 1.79e9, 1.79e9 + 0.6),
    ev.RankDescribed(1, "node", ev.MachineDescribed(1.0, 2, None)),
    ev.RankSampled(1, ev.TelemetrySampled(1, 1, 1, process_memory_bytes=5)),
    ev.TelemetryEnded(5, 0, 1.0, 0.1, 1.0, None),
    ev.ControlRequested("pause", 1, "host"),
    ev.StatusChanged("paused"),
)
