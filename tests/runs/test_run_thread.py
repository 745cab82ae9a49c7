import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from fftui import events as ev
from fftui.errors import DataError
from fftui.experiment import Experiment
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace

from .threads import PATIENCE_S, executed, until, workspace_of

NO_PROCESS = 2**22 + 1  # more than Linux ever gives


def test_a_run_leaves_journal_checkpoint_tables_and_record(
    folder: RunFolder, experiment: Experiment
) -> None:
    thread = executed(folder)
    record = folder.record()
    result = thread.view.result
    assert result is not None
    assert thread.view.status == record.status == "finished"
    assert record.test_accuracy == result.test_accuracy
    assert record.ended is not None
    assert record.device
    assert pl.read_parquet(folder.table("epochs")).height == 6
    assert thread.problems == ()
    events = [event for _, event in read_journal(folder.journal)]
    assert isinstance(events[0], ev.RunStarted)
    assert isinstance(events[-1], ev.RunFinished)
    state = load_checkpoint(folder)
    assert state is not None
    assert state.progress.phase == 1


def test_the_view_is_the_fold_of_the_journal(folder: RunFolder, experiment: Experiment) -> None:
    thread = executed(folder)
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
    assert view.layers == thread.view.layers
    assert view.evaluations == thread.view.evaluations
    assert view.result == thread.view.result


