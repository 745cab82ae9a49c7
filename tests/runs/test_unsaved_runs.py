"""A run whose weights, rows or tables cannot be written, or whose folder is gone."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import polars as pl
import pytest

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.kept_tables import are_current
from fftui.runs.run_outputs import RunOutputs
from fftui.runs.run_record import RunRecord
from fftui.runs.run_thread import RunThread
from fftui.runs.status import current_record
from fftui.runs.view import RunView

from .threads import PATIENCE_S, executed, until, workspace_of

Limit = Callable[[int], AbstractContextManager[None]]
LongRun = Callable[..., RunThread]


@pytest.fixture
def long_run(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> Iterator[LongRun]:
    """Threads of a run of forty epochs that waits for room a minute at most; at the end of the test
    they are over.
    """
    patient = experiment.changed({"checkpoint.keep_trying_s": 60.0})
    epochs = [facts.epoch(1, n) for n in range(1, 40)]
    events = [facts.started(), facts.layer(1), *epochs, facts.layer_end(1), facts.finished]
    threads = []

    def thread_of(**options: Any) -> RunThread:
        folder.write_experiment(patient)
        threads.append(
            RunThread(
                folder,
                workspace_of(folder),
                start_training=lambda *_, **__: stand_in(events),
                **options,
            )
        )
        return threads[-1]

    yield thread_of
    for thread in threads:
        thread.stop()
        if thread.ident is not None:  # it was started
            thread.join(PATIENCE_S)


def start_until_unsaved(thread: RunThread) -> None:
    thread.start()
    until(lambda: thread.view.status == "unsaved")


def test_a_run_without_room_is_noted_once_waits_and_finishes_when_there_is(
    folder: RunFolder,
    long_run: LongRun,
    file_size_limit: Limit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.unsaved_runs.TRY_AGAIN_S", 0.05)
    emitted: list[ev.Event] = []
    thread = long_run(listener=lambda _, event: emitted.append(event))
    with file_size_limit(1200):
        start_until_unsaved(thread)
        assert folder.record().status != "finished"
        assert not folder.checkpoint.exists()
    thread.join(PATIENCE_S)
    assert thread.view.status == folder.record().status == "finished"
    assert thread.problems == ()
    notes = [each.message for each in emitted if isinstance(each, ev.Noted)]
    journal = [each for each in notes if "cannot write" in each and "journal.jsonl" in each]
    assert len(journal) == 1
    assert journal[0].endswith("learning goes on")
    assert any("checkpoint.keep_trying_s" in each for each in notes)
    assert pl.read_parquet(folder.table("epochs")).height == 39
    assert are_current(folder)
    assert load_checkpoint(folder) is not None
    kinds = [event.kind for _, event in read_journal(folder.journal)]
    assert kinds.count("run-finished") == 1


def test_a_run_whose_end_cannot_be_recorded_at_once_is_finished_when_it_can(
    folder: RunFolder, long_run: LongRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.runs.unsaved_runs.TRY_AGAIN_S", 0.01)
    write_record, ends = RunFolder.write_record, []

    def full_at_first(self: RunFolder, record: RunRecord) -> None:
        if record.status == "finished":
            ends.append(record)
            if len(ends) < 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_record(self, record)

    monkeypatch.setattr(RunFolder, "write_record", full_at_first)
    thread = long_run()
    thread.run()
    assert len(ends) > 2
    assert thread.problems == ()
    assert thread.view.status == folder.record().status == "finished"
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
    assert view.status == "finished"
    assert are_current(folder)


def test_a_run_that_finds_no_room_is_unsaved_and_learns_it_again(
    folder: RunFolder, long_run: LongRun, file_size_limit: Limit
) -> None:
    thread = long_run()
    with file_size_limit(1200):
        start_until_unsaved(thread)
        thread.stop()  # nobody can make room
        thread.join(PATIENCE_S)
    assert thread.view.status == "unsaved"
    result = thread.view.result
    assert result is not None
    assert "cannot write" in (result.error or "")
    for line in folder.journal.read_bytes().splitlines()[:-1]:
        json.loads(line)
    assert current_record(folder).status == "interrupted"  # more could not be written
    again = long_run(resume=True)
    again.run()
    assert current_record(folder).status == "finished"
    assert pl.read_parquet(folder.table("epochs"))["epoch"].to_list() == list(range(1, 40))


def test_without_weights_a_run_is_unsaved_and_says_so(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("fftui.runs.checkpoint.save_checkpoint", full)
    folder.write_experiment(experiment.changed({"checkpoint.keep_trying_s": 0.0}))
    thread = executed(
        folder, start_training=lambda *_, **__: stand_in([facts.started(), facts.finished])
    )
    record = folder.record()
    assert record.status == current_record(folder).status == "unsaved"
    assert record.test_accuracy is None
    assert "checkpoint.safetensors: No space left on device" in (record.error or "")
    *_, (_, last) = read_journal(folder.journal)
    assert last == thread.view.result


def test_a_checkpoint_is_never_ahead_of_the_rows(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, file_size_limit: Limit
) -> None:
    """Else a resumed run would go on behind rows that are lost."""
    folder.write_experiment(experiment.changed({"checkpoint.keep_trying_s": 0.0}))
    events = [facts.started(), facts.layer(1), *[facts.epoch(1, n) for n in range(1, 40)]]
    events += [facts.layer_end(1), RuntimeError("the machine is switched off")]
    with file_size_limit(2500):  # more than the checkpoint of the training that stands in
        executed(folder, start_training=lambda *_, **__: stand_in(events))
    assert not folder.checkpoint.exists()


@pytest.mark.parametrize("whole_folder", [True, False], ids=["folder", "journal"])
def test_a_run_deleted_while_it_learns_is_made_again(
    folder: RunFolder,
    long_run: LongRun,
    experiment: Experiment,
    whole_folder: bool,
) -> None:
    def delete(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.EpochFinished) and event.epoch == 20:
            shutil.rmtree(folder.path) if whole_folder else folder.journal.unlink()

    thread = long_run(listener=delete)
    thread.run()
    assert thread.view.status == folder.record().status == "finished"
    assert thread.problems == ()
    assert folder.experiment().name == experiment.name
    assert pl.read_parquet(folder.table("epochs")).height == 39
    assert load_checkpoint(folder) is not None
    assert any("was deleted" in line.text for line in thread.view.log)


def test_a_run_moved_away_waits_to_be_moved_back(
    folder: RunFolder,
    long_run: LongRun,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.unsaved_runs.TRY_AGAIN_S", 0.05)
    elsewhere = folder.path.parent / "elsewhere"

    def move(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.EpochFinished) and event.epoch == 20:
            folder.path.rename(elsewhere)

    thread = long_run(listener=move)
    start_until_unsaved(thread)
    assert any("move it back" in problem for problem in thread.problems)
    assert not folder.path.exists()
    elsewhere.rename(folder.path)
    thread.join(PATIENCE_S)
    assert thread.view.status == folder.record().status == "finished"
    assert pl.read_parquet(folder.table("epochs")).height == 39


def test_a_run_waits_where_more_rows_wait_than_are_kept(
    folder: RunFolder,
    long_run: LongRun,
    file_size_limit: Limit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.journal_writer.KEPT_BYTES", 1000)
    thread = long_run()
    with file_size_limit(1200):
        start_until_unsaved(thread)
        assert len(thread.view.layers[0].history) < 39
        thread.stop()
        thread.join(PATIENCE_S)
    assert thread.view.status == "unsaved"


def test_what_cannot_be_tabled_is_unsaved(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no columns")

    monkeypatch.setattr("fftui.runs.tables.write_tables", broken)
    events = [facts.started(), facts.finished]
    thread = executed(folder, start_training=lambda *_, **__: stand_in(events))
    assert folder.record().status == "unsaved"  # at once: no room would help
    assert thread.problems == (
        f"cannot write the tables in {folder.path}: ZeroDivisionError: no columns",
    )
    assert thread.problems[0] in [line.text for line in thread.view.log]  # learning is over


def test_whatever_breaks_at_the_end_is_a_problem(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("record")

    monkeypatch.setattr(RunOutputs, "write_end", broken)
    events = [facts.started(), facts.finished]
    thread = executed(folder, start_training=lambda *_, **__: stand_in(events))
    assert any("did not end as it should: KeyError" in problem for problem in thread.problems)
