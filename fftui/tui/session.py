"""The screen in its process: the terminal it is shown on, the signals, what becomes of a run, the exit code."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from fftui.errors import RequestError
from fftui.streams import say
from fftui.tui.app import Ending, FFTUIApp
from fftui.tui.sources import LiveSource
from fftui.tui.workbench import Workbench

if TYPE_CHECKING:
    from fftui.runs.carrier import Carrier
    from fftui.tui.terminal import TerminalFile

LOOK_S = 0.2


def run_app(runs_dir: Path, data_folder: Path | None, device: str, carrier: "Carrier | None" = None) -> int:
    """Show the screen until it is left, and see every run that is then at work to its end.

    With `carrier`, a run that has been started, its live screen opens first. The exit code is 0, or that of the run
    that was given or left behind: 1 if it failed, 130 if it was stopped. Raises RequestError without a terminal.
    """
    if not sys.stdin.isatty():
        msg = "the screen needs a terminal: run `fftui run --preset NAME --headless` without one"
        raise RequestError(msg)
    session = Session(Workbench(runs_dir, data_folder, device), carrier)
    return session.run()


class Session:
    """The screen, the signals and the trainer of one process, from start to exit code."""

    def __init__(self, workbench: Workbench, carrier: "Carrier | None") -> None:
        self._given = carrier is not None
        source = None if carrier is None else LiveSource(carrier.folder.id, carrier)
        self._terminal = self._open_terminal()
        self.app = FFTUIApp(workbench, source=source, terminal=self._terminal)
        self._ending: Ending | None = None
        self._shown = True
        self._interrupts = 0

    def run(self) -> int:
        """Show the screen, wait for the run, and return the exit code."""
        with self._signals():
            said = self._show_screen()
            left_behind = self.app.busy
            hung_up = self._ending == "hung up"
            if hung_up:
                from fftui.tui.terminal import silence  # noqa: PLC0415

                silence()
            else:
                if said:
                    say(said)  # what libraries wrote while the screen was up
                self._tell(left_behind)
            self.app.join_threads()
            self._wait()
        return self._exit_code(left_behind)

    def _show_screen(self) -> str:
        """Run the app; what was written to the standard descriptors meanwhile."""
        if self._terminal is None:
            ending = self.app.run()
            self._ending = self._ending or ending
            return ""
        from fftui.tui.terminal import quiet_descriptors  # noqa: PLC0415

        with quiet_descriptors() as caught:
            ending = self.app.run()
            self._ending = self._ending or ending
            self._shown = False
            for number in (signal.SIGTSTP, signal.SIGCONT):
                signal.signal(number, signal.SIG_DFL)  # the driver's handlers would bring the screen back
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            caught.seek(0)
            text = caught.read().decode("utf-8", "replace").strip()
        return "\n".join(text.splitlines()[-40:])

    @staticmethod
    def _open_terminal() -> "TerminalFile | None":
        if os.name != "posix":
            return None
        from fftui.tui.terminal import TerminalFile, terminal_descriptor  # noqa: PLC0415

        fd = terminal_descriptor()
        return None if fd is None else TerminalFile(fd)

    def _tell(self, left_behind: bool) -> None:
        """Say on the plain terminal what goes on without the screen."""
        if not left_behind or self.app.source is None:
            return
        run = self.app.source.run
        if self._ending in ("stop", "terminated"):
            text = f"stopping {run}: the checkpoint is being written"
        else:
            text = f"{run} goes on learning without the screen; Ctrl-C stops it with a checkpoint"
        say(text)

    def _wait(self) -> None:
        """Wait for the trainer, awake enough to notice signals."""
        while (trainer := self.app.trainer) is not None:
            if self._ending in ("stop", "terminated"):
                trainer.stop()
                self._ending = "quit" if self._ending == "stop" else self._ending
                while trainer.is_alive():
                    trainer.join(LOOK_S)
            trainer.join(LOOK_S)

    def _exit_code(self, left_behind: bool) -> int:
        source = self.app.source
        asked_after = self._given or left_behind or self._ending == "terminated"
        if source is not None and asked_after:
            return {"finished": 0, "interrupted": 130}.get(source.view.status, 1)
        return 130 if self._ending == "terminated" else self.app.return_code or 0

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Own SIGHUP, SIGTERM and SIGINT while the session lasts.

        The handlers run in the main thread, between two of its instructions, also while the event loop is blocked by
        a terminal that nobody reads: they first let go of the terminal and then ask the loop to end.
        """
        wanted: dict[str, Callable[[int, FrameType | None], None]] = {
            "SIGHUP": self._hang_up,
            "SIGTERM": self._terminate,
            "SIGINT": self._interrupt,
        }
        before = {
            getattr(signal, name): signal.signal(getattr(signal, name), handler)
            for name, handler in wanted.items()
            if hasattr(signal, name)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if not self._shown:
            self._ending = "hung up" if self._ending == "keep" else self._ending
            return
        self._end_screen("hung up")

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._end_screen("terminated")

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1 and not self._shown:
            os._exit(130)  # twice: leave at once; the last checkpoint stands
        self._end_screen("terminated")

    def _end_screen(self, ending: Ending) -> None:
        if self._ending != "terminated":
            self._ending = ending
        if not self._shown:
            return
        if ending == "hung up" and self._terminal is not None:
            self._terminal.gone.set()
        loop = self.app._loop
        if loop is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.app.end, ending)
