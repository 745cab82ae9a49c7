"""A run in a process of its own, so that neither the memory nor the threads of earlier runs are its
own.

On Linux the process is forked from a server that has loaded torch and done nothing with it;
elsewhere it is started anew. It carries out a `RunThread`; this side follows the journal, as every
reader of a live run does. A pipe says when to stop, and when either side is gone.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import FrameType, ModuleType

from fftui.errors import FFTUIError, RequestError
from fftui.events import RunFinished
from fftui.runs.end_signals import END_SIGNALS
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.ownership import HeldError
from fftui.runs.run_thread import RunThread, StartTraining, start_training
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.waiting import waiting_chosen

# a run whose parent is gone ends after its batch; its process ends after so many seconds at most
ORPHAN_S = 10.0
REAP_S = 5.0  # between a process's last message and its end
INTERRUPTED = 130
# what every run needs and none changes; loaded once, in the server. No Polars: it may start threads
PRELOADED = [
    "fftui.learning.training",
    "fftui.telemetry.sampler",
    "fftui.runs.checkpoint",
    "fftui.runs.run_process",
]


_STARTING = threading.Lock()  # one at a time: what is done for it is done to the whole process


@dataclass(frozen=True)
class _Outcome:
    """The end of a run in its process: why it was refused, and what could not be written."""

    refused: RequestError | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Share:
    """What of the machine a process may use; None: all that its parent may."""

    threads: int | None
    pinned: frozenset[int] | None

    def take(self) -> None:
        """Leave the rest of the machine to others."""
        if self.pinned is not None and sys.platform == "linux":
            os.sched_setaffinity(0, self.pinned)
        if self.threads is not None:
            import torch  # noqa: PLC0415 - seconds, where no server has loaded it

            torch.set_num_threads(self.threads)


class RunProcess:
    """Runs the experiment of the run in `folder` in a process of its own, from its last checkpoint
    if `resume`; used as a `RunThread` is. `threads` are those that torch computes with, by default
    as many as it would; `pinned` the cores that the process may use, by default those of this one.

    `join` also reads what the journal has new, so `view` is as new as the last call of it. Where
    the process ends without a word, `view.result` is a failure that says how.
    """

    def __init__(
        self,
        folder: RunFolder,
        workspace: Workspace,
        *,
        resume: bool = False,
        threads: int | None = None,
        pinned: frozenset[int] | None = None,
        start_training: StartTraining = start_training,
    ) -> None:
        self.folder = folder
        self.refused: FFTUIError | None = None
        self.problems: tuple[str, ...] = ()
        self._view = RunView()
        self._tail = JournalTail(folder.journal)
        self._stopping = self._over = False
        context, share = _context(), _Share(threads, pinned)
        self._pipe, self._its_end = context.Pipe()
        self._process = context.Process(
            target=_execute,
            args=(self._its_end, folder.path, workspace, resume, share, start_training),
            name=f"fftui-{folder.id}",
        )

    @property
    def view(self) -> RunView:
        """The view of the run at the last `join`."""
        return self._view

    @property
    def pid(self) -> int | None:
        """The process's id; None before `start`."""
        return self._process.pid

    def start(self) -> None:
        """Start the process; the first one of this program waits for the server, which loads torch.

        Raises RequestError where the server ends meanwhile.
        """
        try:
            with _STARTING, _without_main():
                _start_helpers()
                self._process.start()
        except EOFError as error:
            msg = f"cannot start a process for run {self.folder.id}: try again"
            raise RequestError(msg) from error
        self._its_end.close()

    def is_alive(self) -> bool:
        """Whether the run has not ended."""
        return not self._over

    def stop(self) -> None:
        """End the run as `interrupted` after the current step, with a checkpoint and its tables."""
        if not self._stopping and not self._over:
            self._stopping = True
            with suppress(OSError):  # the process is gone, which `join` sees
                self._pipe.send("stop")

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the run, at most `timeout` seconds, and read its journal."""
        if self._over:
            return
        ended = self._pipe.poll(timeout)
        outcome = self._last_message() if ended else None
        self._read_journal()
        if ended:
            self._conclude(outcome)

    def _last_message(self) -> _Outcome | None:
        """What the process says at its end; None where it ended without a word."""
        try:
            outcome: _Outcome = self._pipe.recv()
        except (EOFError, OSError):
            return None
        return outcome

    def _conclude(self, outcome: _Outcome | None) -> None:
        self._process.join(REAP_S)
        self._pipe.close()
        if outcome is None:
            self._view = self._view.after(time.time(), self._unexpected_end())
        else:
            self.problems = outcome.problems
            self.refused = outcome.refused
        self._over = True

    def _read_journal(self) -> None:
        view = self._view
        with suppress(OSError):  # its lines are read with the next ones
            for at, event in self._tail.read():
                view = view.after(at, event)
        self._view = view

    def _unexpected_end(self) -> RunFinished:
        code = self._process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        error = f"the process of run {self.folder.id} ended by {how}"
        return RunFinished("interrupted" if self._stopping else "failed", None, (), 0.0, error)


def _context() -> ForkServerContext | SpawnContext:
    # macOS could fork, but torch loads system libraries that may start threads: such a fork crashes
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _start_helpers() -> None:
    """Start the processes that multiprocessing needs for itself, where they do not run yet."""
    if sys.platform != "win32":
        # it is given the descriptor of stderr, which is none where a screen has replaced it
        with redirect_stderr(sys.__stderr__):
            multiprocessing.resource_tracker.ensure_running()
    if sys.platform == "linux":
        # while the server loads torch Ctrl-C would end it, and with it the run's start
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with waiting_chosen():
                multiprocessing.forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes started meanwhile do not load this program's main module: they need nothing of it,
    and a script or a notebook may not be made to be loaded twice.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _execute(
    pipe: Connection,
    folder: Path,
    workspace: Workspace,
    resume: bool,
    share: _Share,
    start_training: StartTraining,
) -> None:
    """Carry out the run in this process, and say at its end what came of it."""
    share.take()
    try:
        run_thread = RunThread(
            RunFolder(folder), workspace, resume=resume, start_training=start_training
        )
    except FFTUIError as error:
        pipe.send(_Outcome(_sendable(error), ()))
        return
    _own_signals(run_thread)
    stopper = threading.Thread(target=_stop_when_asked, args=(pipe, run_thread), daemon=True)
    stopper.start()
    run_thread.run()
    refused = run_thread.refused
    with suppress(OSError):  # nobody waits for it any more
        pipe.send(_Outcome(_sendable(refused) if refused else None, run_thread.problems))


def _sendable(refused: FFTUIError) -> RequestError:
    """A refusal as an error that can be sent: in use by another process, or any other reason."""
    return HeldError(str(refused)) if isinstance(refused, HeldError) else RequestError(str(refused))


def _own_signals(run_thread: RunThread) -> None:
    """Leave Ctrl-C and a closed terminal to the process that asked for the run; SIGTERM and the
    warnings that a batch system sends to all end the run gently.
    """

    def terminate(_number: int, _frame: FrameType | None) -> None:
        run_thread.stop()

    for number in END_SIGNALS:
        signal.signal(number, terminate)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _stop_when_asked(pipe: Connection, run_thread: RunThread) -> None:
    """Stop the run when the other side says so or is gone; then this process ends soon as well."""
    try:
        pipe.recv()
        run_thread.stop()
        pipe.recv()  # never comes: only the end of the other side
    except (EOFError, OSError):
        run_thread.stop()
        time.sleep(ORPHAN_S)
        os._exit(INTERRUPTED)
