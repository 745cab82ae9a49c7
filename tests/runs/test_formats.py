"""Stored runs of every format stay readable: record, journal, annotations, tables, checkpoint."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import fftui
from fftui import events as ev
from fftui.errors import RequestError, RunNotFoundError
from fftui.runs.annotations import FILE, annotate, read_annotations
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.columns import SCHEMAS
from fftui.runs.finished_tables import finished_table
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal, unread_lines
from fftui.runs.listing import RunListing
from fftui.runs.readouts import read_readouts
from fftui.runs.table_names import IN_FOLDER
from fftui.runs.tables import write_tables

STORED = Path(__file__).parent / "formats"
FORMATS = sorted(folder.name for folder in STORED.iterdir())
NEWER = ev.FORMAT + 1


@pytest.fixture(params=FORMATS)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> RunFolder:
    """A copy of a stored run of each format: two layers of 12 units, two epochs of 200 digits."""
    copy = tmp_path / "stored"
    shutil.copytree(STORED / request.param, copy)
    return RunFolder(copy)


@pytest.fixture
def newest(tmp_path: Path) -> RunFolder:
    """A copy of a stored run of this format."""
    copy = tmp_path / "stored"
    shutil.copytree(STORED / f"format-{ev.FORMAT}", copy)
    return RunFolder(copy)


def test_each_format_has_a_stored_run() -> None:
    expected = {f"format-{number}" for number in range(1, ev.FORMAT + 1)}
    assert set(FORMATS) == {"before-formats", *expected}


def test_record_journal_and_annotations_are_read(stored: RunFolder) -> None:
    record = stored.record()
    assert (record.status, record.test_accuracy) == ("finished", 0.17)
    assert unread_lines(stored.journal) == ()
    (ending,) = (event for _, event in read_journal(stored.journal, ev.RunFinished))
    assert ending.test_accuracy == record.test_accuracy
    assert read_annotations(stored.path).tags == ("baseline",)


def test_readouts_are_read(stored: RunFolder) -> None:
    assert [each.layers for each in read_readouts(stored)] == [(1, 2)]


def test_tables_are_read_and_made_again(stored: RunFolder) -> None:
    epochs = finished_table(stored, "epochs")
    assert epochs.schema == SCHEMAS["epochs"]
    assert epochs["epoch"].unique().sort().to_list() == [1, 2]
    for name in IN_FOLDER:
        assert finished_table(stored, name).schema == SCHEMAS[name]


def test_the_network_predicts(stored: RunFolder) -> None:
    assert load_checkpoint(stored) is not None
    images, labels = fftui.load_data("mnist-mini", "test")
    network = fftui.open_run(stored.path).network()
    assert network.predict(images[:20]).shape == labels[:20].shape
    assert network.goodness(images[:20], labels[:20]).isfinite().all()


def test_what_is_written_states_its_format(newest: RunFolder) -> None:
    write_tables(newest)
    for name in IN_FOLDER:
        assert pl.read_parquet_metadata(newest.table(name))["fftui.format"] == str(ev.FORMAT)
    newest.write_record(newest.record())
    assert json.loads(newest.run_json.read_text())["format"] == ev.FORMAT
    (started,) = (event for _, event in read_journal(newest.journal, ev.RunStarted))
    assert started.format == ev.FORMAT
    annotate(newest.path, note="seen")
    assert json.loads((newest.path / FILE).read_text())["format"] == ev.FORMAT


@pytest.mark.parametrize("changed", [{}, {"status": "levitating"}], ids=["same", "other"])
def test_a_newer_record_is_named_and_not_called_damaged(
    newest: RunFolder, changed: dict[str, str]
) -> None:
    record = json.loads(newest.run_json.read_text()) | {"format": NEWER} | changed
    newest.run_json.write_text(json.dumps(record))
    with pytest.raises(RunNotFoundError, match="written by a newer one; install that"):
        newest.record()
    (listed,) = RunListing(newest.path.parent).read()
    assert "newer" in listed.problem


def test_newer_annotations_are_not_overwritten(newest: RunFolder) -> None:
    path = newest.path / FILE
    path.write_text(json.dumps({"format": NEWER, "stars": 5}))
    with pytest.raises(RequestError, match="written by a newer one"):
        annotate(newest.path, add_tags=("mine",))
    assert json.loads(path.read_text())["stars"] == 5


def test_newer_readouts_are_named(newest: RunFolder) -> None:
    (kept,) = json.loads(newest.readouts.read_text())
    assert kept["format"] == ev.FORMAT
    newest.readouts.write_text(json.dumps([kept | {"format": NEWER}]))
    with pytest.raises(RequestError, match="written by a newer one"):
        read_readouts(newest)


def test_a_newer_journal_is_named() -> None:
    start = (STORED / f"format-{ev.FORMAT}" / "journal.jsonl").read_bytes().splitlines()[0]
    newer = json.loads(start) | {"format": NEWER}
    with pytest.raises(ValueError, match="written by a newer one"):
        ev.from_json(json.dumps(newer))
