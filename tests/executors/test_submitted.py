from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.executors.submitted import RETRIES, SubmittedRun, words_for
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

STARTED = ev.RunStarted(
    "run", "tiny", "mnist-mini", "cpu", "float32", ("784→8",), 4, 128, 0, 64, False
)


@pytest.fixture
def folder(tmp_path: Path, small: Any) -> RunFolder:
    return create(Workspace(tmp_path / "runs", device="cpu"), small.experiment())


class Jobs:
    """Stands in for a batch system: each job does what the next of `work` does, at once."""

    def __init__(self, folder: RunFolder, *work: Callable[[RunFolder], tuple[int | None, str]]):
        self.folder, self.work = folder, list(work)
        self.submitted: list[list[str]] = []
        self.cancelled = 0
        self.cancelled_by_others = False

    def submit(self, words: Sequence[str]) -> "Jobs":
        self.submitted.append(list(words))
        assert self.folder.record().status == ("waiting" if len(self.submitted) == 1 else ...) or (
            len(self.submitted) > 1
        )
        self.result = self.work.pop(0)(self.folder)
        return self

    def is_over(self) -> bool:
        return self.cancelled > 0 or self.result != (-1, "")

    def cancel(self) -> None:
        self.cancelled += 1

    def end(self) -> tuple[int | None, str]:
        return (None, "cancelled") if self.cancelled else self.result

    def was_cancelled(self) -> bool:
        return self.cancelled_by_others


def learns(*, ends: str | None, code: int | None = 0) -> Callable[[RunFolder], Any]:
    """A job whose run states its start, and its end where it has one."""

    def work(folder: RunFolder) -> tuple[int | None, str]:
        journal = JournalWriter(folder.journal)
        journal.append(STARTED)
        if ends is not None:
            journal.append(ev.RunFinished(ends, 0.9, (), 1.0, None))  # type: ignore[arg-type]
            folder.write_record(folder.record().model_copy(update={"status": ends}))
        journal.close()
        return code, "node died" if code is None else ""

    return work


def run_by(folder: RunFolder, jobs: Jobs) -> SubmittedRun:
    worker = SubmittedRun(folder, jobs.submit)
    worker.start()
    while worker.is_alive():
        worker.join(0.01)
    return worker


def test_a_run_is_submitted_as_words_and_followed_to_its_end(folder: RunFolder) -> None:
    jobs = Jobs(folder, learns(ends="finished"))
    worker = run_by(folder, jobs)
    assert jobs.submitted == [words_for(folder)]
    assert all(isinstance(word, str) for word in jobs.submitted[0])
    assert worker.view.result and worker.view.result.status == "finished"
    assert worker.refused is None


def test_a_run_whose_node_died_is_submitted_again(folder: RunFolder) -> None:
    jobs = Jobs(folder, learns(ends=None, code=None), learns(ends="finished"))
    worker = run_by(folder, jobs)
    assert len(jobs.submitted) == 2
    assert worker.view.result and worker.view.result.status == "finished"


def test_a_run_that_a_signal_ended_is_submitted_again(folder: RunFolder) -> None:
    """It was preempted, or its time was over: it has a checkpoint, and says that it has ended."""
    seen = []

    def finishes(folder: RunFolder) -> tuple[int | None, str]:
        seen.append(folder.record().status)
        return learns(ends="finished")(folder)

    jobs = Jobs(folder, learns(ends="interrupted", code=130), finishes)
    worker = run_by(folder, jobs)
    assert seen == ["waiting"]
    assert worker.view.result and worker.view.result.status == "finished"


def test_a_job_that_somebody_cancelled_stays_so(folder: RunFolder) -> None:
    jobs = Jobs(folder, learns(ends="interrupted", code=None))
    jobs.cancelled_by_others = True
    worker = run_by(folder, jobs)
    assert len(jobs.submitted) == 1
    assert worker.view.result and worker.view.result.status == "interrupted"


def test_a_job_that_somebody_cancelled_before_it_began_is_no_failure(folder: RunFolder) -> None:
    jobs = Jobs(folder, lambda folder: (None, ""))
    jobs.cancelled_by_others = True
    worker = run_by(folder, jobs)
    assert len(jobs.submitted) == 1
    assert worker.view.result and worker.view.result.status == "interrupted"


def test_a_run_that_was_asked_to_stop_stays_so(folder: RunFolder) -> None:
    def stops(folder: RunFolder) -> tuple[int | None, str]:
        journal = JournalWriter(folder.journal)
        journal.append(STARTED)
        journal.append(ev.ControlRequested("stop", 1, "here"))
        journal.append(ev.RunFinished("interrupted", None, (), 1.0, None))
        journal.close()
        folder.write_record(folder.record().model_copy(update={"status": "interrupted"}))
        return 130, ""

    jobs = Jobs(folder, stops)
    worker = run_by(folder, jobs)
    assert len(jobs.submitted) == 1
    assert worker.view.result and worker.view.result.status == "interrupted"


def test_it_is_not_submitted_for_ever(folder: RunFolder) -> None:
    jobs = Jobs(folder, *[learns(ends=None, code=None)] * (RETRIES + 1))
    worker = run_by(folder, jobs)
    assert len(jobs.submitted) == RETRIES + 1
    assert worker.view.result and worker.view.result.status == "failed"
    assert "ended without the run's end: node died" in (worker.view.result.error or "")


def test_a_refused_run_says_why(folder: RunFolder) -> None:
    jobs = Jobs(folder, lambda _: (2, "mnist is not on this node"))
    assert str(run_by(folder, jobs).refused) == "mnist is not on this node"


def test_a_waiting_run_is_taken_out_of_the_queue_and_a_running_one_asked(folder: RunFolder) -> None:
    jobs = Jobs(folder, lambda _: (-1, ""))
    worker = SubmittedRun(folder, jobs.submit)
    worker.start()
    worker.stop()
    worker.join()
    assert jobs.cancelled == 1
    assert worker.view.result and worker.view.result.status == "interrupted"

    def begins(folder: RunFolder) -> tuple[int, str]:
        learns(ends=None)(folder)
        return -1, ""

    jobs = Jobs(folder, begins)
    worker = SubmittedRun(folder, jobs.submit)
    worker.start()
    worker.join(0)
    worker.stop()
    assert jobs.cancelled == 0
    assert '"action":"stop"' in folder.control.read_text()
