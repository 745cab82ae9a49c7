"""Running the app in its process: the terminal, the signals, the run left behind at the end, and
the exit code.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from textual.message import Message

from fftui.errors import RequestError
from fftui.runs.end_signals import END_SIGNALS
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.text.notices import give
from fftui.text.streams import is_served, to_stderr
from fftui.tui.app import FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.launching import Ending
from fftui.tui.own_loop import leave, run_on_own_loop
from fftui.tui.run_sources import LiveSource, Source
from fftui.tui.screen_failure import ScreenFailure

if TYPE_CHECKING:
    from fftui.runs.run_thread import RunThread
    from fftui.tui.driver import TerminalFile

JOIN_TIMEOUT_S = 0.2
OVER: tuple[Ending | None, ...] = ("quit", "stop", "hand over", "terminated")  # nothing begins


def run_app(
    workspace: Workspace,
    run_thread: "RunThread | None" = None,
    *,
    attached: str | None = None,
    first: Sequence[Message] = (),
) -> int:
    """Show the screen until it is closed, wait for a run that is then running, and return the exit
    code.

    With `run_thread`, a run that has been started, or `attached`, the id of a run of another
    process, its live screen opens first; `first` are messages to the app once it is there. The exit
    code is 0, or that of the run that was given or left behind: 1 if it failed, 130 if it was
    stopped. Raises RequestError without a terminal.
    """
    if not (is_served() or sys.stdin.isatty()):
        msg = "the screen needs a terminal: run `fftui run --preset NAME --headless` without one"
        raise RequestError(msg)
    code = AppRunner(Backend(workspace), run_thread, attached, first).run()
    return code if run_thread is not None else leave(code)


class AppRunner:
    """The app, the signal handlers and the run of one process, from start to exit code."""

    def __init__(
        self,
        backend: Backend,
        run_thread: "RunThread | None",
        attached: str | None = None,
        first: Sequence[Message] = (),
    ) -> None:
        self._given = run_thread is not None
        source: Source | None = None
        if run_thread is not None:
            source = LiveSource(run_thread.folder.id, run_thread)
        elif attached is not None:
            source = backend.journal(attached)
        self._terminal = self._open_terminal()
        self.app = FFTUIApp(
            backend,
            source=source,
            terminal=self._terminal,
            # a watcher may be one of many, beside what they watch
            load_torch=attached is None and not first,
        )
        self.app.first = first
        self._ending: Ending | None = None
        self._shown = True
        self._left_alone = False  # nobody is at the terminal any more: not noticed by `_wait` yet
        self._interrupts = 0

    def run(self) -> int:
        """Show the screen, wait for the run, and return the exit code."""
        with self._signals():
            captured = self._show_screen()
            left_behind = self.app.busy or bool(self.app.queue.waiting)
            self._leave_terminal(captured, left_behind)
            if left_behind or self._given:
                self.app.join_threads()
            self._wait()
        return self._hand_over() if self._ending == "hand over" else self._exit_code(left_behind)

    @property
    def _terminal_is_gone(self) -> bool:
        """Whether nothing can be written any more without waiting for ever."""
        return self._ending == "hung up" or (
            self._terminal is not None and self._terminal.gone.is_set()
        )

    def _show_screen(self) -> str:
        """Run the app and return what was written to descriptors 1 and 2 meanwhile."""
        if self._terminal is None:
            self._run_app()
            return ""
        from fftui.tui.driver import capture_descriptors  # noqa: PLC0415

        with capture_descriptors() as caught:
            self._run_app()
            self._shown = False
            for number in (signal.SIGTSTP, signal.SIGCONT):
                # the driver's handlers would bring the screen back
                signal.signal(number, signal.SIG_DFL)
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            caught.seek(0)
            text = caught.read().decode("utf-8", "replace").strip()
        return "\n".join(text.splitlines()[-40:])

    def _run_app(self) -> None:
        """Run the app until it ends. Its failure ends the screen and nothing else."""
        ending: Ending | None = None
        try:
            ending = run_on_own_loop(self.app)
        # the screen's death is not the run's
        except Exception as error:  # noqa: BLE001
            self.app.failure = self.app.failure or ScreenFailure.of(error)
        if self.app.failure is not None:
            ending = "broken"
            driver = self.app._driver
            if driver is not None and getattr(driver, "shown", False):
                with suppress(Exception):
                    driver.suspend_application_mode()
        self._ending = self._ending or ending
        self._left_alone = self._ending in ("hung up", "broken")

    @staticmethod
    def _open_terminal() -> "TerminalFile | None":
        if os.name != "posix":
            return None
        from fftui.tui.driver import TerminalFile, terminal_descriptor  # noqa: PLC0415

        fd = terminal_descriptor()
        return None if fd is None else TerminalFile(fd)

    def _leave_terminal(self, captured: str, left_behind: bool) -> None:
        """Print on the plain terminal what libraries wrote while the screen was up, why the screen
        broke, and which run continues; a terminal that may be gone is let go of.
        """
        failure = self.app.failure
        broke = failure.keep(self._run_folder()) if failure is not None else ""
        texts = list(filter(None, (captured, broke, self._what_continues(left_behind))))
        if not self._terminal_is_gone:
            for text in texts:
                to_stderr(text)
            return
        from fftui.tui.driver import close_descriptors  # noqa: PLC0415

        if self._terminal is not None:  # after a hang-up the terminal may still be there
            self._terminal.write("".join(f"{text}\n" for text in texts))
        close_descriptors()

    def _run_folder(self) -> Path | None:
        """The folder of this process's run, if there is one."""
        if self.app.source is None or not self.app.of_one_run:
            return None
        return self.app.backend.workspace.runs_dir / self.app.source.run

    def _what_continues(self, left_behind: bool) -> str:
        """Which run continues without the screen, or how it ends; empty where there is none."""
        if not left_behind or self.app.source is None:
            return ""
        run, waiting = self.app.source.run, len(self.app.queue.waiting)
        paused = self.app.control is not None and self.app.control.paused
        if self._ending in ("stop", "terminated"):
            text = f"stopping {run}: the checkpoint is being written"
            if waiting:
                text += f"; those that wait ({waiting}) are among the runs: fftui resume begins one"
        elif self._ending == "hand over":
            text = f"{run} goes on in the background from a checkpoint, which is being written"
        elif paused and self._left_alone:
            text = f"{run} was paused: it ends with a checkpoint, fftui resume goes on with it"
        elif paused:
            text = (
                f"{run} stays paused: fftui continue goes on with it, fftui attach shows it;"
                " Ctrl-C stops it with a checkpoint"
            )
        else:
            text = f"{run} goes on learning without the screen; Ctrl-C stops it with a checkpoint"
            if waiting:
                text += f"; then those that wait ({waiting})"
        return text

    def _wait(self) -> None:
        """Wait for the run and for those in its queue, and give notice of their ends."""
        while True:
            self._wait_for_run()
            ends = self._ending != "hand over"
            if ends and (end := self.app.new_end()) is not None and not self._terminal_is_gone:
                give(end)
            if self._ending in OVER or not self.app.begin_next():
                return

    def _wait_for_run(self) -> None:
        """Wait for the run's thread, in short waits so that signals are handled."""
        while (control := self.app.control) is not None:
            if self._left_alone:
                # once: whoever pauses it later, from another process, can continue it too
                self._left_alone = False
                if control.paused:
                    control.stop()
            if self._ending in ("stop", "hand over", "terminated"):
                control.stop()
                self._ending = "quit" if self._ending == "stop" else self._ending
                while control.is_alive():
                    control.join(JOIN_TIMEOUT_S)
            control.join(JOIN_TIMEOUT_S)

    def _hand_over(self) -> int:
        """Go on in the background with the run that was stopped; returns the exit code."""
        from fftui.text.detached import RESUME, THEN, start_detached  # noqa: PLC0415
        from fftui.text.run_result import in_background  # noqa: PLC0415

        source, queue = self.app.source, self.app.queue
        one = source is not None and self.app.of_one_run
        if source is not None and one and source.view.status == "interrupted":
            folder = RunFolder(self.app.backend.workspace.runs_dir.absolute() / source.run)
        elif (first := queue.take()) is not None:
            folder = first
        else:
            return self._exit_code(left_behind=True)
        resume = [RESUME] if folder.journal.exists() else []
        then = [f"{THEN}={each.folder.path}" for each in queue.waiting]
        start_detached(folder, *resume, *then)
        to_stderr(in_background(folder))
        return 0

    def _exit_code(self, left_behind: bool) -> int:
        source = self.app.source
        reports_run = self._given or left_behind or self._ending == "terminated"
        if source is not None and reports_run:
            return {"finished": 0, "interrupted": 130}.get(self.app.own_status or "", 1)
        if self._ending == "broken":
            return 1
        return 130 if self._ending == "terminated" else self.app.return_code or 0

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Own SIGHUP, SIGINT, SIGTERM and its like while the app and its run last.

        The handlers run in the main thread, between two of its instructions, also while the event
        loop is blocked by a terminal that nobody reads: they first put the terminal in a hurry and
        then ask the loop to end.
        """
        wanted: dict[int, Callable[[int, FrameType | None], None]] = {
            signal.SIGINT: self._interrupt,
            **dict.fromkeys(END_SIGNALS, self._terminate),
        }
        if hasattr(signal, "SIGHUP"):
            wanted[signal.SIGHUP] = self._hang_up
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if not self._shown:
            self._left_alone = True
            if self._ending in ("keep", "broken"):
                self._ending = "hung up"
            return
        self._end_screen("hung up")

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._end_screen("terminated")

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1 and not self._shown:
            os._exit(130)  # twice: exit at once; the last checkpoint remains
        self._end_screen("terminated")

    def _end_screen(self, ending: Ending) -> None:
        if self._ending != "terminated":
            self._ending = ending
        if not self._shown:
            return
        if self._terminal is not None:
            # nobody may be there to read what the end draws; but a terminal that is there, such as
            # one of a multiplexer whose client was killed, is to be given back as it was
            self._terminal.hurry.set()
        loop = self.app._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.app.end, ending)
