import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
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
from fftui.runs.kept_tables import are_current
from fftui.runs.new_folder import create
from fftui.runs.run_outputs import RunOutputs
from fftui.runs.run_progress import read_progress
from fftui.runs.run_thread import RunThread
from fftui.runs.status import current_record
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace

Limit = Callable[[int], AbstractContextManager[None]]
PATIENCE_S = 30.0
NO_PROCESS = 2**22 + 1  # more than Linux ever gives


def workspace_of(folder: RunFolder) -> Workspace:
    return Workspace(folder.path.parent, device="cpu")


def executed(folder: RunFolder, **options: Any) -> RunThread:
    """A thread whose run is over."""
    thread = RunThread(folder, workspace_of(folder), **options)
    thread.run()
    return thread


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


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


def full_disk_run(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, **options: Any
) -> RunThread:
    """A run of forty epochs that begins to wait for room after a moment, at most a minute."""
    patient = experiment.changed({"checkpoint.keep_trying_s": 60.0})
    folder.write_experiment(patient)
    events = [
        facts.started(),
        facts.layer(1),
        *[facts.epoch(1, n) for n in range(1, 40)],
        facts.layer_end(1),
        facts.finished,
    ]
    return RunThread(
        folder,
        workspace_of(folder),
        start_training=lambda *_, **__: stand_in(events),
        **options,
    )


def test_a_run_without_room_is_noted_once_waits_and_finishes_when_there_is(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    file_size_limit: Limit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.run_thread.TRY_AGAIN_S", 0.05)
    emitted: list[ev.Event] = []
    thread = full_disk_run(
        folder, experiment, facts, stand_in, listener=lambda _, event: emitted.append(event)
    )
    with file_size_limit(1200):
        thread.start()
        until(lambda: thread.view.status == "unsaved")
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


def test_a_run_that_finds_no_room_is_unsaved_and_learns_it_again(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, file_size_limit: Limit
) -> None:
    thread = full_disk_run(folder, experiment, facts, stand_in)
    with file_size_limit(1200):
        thread.start()
        until(lambda: thread.view.status == "unsaved")
        thread.stop()  # nobody can make room
        thread.join(PATIENCE_S)
    assert thread.view.status == "unsaved"
    result = thread.view.result
    assert result is not None
    assert "cannot write" in (result.error or "")
    for line in folder.journal.read_bytes().splitlines()[:-1]:
        json.loads(line)
    assert current_record(folder).status == "interrupted"  # more could not be written
    again = full_disk_run(folder, experiment, facts, stand_in, resume=True)
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
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    whole_folder: bool,
) -> None:
    def delete(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.EpochFinished) and event.epoch == 20:
            shutil.rmtree(folder.path) if whole_folder else folder.journal.unlink()

    thread = full_disk_run(folder, experiment, facts, stand_in, listener=delete)
    thread.run()
    assert thread.view.status == folder.record().status == "finished"
    assert thread.problems == ()
    assert folder.experiment().name == experiment.name
    assert pl.read_parquet(folder.table("epochs")).height == 39
    assert load_checkpoint(folder) is not None
    assert any("was deleted" in line.text for line in thread.view.log)


def test_a_run_moved_away_waits_to_be_moved_back(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.run_thread.TRY_AGAIN_S", 0.05)
    elsewhere = folder.path.parent / "elsewhere"

    def move(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.EpochFinished) and event.epoch == 20:
            folder.path.rename(elsewhere)

    thread = full_disk_run(folder, experiment, facts, stand_in, listener=move)
    thread.start()
    until(lambda: thread.view.status == "unsaved")
    assert any("move it back" in problem for problem in thread.problems)
    assert not folder.path.exists()
    elsewhere.rename(folder.path)
    thread.join(PATIENCE_S)
    assert thread.view.status == folder.record().status == "finished"
    assert pl.read_parquet(folder.table("epochs")).height == 39


def test_a_run_waits_where_more_rows_wait_than_are_kept(
    folder: RunFolder,
    experiment: Experiment,
    facts: Any,
    stand_in: Any,
    file_size_limit: Limit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.runs.journal_writer.KEPT_BYTES", 1000)
    thread = full_disk_run(folder, experiment, facts, stand_in)
    with file_size_limit(1200):
        thread.start()
        until(lambda: thread.view.status == "unsaved")
        assert len(thread.view.layers[0].history) < 39
        thread.stop()
        thread.join(PATIENCE_S)
    assert thread.view.status == "unsaved"


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


@pytest.mark.parametrize(("precision", "notes"), [("float32", 0), ("bfloat16", 1)])
def test_going_on_in_another_precision_is_noted(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, precision: str, notes: int
) -> None:
    folder.write_record(
        folder.record().model_copy(update={"device": "cpu", "precision": precision})
    )
    events = [facts.started(resumed=True), facts.finished]
    thread = executed(folder, resume=True, start_training=lambda *_, **__: stand_in(events))
    said = [line.text for line in thread.view.log if "not end with the same bits" in line.text]
    assert len(said) == notes
    assert all("cpu in bfloat16" in text and "cpu in float32" in text for text in said)


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


@pytest.fixture
def diverging(tmp_path: Path, experiment: Experiment) -> RunFolder:
    changes = {"phases.0.learning_rate": [0.02, 1e30]}
    return create(Workspace(tmp_path / "runs"), experiment.changed(changes))


def test_a_run_that_diverges_fails_with_its_last_good_weights_and_its_tables(
    diverging: RunFolder,
) -> None:
    thread = executed(diverging)
    assert thread.view.divergence is not None
    assert thread.view.divergence.layer == 2
    assert [layer.state for layer in thread.view.layers] == ["learned", "diverged"]
    record = diverging.record()
    assert (record.status, record.diverged) == ("failed", True)
    assert record.error == thread.view.divergence.text
    assert thread.problems == ()
    layers = pl.read_parquet(diverging.table("layers"))
    assert layers["state"].to_list() == ["learned", "diverged"]
    state = load_checkpoint(diverging)
    assert state is not None
    assert all(tensor.isfinite().all() for tensor in state.tensors.values())
    assert any(name.startswith("network.") for name in state.tensors)
    assert listing_says_diverged(diverging)


def listing_says_diverged(folder: RunFolder) -> bool:
    progress = read_progress(folder.journal)
    return progress is not None and progress.diverged is True


def test_a_run_that_diverged_is_not_resumed(diverging: RunFolder) -> None:
    executed(diverging)
    before = diverging.journal.read_bytes()
    again = executed(diverging, resume=True)
    assert again.refused is not None
    assert "phases.0.learning_rate below 1e+30" in str(again.refused)
    assert diverging.journal.read_bytes() == before
    assert diverging.record().status == "failed"


def test_a_checkpoint_of_a_diverged_epoch_replaces_no_good_one(
    tmp_path: Path, experiment: Experiment
) -> None:
    changes = {"phases.0.learning_rate": 1e30, "checkpoint.every_s": 1e-9}
    folder = create(Workspace(tmp_path / "runs"), experiment.changed(changes))
    saved = []

    def look(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.Checkpointed) and (state := load_checkpoint(folder)):
            saved.append(all(tensor.isfinite().all() for tensor in state.tensors.values()))

    executed(folder, listener=look)
    assert saved
    assert all(saved)
    assert folder.record().status == "failed"
