import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer.testing

from fftui import api
from fftui.cli.main import app
from fftui.experiment import Experiment
from fftui.runs import provenance
from fftui.runs.columns import SCHEMAS
from fftui.runs.finished_tables import finished_table
from fftui.runs.folder import RunFolder
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.kept_tables import are_current, ensure_tables, is_current, mark_current
from fftui.runs.table_names import IN_FOLDER
from fftui.runs.tables import write_tables
from fftui.text.run_result import show_finished

NO_PROCESS = 2**22 + 1  # more than Linux ever gives


@pytest.fixture
def killed(finished_run: Callable[..., RunFolder], small: Any) -> RunFolder:
    """A run that was killed between its last record and its tables."""
    folder = finished_run(small.experiment())
    (folder.path / f".epochs.parquet.{NO_PROCESS}.new").write_bytes(b"half")
    return folder


def leftovers(folder: RunFolder) -> list[Path]:
    return list(folder.path.glob(".*.new"))


READERS: dict[str, Callable[[RunFolder], object]] = {
    "api": lambda folder: api.Run(folder).table("epochs"),
    "api resume": lambda folder: api.resume(api.Run(folder)),
    "resume": lambda folder: show_finished(folder, folder.record(), as_json=False),
    "claims and studies": lambda folder: finished_table(folder, "epochs"),
    "comparison and curves": lambda folder: GrowingTables(folder).table("epochs"),
}


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_a_run_writes_what_a_kill_left_out(killed: RunFolder, reader: str) -> None:
    READERS[reader](killed)
    assert are_current(killed)
    assert leftovers(killed) == []
    assert pl.read_parquet(killed.table("epochs")).height == 2


@pytest.mark.parametrize("command", ["export", "resume"])
def test_commands_do_too(killed: RunFolder, command: str) -> None:
    words = [command, killed.id, "--runs", str(killed.path.parent)]
    assert typer.testing.CliRunner().invoke(app, words).exit_code == 0
    assert are_current(killed)
    assert leftovers(killed) == []


def test_a_line_that_came_later_makes_tables_old(killed: RunFolder, facts: Any) -> None:
    write_tables(killed)
    assert are_current(killed)
    for name in IN_FOLDER:
        assert killed.table(name).stat().st_mtime_ns == killed.journal.stat().st_mtime_ns
    later = killed.journal.stat().st_mtime_ns + 1
    journal = JournalWriter(killed.journal)
    journal.append(facts.epoch(1, 3))
    journal.close()
    os.utime(killed.journal, ns=(later, later))
    assert not is_current(killed, "epochs")
    assert finished_table(killed, "epochs").height == 3
    assert pl.read_parquet(killed.table("epochs")).height == 3


def test_the_last_line_of_a_run_makes_none_old(killed: RunFolder) -> None:
    write_tables(killed)
    later = killed.journal.stat().st_mtime_ns + 10**9
    os.utime(killed.journal, ns=(later, later))
    assert not are_current(killed)
    mark_current(killed)
    assert are_current(killed)


def test_a_finished_run_has_no_owner_that_is_gone(killed: RunFolder) -> None:
    facts = {"host": provenance.host(), "pid": NO_PROCESS, "process_started": 1.0}
    (killed.path / ".owner-1").write_text(json.dumps(facts))
    ensure_tables(killed)
    assert [*killed.path.glob(".*")] == []


def test_what_a_process_runs_is_left_alone(killed: RunFolder) -> None:
    killed.write_record(killed.record().model_copy(update={"status": "running"}))
    writer = JournalWriter(killed.journal)
    ensure_tables(killed)
    assert leftovers(killed)
    assert not are_current(killed)
    writer.close()


def test_tables_that_cannot_be_written_are_read_from_the_journal(
    killed: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fftui.runs.tables.write_bytes", full)
    assert finished_table(killed, "epochs").height == 2
    assert not killed.table("epochs").exists()


def test_tables_of_an_earlier_version_are_written_anew_once(
    killed: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(killed)
    path = killed.table("epochs")
    pl.read_parquet(path).drop("loss").write_parquet(path)
    mark_current(killed)
    assert finished_table(killed, "epochs").schema == SCHEMAS["epochs"]
    assert pl.read_parquet_schema(path) == SCHEMAS["epochs"]
    monkeypatch.setattr("fftui.runs.finished_tables.make_table", None)
    assert finished_table(killed, "epochs").height == 2


def test_without_a_journal_the_tables_are_all_there_is(
    killed: RunFolder, experiment: Experiment
) -> None:
    write_tables(killed)
    killed.journal.unlink()
    assert finished_table(killed, "epochs").height == 2
