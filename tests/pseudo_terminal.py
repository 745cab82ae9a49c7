"""Processes on a terminal of their own, and the state in which they leave it."""

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from .warm import WarmProcess

PATIENCE_S = 120.0
MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
KEYBOARD = re.compile(rb"\x1b\[([<>=])[\d;]*u")
# What a terminal does before anything is said to it: line wrap and the cursor are on.
ON_AT_FIRST = frozenset({7, 25})
NAMES = {
    7: "line wrap", 25: "cursor", 1000: "mouse", 1003: "mouse movement", 1004: "focus reports",
    1006: "mouse as SGR", 1015: "mouse as urxvt", 1016: "mouse in pixels", 1049: "alternate screen",
    2004: "bracketed paste", 2026: "synchronised output", 2048: "resize reports",
}  # fmt: skip


@dataclass
class Child:
    """A process on a pseudo-terminal of its own."""

    process: WarmProcess
    master: int
    attributes: list[Any]  # termios, before the process began
    seen: bytes = b""

    @property
    def pid(self) -> int:
        return self.process.pid

    def read_until(self, wanted: bytes, timeout_s: float = PATIENCE_S) -> bytes:
        """Read the screen until it holds `wanted`."""
        until = time.monotonic() + timeout_s
        while wanted not in self.seen:
            assert time.monotonic() < until, self.seen[-2000:]
            if not self.read_some(0.1):
                break
        assert wanted in self.seen, self.seen[-2000:]
        return self.seen

    def read_some(self, timeout_s: float) -> bool:
        """Read what is there; False once the terminal is closed."""
        if select.select([self.master], [], [], timeout_s)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            self.seen += data
            return bool(data)
        return True

    def cpu_s(self) -> float:
        """Processor seconds used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def wait(self, timeout_s: float = PATIENCE_S) -> int:
        """The exit code; the screen is read meanwhile, unless it is closed."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if self.master >= 0:
                self.read_some(0.02)
            else:
                time.sleep(0.02)
            if (code := self.process.returncode) is not None:
                while self.master >= 0 and select.select([self.master], [], [], 0)[0]:
                    if not self.read_some(0.0):
                        break
                return code
        raise AssertionError("the process does not end", self.seen[-2000:])

    def press(self, keys: str) -> None:
        """Type on its terminal."""
        os.write(self.master, keys.encode())

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of its terminal."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.send(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        """Kill it and close its terminal."""
        self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)

    def terminal_changes(self) -> list[str]:
        """What is not with its terminal as it was before the start."""
        changed = modes_left(self.seen)
        if termios.tcgetattr(self.master) != self.attributes:
            changed.append("termios")
        return changed


def start_on_terminal(
    code: str, words: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Child:
    """Start `python -c code` on a terminal of 80 columns and 24 rows."""
    master, its = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    attributes = termios.tcgetattr(master)
    wanted = os.environ | {"TERM": "xterm-256color", "OMP_NUM_THREADS": "1"} | (environment or {})
    process = WarmProcess(code, words, folder=folder, environment=wanted, terminal=its)
    os.close(its)
    return Child(process, master, attributes)


@dataclass
class _Terminal:
    """The modes of a terminal, and how often the keyboard's protocol was changed on each of its two
    screens.
    """

    modes: set[int] = field(default_factory=lambda: set(ON_AT_FIRST))
    keyboards: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})

    def set(self, numbers: bytes, on: bool) -> None:
        for number in map(int, numbers.split(b";")):
            (self.modes.add if on else self.modes.discard)(number)

    def keyboard(self, how: bytes) -> None:
        alternate = 1049 in self.modes
        change = {b">": 1, b"<": -1}.get(how, 0)
        self.keyboards[alternate] = max(0, self.keyboards[alternate] + change)


def modes_left(written: bytes) -> list[str]:
    """The modes of a terminal to which `written` was sent that are not as at first, by name."""
    terminal = _Terminal()
    found = [*MODES.finditer(written), *KEYBOARD.finditer(written)]
    for each in sorted(found, key=lambda match: match.start()):
        if each.re is MODES:
            terminal.set(each[1], each[2] == b"h")
        else:
            terminal.keyboard(each[1])
    left = [NAMES.get(number, str(number)) for number in sorted(terminal.modes ^ ON_AT_FIRST)]
    return left + ["keyboard protocol"] * any(terminal.keyboards.values())


def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for `condition`."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited too long {what}"
        time.sleep(0.05)
