"""A terminal that may go away: Textual's Linux driver, made to survive that, and quiet file descriptors.

Textual's own driver writes through a thread that dies when the terminal is gone, after which its queue fills and
blocks the event loop; its input thread then reads an endless end-of-file at full speed; and a terminal that is there
but is not read blocks both. Here writes never block for longer than it takes to notice that nobody wants them any
more, and the end of the input ends the thread and tells the app.
"""

import os
import select
import sys
import tempfile
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import IO, TYPE_CHECKING, Any, cast

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

LOOK_S = 0.1  # how often a wait looks whether it is still wanted
READ_BYTES = 4096


class TerminalFile:
    """Writes to the terminal until it is `gone`; then everything is dropped. Never raises, never blocks for good."""

    def __init__(self, fd: int) -> None:
        """Take `fd`, which should not block."""
        self._fd = fd
        self.gone = Event()

    def write(self, text: str) -> int:
        """Write `text`, or drop it once the terminal is gone."""
        left = memoryview(text.encode("utf-8", "replace"))
        while left and not self.gone.is_set():
            try:
                if select.select([], [self._fd], [], LOOK_S)[1]:
                    left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                self.gone.set()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def isatty(self) -> bool:
        """It is one."""
        return True


def terminal_descriptor() -> int | None:
    """A descriptor of its own on the terminal of standard error, output or input; None where none is a terminal.

    It is opened anew where possible: making a shared one non-blocking would change it for the shell too.
    """
    for shared in (2, 1, 0):
        with suppress(OSError):
            name = os.ttyname(shared)
            with suppress(OSError):
                return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            return os.dup(shared)
    return None


class HardyDriver(LinuxDriver):
    """Textual's driver on a `TerminalFile`; tells the app when the terminal is gone."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.terminal = cast("FFTUIApp", app).terminal or TerminalFile(os.dup(2))
        self._file = cast("Any", self.terminal)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal itself: standard output may be something else."""
        try:
            size = os.get_terminal_size(self.terminal.fileno())
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24

    def reassert_modes(self) -> None:
        """Ask for mouse and paste reports again: a multiplexer may have forgotten them while nobody was attached."""
        if not self.terminal.gone.is_set():
            self._enable_mouse_support()
            self._enable_bracketed_paste()

    def run_input_thread(self) -> None:
        """Read keys until told to end, or until the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        while not self.exit_event.is_set():
            try:
                ready = select.select([self.fileno], [], [], LOOK_S)[0]
                data = os.read(self.fileno, READ_BYTES) if ready else None
            except (OSError, ValueError):
                data = b""
            if data == b"":
                self._lost()
                return
            if data:
                for event in parser.feed(decode(data)):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass

    def _lost(self) -> None:
        """Nobody is there any more."""
        self.terminal.gone.set()
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(cast("FFTUIApp", self._app).lose_terminal)


@contextmanager
def quiet_descriptors() -> Iterator[IO[bytes]]:
    """Keep what C libraries write to descriptors 1 and 2 off the screen; it lands in the file that is yielded."""
    with tempfile.TemporaryFile() as caught:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        saved = {fd: os.dup(fd) for fd in (1, 2)}
        for fd in saved:
            os.dup2(caught.fileno(), fd)
        try:
            yield caught
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            for fd, kept in saved.items():
                os.dup2(kept, fd)
                os.close(kept)


def silence() -> None:
    """Point descriptors 0, 1 and 2 nowhere: their terminal is gone, and writing to it would fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)