@pytest.mark.parametrize("steps", [1, 5, 12, 17])
def test_a_run_stopped_anywhere_ends_with_the_same_bits(
    tmp_path: Path, experiment: Experiment, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.runs.run_thread.STEPS_SHOWN_EVERY_S", 0.0)
    whole = create(Workspace(tmp_path), experiment)
    executed(whole)

    parts = create(Workspace(tmp_path), experiment)
    seen = []

    def stop_after(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.Stepped):
            seen.append(event)
            if len(seen) == steps:
                thread.stop()

    thread = RunThread(parts, workspace_of(parts), listener=stop_after)
    thread.run()
    assert len(seen) == steps
    assert parts.record().status == "interrupted"
    assert parts.table("epochs").exists()
    executed(parts, resume=True)

    expected, found = load_checkpoint(whole), load_checkpoint(parts)
    assert expected is not None
    assert found is not None
    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert torch.equal(found.tensors[name], tensor), name
    assert parts.record().test_accuracy == whole.record().test_accuracy
    drop = ["run", "samples_per_s", "epoch_s", "compute_s", "data_s", "evaluation_s"]
    tables = [pl.read_parquet(folder.table("epochs")).drop(drop) for folder in (whole, parts)]
    assert tables[0].equals(tables[1])


def test_a_run_killed_before_its_first_checkpoint_begins_again(
    folder: RunFolder, experiment: Experiment, facts: Any
) -> None:
    journal = JournalWriter(folder.journal)
    for event in (facts.started(), facts.layer(1), facts.epoch(1, 1, loss=99.0)):
        journal.append(event)
    journal.close()
    thread = executed(folder, resume=True)
    assert thread.view.status == "finished"
    assert "no checkpoint yet: beginning again" in [line.text for line in thread.view.log]
    table = pl.read_parquet(folder.table("epochs"))
    assert table.height == 6
    assert 99.0 not in table["loss"]


@pytest.fixture
def paused(folder: RunFolder, experiment: Experiment) -> Iterator[RunThread]:
    """A run that waits after its first event; at the end of the test it is over."""
    thread = RunThread(folder, workspace_of(folder))
    thread.pause()
    thread.start()
    try:
        until(lambda: thread.view.status == "paused")
        yield thread
    finally:
        thread.stop()
        thread.join(PATIENCE_S)


def test_pause_holds_the_run_between_two_steps(folder: RunFolder, paused: RunThread) -> None:
    thread = paused
    assert folder.record().status == "paused"
    assert folder.checkpoint.exists()
    before = folder.journal.read_bytes()
    time.sleep(0.05)
    assert folder.journal.read_bytes() == before
    assert thread.paused
    thread.resume()
    thread.join(PATIENCE_S)
    assert thread.view.status == "finished"


def test_a_paused_run_can_be_stopped(folder: RunFolder, paused: RunThread) -> None:
    paused.stop()
    paused.join(PATIENCE_S)
    assert not paused.is_alive()
    assert folder.record().status == "interrupted"


def test_an_exception_becomes_the_last_event_and_a_log(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    training = stand_in([facts.started(), RuntimeError("out of\nmemory")])
    thread = executed(folder, start_training=lambda *_, **__: training)
    *_, (_, last) = read_journal(folder.journal)
    assert last == ev.RunFinished("failed", None, (), 1.5, "RuntimeError: out of memory")
    assert folder.record().error == "RuntimeError: out of memory"
    assert "Traceback" in folder.error_log.read_text()
    assert training.closed
    assert thread.problems == ()


def test_a_refused_run_leaves_no_folder(folder: RunFolder, experiment: Experiment) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise DataError("mnist is not here")

    thread = executed(folder, start_training=refuse)
    assert str(thread.refused) == "mnist is not here"
    assert thread.view.status == "failed"
    assert not folder.path.exists()


def test_a_refused_resume_leaves_the_run_as_it_was(
    folder: RunFolder, experiment: Experiment, facts: Any
) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise DataError("mnist is not here")

    before = folder.run_json.read_bytes()
    assert executed(folder, resume=True, start_training=refuse).refused is not None
    assert folder.run_json.read_bytes() == before


def test_every_learned_layer_writes_a_checkpoint_and_time_does(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    events = [
        facts.started(),
        facts.layer(1),
        facts.step(1),
        facts.layer_end(1),
        facts.step(5),
        facts.finished,
    ]
    executed(folder, start_training=lambda *_, **__: stand_in(events))
    kinds = [event.kind for _, event in read_journal(folder.journal)]
    assert kinds.count("checkpointed") == 2
    assert kinds[-2:] == ["checkpointed", "run-finished"]
    timed = experiment.model_copy(
        update={"checkpoint": experiment.checkpoint.model_copy(update={"every_s": 1e-9})}
    )
    again = create(Workspace(folder.path.parent), timed)
    executed(again, start_training=lambda *_, **__: stand_in(events))
    assert [event.kind for _, event in read_journal(again.journal)].count("checkpointed") == 6


def test_a_listener_that_fails_changes_nothing_of_what_is_learned(
    folder: RunFolder, experiment: Experiment
) -> None:
    heard = []

    def deaf(_at: float, event: ev.Event) -> None:
        heard.append(event)
        raise KeyError("listener")

    thread = executed(folder, listener=deaf)
    assert len(heard) == 1
    assert folder.record().status == "finished"
    assert pl.read_parquet(folder.table("epochs")).height == 6
    assert thread.problems == (
        f"what listened to run {folder.id} failed at the event run-started: KeyError: 'listener'",
    )


def test_skipping_reaches_the_training(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    training = stand_in([facts.started(), facts.finished])
    thread = RunThread(folder, workspace_of(folder), start_training=lambda *_, **__: training)
    thread.skip_layer()  # before it begins: nothing to skip
    assert not training.skipped
    thread.run()
    thread.skip_layer()
    assert training.skipped


def test_a_checkpoint_behind_a_layer_says_which(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    emitted: list[ev.Event] = []
    training = stand_in([facts.started(), facts.layer(1), facts.layer_end(1), facts.finished])
    training.epoch_key = (None, None, None)
    executed(
        folder,
        listener=lambda _, event: emitted.append(event),
        start_training=lambda *_, **__: training,
    )
    saved = [event for event in emitted if isinstance(event, ev.Checkpointed)]
    assert [(each.phase, each.layer, each.epoch) for each in saved] == [
        (1, 1, 3),
        (None, None, None),
    ]


def test_an_interrupted_run_has_the_same_times_as_its_checkpoint(
    folder: RunFolder, experiment: Experiment
) -> None:
    def stop(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.Stepped):
            thread.stop()

    thread = RunThread(folder, workspace_of(folder), listener=stop)
    thread.run()
    state, result = load_checkpoint(folder), thread.view.result
    assert state is not None
    assert result is not None
    assert result.compute_s == state.progress.times.compute_s > 0
    assert thread.view.energy.total.images == 64


def test_two_threads_cannot_run_one_run(
    folder: RunFolder, experiment: Experiment, paused: RunThread
) -> None:
    second = executed(folder, resume=True)
    assert "in use by" in str(second.refused)
    paused.stop()
    paused.join(PATIENCE_S)
    assert folder.record().status == "interrupted"


def test_an_interrupted_run_has_no_accuracies_at_the_end(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    def stop(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.Evaluated):
            thread.stop()

    training = stand_in(
        [facts.started(), facts.layer(1), facts.evaluated(1, 1, 0.7), facts.finished]
    )
    thread = RunThread(
        folder, workspace_of(folder), listener=stop, start_training=lambda *_, **__: training
    )
    thread.run()
    assert thread.view.result == ev.RunFinished("interrupted", None, (), 1.5, None)
    assert folder.record().layer_accuracies == ()


def test_who_hears_of_the_start_reads_in_the_record_which_process_learns(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    folder.write_record(folder.record().model_copy(update={"pid": 1, "device": None}))
    heard = []

    def listen(_: float, event: ev.Event) -> None:
        if isinstance(event, ev.RunStarted):
            record = folder.record()
            heard.append((record.pid, record.device, record.status))

    executed(
        folder,
        listener=listen,
        start_training=lambda *_, **__: stand_in([facts.started(), facts.finished]),
    )
    assert heard == [(os.getpid(), "cpu", "running")]


def test_resuming_removes_what_a_killed_process_left(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any
) -> None:
    left = folder.path / f".checkpoint.safetensors.{NO_PROCESS}.new"
    left.write_bytes(b"half of it")
    notes = folder.path / ".my-notes.new"
    notes.write_text("not ours")
    events = [facts.started(), facts.finished]
    executed(folder, resume=True, start_training=lambda *_, **__: stand_in(events))
    assert not left.exists()
    assert notes.exists()


def test_a_paused_run_touches_its_journal(
    folder: RunFolder, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.runs.run_thread.HEARTBEAT_S", 0.01)
    thread = RunThread(folder, workspace_of(folder))
    thread.pause()
    thread.start()
    try:
        until(lambda: thread.view.status == "paused")
        os.utime(folder.journal, (1.0, 1.0))
        until(lambda: folder.journal.stat().st_mtime > 1.0)
    finally:
        thread.stop()
        thread.join(PATIENCE_S)
