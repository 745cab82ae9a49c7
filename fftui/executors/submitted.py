"""A run that another program carries out: a job of a batch system, a task of a cluster.

What is submitted are the words of a command, text alone, which any node with this Python and the
runs folder can run: `python -m fftui.text.detached FOLDER --go-on`. This side follows the run's
journal, as every reader of a live run does. Where the job is gone without the run's end (its node
died), or the run was interrupted though nobody asked for it (it was preempted, its time was over),
the same words are submitted again: the run goes on from its checkpoint.
(Where a node of a cluster does not see the runs folder: `fftui.executors.shipped`.)
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from fftui.errors import FFTUIError, RequestError
from fftui.events import ControlRequested, RunFinished, RunStarted
from fftui.runs.control_file import send_request
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.run_outputs import Listener
from fftui.runs.run_queue import claimed
from fftui.runs.status import take_from_other_machines
from fftui.runs.view import RunView, fold

RETRIES = 3  # of a run whose job is gone
LOOK_EVERY_S = 0.25
REFUSED = 2  # the exit code of a refused command, such as one whose run another process has
OVER = ("finished", "interrupted", "failed", "unsaved")


class Job(Protocol):
    """A command that was submitted."""

    def is_over(self) -> bool:
        """Whether it has ended, or is gone."""
        ...

    def cancel(self) -> None:
        """Take it out of the queue, or end it."""
        ...

    def end(self) -> tuple[int | None, str]:
        """Of a job that is over: its exit code (None: it is gone, as where its node died), and the
        last line that it wrote on stderr. Whatever it has learned is in the run's folder then.
        """
        ...

    def was_cancelled(self) -> bool:
        """Of a job that is over: whether somebody has cancelled it, so that it is to stay so."""
        ...


Submit = Callable[[Sequence[str]], Job]


def words_for(folder: RunFolder, *options: str) -> list[str]:
    """What follows `python` in the command that carries the run in `folder` out, or goes on with
    it.
    """
    return ["-m", "fftui.text.detached", str(folder.path), "--go-on", *options]


class SubmittedRun:
    """The run in `folder`, which a job runs that `submit` begins; used as a `RunThread` is.

    `view` is as new as the last call of `join`.
    """

    def __init__(self, folder: RunFolder, submit: Submit) -> None:
        self.folder = folder
        self.refused: FFTUIError | None = None
        self.problems: tuple[str, ...] = ()
        self._submit = submit
        self._listener: Listener | None = None
        self._tail = JournalTail(folder.journal)
        self._view = fold(self._tail.read())
        self._job: Job | None = None
        self._jobs = 0
        self._begun = self._ended = False  # in this session
        self._asked = False  # the run, to stop, by another process
        self._stopping = self._over = False

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each event from now on, and its Unix time, within `join`."""
        self._listener = listener

    @property
    def view(self) -> RunView:
        """The view of the run at the last `join`."""
        return self._view

    def start(self) -> None:
        """Submit the run, which waits until its job begins. Raises RequestError where it cannot be
        submitted.
        """
        claimed(self.folder, "waiting")
        self._submit_job()

    def is_alive(self) -> bool:
        """Whether the run has not ended."""
        return not self._over

    def stop(self) -> None:
        """End the run as `interrupted` after the current step, or take it out of the queue."""
        if self._stopping or self._over or self._job is None:
            return
        self._stopping = True
        if self._begun:
            with suppress(RequestError):  # it goes on, and is waited for
                send_request(self.folder, "stop")
        else:
            self._job.cancel()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the run, at most `timeout` seconds, and read its journal."""
        give_up = None if timeout is None else time.monotonic() + timeout
        while not self._over:
            over = self._job is None or self._job.is_over()  # before reading: all is read then
            self._read_journal()
            if over or self._is_written():
                self._conclude()
                return
            left = LOOK_EVERY_S if give_up is None else give_up - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(LOOK_EVERY_S, left))

    def _is_written(self) -> bool:
        """Whether the run has ended and said so: a batch system may say so much later. Of one that
        was interrupted only the job's end says whether it stays so.
        """
        if not self._ended or self._was_interrupted:
            return False
        return self.folder.record().status in OVER

    @property
    def _was_interrupted(self) -> bool:
        """Whether the run has ended though neither this side nor another process asked for it."""
        result = self._view.result
        stopped = self._stopping or self._asked
        return self._ended and not stopped and result is not None and result.status == "interrupted"

    def _conclude(self) -> None:
        """The run's end; or another job, where this one is gone without it."""
        code, said = self._job.end() if self._job is not None and not self._ended else (0, "")
        self._read_journal()  # where the folder is not shared it has come with the job's end
        if self._job is not None and self._is_to_go_on(code):
            self._submit_again()
            return
        if not self._ended and self._job is not None:
            if code is None or code == 0:
                self._view = self._view.after(time.time(), self._unexpected_end(said))
            else:
                self.refused = RequestError(said or f"run {self.folder.id} was refused")
        self._over = True

    def _submit_job(self) -> None:
        self._jobs += 1
        self._job = self._submit(words_for(self.folder))

    def _submit_again(self) -> None:
        """Submit the run once more; what the batch system or the cluster says is gone, is gone."""
        take_from_other_machines(self.folder)
        if self._was_interrupted:
            claimed(self.folder, "waiting")
        self._begun = self._ended = False
        self._submit_job()

    def _is_to_go_on(self, code: int | None) -> bool:
        """Whether a job that ended with this exit code needs another one behind it."""
        lost = code is None or (code == REFUSED and self._jobs > 1)  # or it ends just now
        gone = self._was_interrupted or (lost and not self._ended)
        if not gone or self._stopping or self._jobs > RETRIES:
            return False
        return self._job is not None and not self._job.was_cancelled()

    def _read_journal(self) -> None:
        view = self._view
        with suppress(OSError):  # its lines are read with the next ones
            for at, event in self._tail.read():
                view = view.after(at, event)
                if self._listener is not None:
                    self._listener(at, event)
                if isinstance(event, RunStarted):
                    self._begun, self._ended, self._asked = True, False, False
                elif isinstance(event, ControlRequested):
                    self._asked = self._asked or event.action == "stop"
                elif isinstance(event, RunFinished):
                    self._ended = True
        self._view = view

    def _unexpected_end(self, said: str) -> RunFinished:
        times = f"{self._jobs} jobs" if self._jobs > 1 else "the job"
        because = f": {said}" if said else ""
        error = f"{times} of run {self.folder.id} ended without the run's end{because}"
        cancelled = self._stopping or (self._job is not None and self._job.was_cancelled())
        return RunFinished("interrupted" if cancelled else "failed", None, (), 0.0, error)
