"""`ResilientDriver`, Textual's Linux driver made to survive the loss of its terminal, and captured
descriptors.

Textual's own driver writes through a thread that dies when the terminal is gone, after which its
queue fills and blocks the event loop; its input thread then reads an endless end-of-file at full
speed; and a terminal that is there but is not read blocks both. Here a write blocks no longer than
until the terminal is marked as gone, and the end of the input ends the input thread and notifies
the app.
"""

import fcntl
import os
import select
import struct
import sys
import tempfile
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import IO, Any, Protocol, cast

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from fftui.tui.fewer_bytes import in_fewer_bytes
from fftui.tui.graphics.abilities import Abilities, AnswerReader

POLL_S = 0.1  # the longest wait between two checks of the stop flags
PATIENCE_S = 0.5  # for a terminal that takes nothing, once the process is asked to end
READ_BYTES = 4096


class TerminalFile:
    """A file that writes to the terminal until it is `gone`, then drops everything; never raises or
    blocks forever.
    """

    def __init__(self, fd: int) -> None:
        """`fd` should be non-blocking."""
        self._fd = fd
        self.gone = Event()
        self.hurry = Event()

    def write(self, text: str) -> int:
        """Write `text`, or drop it once the terminal is gone.

        A terminal that nobody reads counts as gone where there is `hurry`.
        """
        left = memoryview(text.encode("utf-8", "replace"))
        waited_s = 0.0
        while left and not self.gone.is_set():
            if self.hurry.is_set() and waited_s >= PATIENCE_S:
                self.gone.set()
            try:
                if select.select([], [self._fd], [], POLL_S)[1]:
                    left = left[os.write(self._fd, left) :]
                    waited_s = 0.0
                else:
                    waited_s += POLL_S
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                self.gone.set()
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def fileno(self) -> int:
        """The file descriptor."""
        return self._fd

    def isatty(self) -> bool:
        """True."""
        return True


class TerminalApp(Protocol):
    """The app of a `ResilientDriver`."""

    terminal: TerminalFile | None

    def on_terminal_lost(self) -> None:
        """End the screen; called on the app's loop."""
        ...

    def leave_pictures(self) -> None:
        """Remove what pictures the terminal holds, while it is the screen's yet."""
        ...


def terminal_descriptor() -> int | None:
    """A new descriptor on the terminal of standard error, output or input; None where none is a
    terminal.

    The terminal is reopened where possible: making a shared one non-blocking would change it for
    the shell too.
    """
    for shared in (2, 1, 0):
        with suppress(OSError):
            name = os.ttyname(shared)
            with suppress(OSError):
                return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            return os.dup(shared)
    return None


class ResilientDriver(LinuxDriver):
    """Textual's driver on a `TerminalFile`; calls the app's `on_terminal_lost` when the terminal is
    gone.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._owner = cast("TerminalApp", app)  # Textual's type of it is `App`
        self.terminal = self._owner.terminal or TerminalFile(os.dup(2))
        self._file = cast("Any", self.terminal)
        self.shown = False  # whether the terminal is the screen's
        self._answers: AnswerReader | None = None  # to a question that waits for them
        self._answered: Callable[[Abilities], None] = lambda _: None

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal itself: standard output may be something else."""
        try:
            size = os.get_terminal_size(self.terminal.fileno())
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24

    def write(self, data: str) -> None:
        """Write to the screen; drop what comes while it is suspended or has ended."""
        if self._writer_thread is not None:
            super().write(in_fewer_bytes(data))

    def start_application_mode(self) -> None:
        """Take the terminal over."""
        self.shown = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self._owner.leave_pictures()
        self.shown = False
        super().stop_application_mode()

    def close(self) -> None:
        """End the thread that writes, once it has written everything."""
        super().close()
        self._writer_thread = None

    def _sigcont_application(self, *_: object) -> None:
        """Come back to the screen, unless its terminal was closed or the app has ended
        meanwhile.
        """
        if not self.terminal.gone.is_set() and self._loop.is_running():
            super()._sigcont_application()

    def reassert_modes(self) -> None:
        """Request mouse and paste reports again: a multiplexer may have forgotten them while nobody
        was attached.
        """
        if self.shown and not self.terminal.gone.is_set():
            self._enable_mouse_support()
            self._enable_bracketed_paste()

    @property
    def colours(self) -> str | None:
        """The colours that text is sent in, as Rich names them."""
        return self._app.console.color_system

    def cell_pixels(self) -> tuple[int, int] | None:
        """Width and height of a cell in pixels, where the terminal has told the system."""
        try:
            size = fcntl.ioctl(self.terminal.fileno(), termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return None
        rows, columns, width, height = struct.unpack("HHHH", size)
        cell = width // max(1, columns), height // max(1, rows)
        return cell if all(cell) else None

    def ask(self, question: str, answered: Callable[[Abilities], None]) -> None:
        """Send a question about pictures; `answered` is called on the app's loop once the terminal
        has said all, however late. Its answers do not reach the app as keys.
        """
        self._answered, self._answers = answered, AnswerReader()
        self.write(question)

    def _keys_in(self, text: str) -> str:
        """The part of what was read that is no answer to a question."""
        reader = self._answers
        if reader is None:
            return text
        keys = reader.feed(text) if text else reader.release()
        if reader.done:
            self._answers = None
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._answered, reader.abilities)
        return keys

    def run_input_thread(self) -> None:
        """Read keys until the driver stops or the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        while not self.exit_event.is_set():
            try:
                ready = select.select([self.fileno], [], [], POLL_S)[0]
                data = os.read(self.fileno, READ_BYTES) if ready else None
            except (OSError, ValueError):
                data = b""
            if data == b"":
                self._on_terminal_lost()
                return
            if keys := self._keys_in(decode(data) if data else ""):
                for event in parser.feed(keys):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass

    def _on_terminal_lost(self) -> None:
        """Mark the terminal as gone and notify the app."""
        self.terminal.gone.set()
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._owner.on_terminal_lost)


@contextmanager
def capture_descriptors() -> Iterator[IO[bytes]]:
    """Redirect descriptors 1 and 2, to which C libraries write, from the screen to the file that is
    yielded.
    """
    with tempfile.TemporaryFile() as captured:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        saved = {fd: os.dup(fd) for fd in (1, 2)}
        for fd in saved:
            os.dup2(captured.fileno(), fd)
        try:
            yield captured
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            for fd, original in saved.items():
                os.dup2(original, fd)
                os.close(original)


def close_descriptors() -> None:
    """Redirect descriptors 0, 1 and 2 to the null device: their terminal is gone, and writing to it
    would fail.
    """
    null_device = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null_device, fd)
    os.close(null_device)
