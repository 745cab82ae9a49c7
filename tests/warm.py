"""Processes that have torch and Textual loaded when they begin, seconds sooner than a new
interpreter: forked, as the product's own runs are, from a server that has loaded them and done
nothing with them.

Each is a process of its own: its signals, streams, terminal, working folder and exit code are those
of any program. How a program starts from nothing is for other tests.
"""

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from fftui.runs import run_process

# what a command and a screen load besides, a second each time
run_process.PRELOADED += ["fftui.cli.main", "fftui.text.headless", "fftui.tui.app_runner"]
FFTUI = "import sys; sys.argv[0] = 'fftui'\nfrom fftui.cli.main import main\nmain()\n"
# what the process does first: it takes its streams, its environment and its folder
PROGRAM = """
import atexit, fcntl, os, signal, sys, termios
if has_terminal:
    os.setsid()
    fcntl.ioctl(streams[0].fileno(), termios.TIOCSCTTY, 0)
for number, stream in enumerate(streams):
    os.dup2(stream.fileno(), number)
for stream in {id(stream): stream for stream in streams}.values():
    stream.close()
sys.stdin = sys.__stdin__ = open(0, closefd=False)
sys.stdout = sys.__stdout__ = open(1, "w", closefd=False, buffering=1)
sys.stderr = sys.__stderr__ = open(2, "w", closefd=False, buffering=1)
os.environ.clear()
os.environ.update(environment)
os.chdir(folder)
sys.argv = ["-c", *words]
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
try:
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
finally:
    atexit._run_exitfuncs()
"""


class WarmProcess:
    """Runs `code` with the arguments `words`, as `python -c` does. To be used as a
    `subprocess.Popen` of text is.
    """

    def __init__(
        self,
        code: str,
        words: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        terminal: int | None = None,
    ) -> None:
        """`terminal` is the descriptor of its terminal; without one its output is kept."""
        self._read: list[list[bytes]] = [[], []]
        self._readers: list[threading.Thread] = []
        if terminal is None:
            streams = [Connection(os.open(os.devnull, os.O_RDONLY)), self._kept(0), self._kept(1)]
        else:
            streams = [Connection(os.dup(terminal))] * 3
        names: dict[str, Any] = {
            "code": code,
            "words": list(words),
            "folder": str(folder),
            "environment": dict(environment),
            "streams": streams,
            "has_terminal": terminal is not None,
        }
        context = run_process._context()  # says what the server loads, before it is started
        with run_process._without_main():
            run_process._start_helpers()
            self._process = context.Process(target=exec, args=(PROGRAM, names))
            self._process.start()
        for stream in {id(stream): stream for stream in streams}.values():
            stream.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def _kept(self, number: int) -> Connection:
        """The end of a pipe to write to, whose other end is read all along."""
        ours, its = run_process._context().Pipe(duplex=False)

        def read() -> None:
            while part := os.read(ours.fileno(), 65536):
                self._read[number].append(part)
            ours.close()

        self._readers.append(threading.Thread(target=read, daemon=True))
        self._readers[-1].start()
        return its  # type: ignore[return-value]

    @property
    def returncode(self) -> int | None:
        """The exit code, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired where it goes on for longer."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a warm process", timeout or 0.0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has written, once it has ended. Raises as `wait` does."""
        self.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        out, err = (b"".join(parts).decode() for parts in self._read)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.exitcode is None:
            psutil.Process(self.pid).send_signal(number)

    def kill(self) -> None:
        """End it at once, unless it has ended."""
        self._process.kill()
