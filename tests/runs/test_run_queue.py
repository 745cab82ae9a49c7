import os
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.listing import list_runs, newest_running
from fftui.runs.new_folder import create
from fftui.runs.run_queue import RunQueue
from fftui.runs.status import current_record, ensure_not_running, ensure_running
from fftui.runs.workspace import Workspace


@pytest.fixture
def waiting(tmp_path: Path) -> list[RunFolder]:
    workspace = Workspace(tmp_path / "runs", device="cpu")
    return [create(workspace, load_preset("quickstart"), status="waiting") for _ in range(3)]


@pytest.fixture
def queue(waiting: list[RunFolder]) -> RunQueue:
    queue = RunQueue()
    assert [queue.add(folder) for folder in waiting] == [1, 2, 3]
    return queue


def order(queue: RunQueue) -> list[str]:
    return [each.folder.id for each in queue.waiting]


def change(folder: RunFolder, **changes: object) -> None:
    folder.write_record(folder.record().model_copy(update=changes))


def test_runs_are_taken_in_their_order(queue: RunQueue, waiting: list[RunFolder]) -> None:
    first, second, third = (folder.id for folder in waiting)
    queue.move(third, -2)
    queue.move(first, 9)
    queue.move("another", 1)
    assert order(queue) == [third, second, first]
    taken = queue.take()
    assert taken is not None
    assert taken.id == third
    assert taken.record().status == "running"
    assert taken.record().pid == os.getpid()
    assert order(queue) == [second, first]


def test_what_was_deleted_or_begun_elsewhere_is_passed_over(
    queue: RunQueue, waiting: list[RunFolder]
) -> None:
    waiting[0].discard()
    change(waiting[1], status="running")
    taken = queue.take()
    assert taken is not None
    assert taken.id == waiting[2].id
    assert queue.take() is None


def test_a_run_that_is_taken_out_can_be_resumed(queue: RunQueue, waiting: list[RunFolder]) -> None:
    queue.remove([waiting[0].id, waiting[2].id])
    assert order(queue) == [waiting[1].id]
    record = current_record(waiting[0])
    assert record.status == "interrupted"
    ensure_not_running(waiting[0], record)


def test_a_waiting_run_is_not_running_and_not_free_either(
    queue: RunQueue, waiting: list[RunFolder]
) -> None:
    record = current_record(waiting[0])
    assert record.status == "waiting"
    assert newest_running(waiting[0].path.parent) is None
    with pytest.raises(RequestError, match=f"waits in the queue of process {os.getpid()}"):
        ensure_not_running(waiting[0], record)
    with pytest.raises(RequestError, match="it is waiting in the queue"):
        ensure_running(waiting[0], record)


def test_a_queue_whose_process_is_gone_leaves_interrupted_runs(
    queue: RunQueue, waiting: list[RunFolder]
) -> None:
    change(waiting[0], process_started=1.0)  # the id of the process was given to another one
    change(waiting[1], machine={"host": "elsewhere"}, process_started=1.0)
    statuses = {run.id: run.status for run in list_runs(waiting[0].path.parent)}
    assert statuses[waiting[0].id] == "interrupted"
    assert statuses[waiting[1].id] == "waiting"  # nothing here says that it is gone


def test_an_interrupted_run_waits_and_keeps_its_start(waiting: list[RunFolder]) -> None:
    begun = waiting[0]
    begun.journal.touch()
    change(begun, status="interrupted")
    before = begun.record()
    queue = RunQueue()
    queue.add(begun)
    assert begun.record().status == "waiting"
    queue.take()
    assert begun.record().started == before.started
    fresh = waiting[1].record()
    queue.add(waiting[1])
    queue.take()
    assert waiting[1].record().started > fresh.started
