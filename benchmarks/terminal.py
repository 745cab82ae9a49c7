"""A program on a pseudo-terminal that is read as fast as it is written."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

FFTUI = (sys.executable, "-m", "fftui")


class Terminal:
    """The terminal of a program that runs."""

    def __init__(self, pid: int, master: int) -> None:
        self.pid, self._master = pid, master
        self.written = 0  # bytes

    def read_for(self, seconds: float) -> int:
        """Read for so long; returns the number of bytes."""
        before, until = self.written, time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self._read()
        return self.written - before

    def read_until(self, wanted: bytes) -> None:
        """Read until the screen has shown `wanted`. Raises OSError where the program has ended."""
        seen = b""
        while wanted not in seen:
            seen += self._read()

    def press(self, key: str) -> None:
        """Type a key, as the terminal sends it."""
        os.write(self._master, key.encode())

    def read_to_the_end(self) -> None:
        """Read until the program has closed its terminal, which is when a shell has it again."""
        try:
            while self._read():
                pass
        except OSError:  # how Linux says that nothing has the terminal open any more
            return

    def processor_s(self) -> float:
        """Processor seconds that the program has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        """Bytes of memory that the program has now."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def _read(self) -> bytes:
        data = os.read(self._master, 65536)
        self.written += len(data)
        return data


@contextmanager
def terminal(
    words: Sequence[str], runs: Path, size: tuple[int, int], program: Sequence[str] = FFTUI
) -> Iterator[Terminal]:
    """`fftui` with these words over a runs folder, on a terminal of so many columns and rows; it is
    killed at the end. `program` is what begins it.
    """
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(program[0], [*program, *words, "--runs", str(runs)])
    try:
        columns, rows = size
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        yield Terminal(pid, master)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(master)
        os.waitpid(pid, 0)
