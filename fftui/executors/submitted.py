"""A run that another program carries out: a job of a batch system, a task of a cluster.

What is submitted are the words of a command, text alone, which any node with this Python and the
runs folder can run: `python -m fftui.text.detached FOLDER --go-on`. This side follows the run's
journal, as every reader of a live run does. Where the job is gone without the run's end (its node
died, it was preempted), the same words are submitted again: the run goes on from its checkpoint.
(Where a node of a cluster does not see the runs folder: `fftui.executors.shipped`.)
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from fftui.errors import FFTUIError, RequestError
from fftui.events import RunFinished, RunStarted
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
        if not self._begun:
            claimed(self.folder, "waiting")
        self._jobs += 1
        self._job = self._submit(words_for(self.folder))

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
        """Whether the run has ended and said so: a batch system may say so much later."""
        return self._ended and self.folder.record().status in OVER

    def _conclude(self) -> None:
        """The run's end; or another job, where this one is gone without it."""
        code, said = self._job.end() if self._job is not None and not self._ended else (0, "")
        self._read_journal()  # where the folder is not shared it has come with the job's end
        if not self._ended and self._job is not None:
            gone = code is None or (code == REFUSED and self._jobs > 1)  # or it ends just now
            if gone and not self._stopping and self._jobs <= RETRIES:
                # what the batch system or the cluster says is gone, is gone
                take_from_other_machines(self.folder)
                self.start()
                return
            if code is None or code == 0:
                self._view = self._view.after(time.time(), self._unexpected_end(said))
            else:
                self.refused = RequestError(said or f"run {self.folder.id} was refused")
        self._over = True

    def _read_journal(self) -> None:
        view = self._view
        with suppress(OSError):  # its lines are read with the next ones
            for at, event in self._tail.read():
                view = view.after(at, event)
                if self._listener is not None:
                    self._listener(at, event)
                if isinstance(event, RunStarted):
                    self._begun, self._ended = True, False
                elif isinstance(event, RunFinished):
                    self._ended = True
        self._view = view

    def _unexpected_end(self, said: str) -> RunFinished:
        times = f"{self._jobs} jobs" if self._jobs > 1 else "the job"
        because = f": {said}" if said else ""
        error = f"{times} of run {self.folder.id} ended without the run's end{because}"
        return RunFinished("interrupted" if self._stopping else "failed", None, (), 0.0, error)
