"""The bytes that reach a real pseudo-terminal, of commands and of the screen."""

import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..warm import FFTUI, WarmProcess
from .folders import Corpus

PATIENCE_S = 120.0
# of `folders.TEXT`: a title, a place, directions, as bytes; and signs that fftui draws nowhere
THEIRS = re.compile(
    rb"\x1b\]0;PWNED|\x9b8888|\x1b\[8888|\xc2[\x80-\x9f]|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]"
    rb"|\xe2\x81[\xa0-\xaf]|\x00|\x7f"
)
COMMANDS = (
    ("runs",), ("runs", "--json"), ("show", "RUN"), ("show", "RUN", "--json"),
    ("show", "RUN", "--follow"), ("export", "RUN", "--table", "runs", "--raw"),
    ("export", "RUN", "--table", "runs", "--to", "markdown"), ("compare", "RUN", "OTHER"),
    ("note", "RUN"), ("tag", "RUN"), ("show", "\x1b]0;PWNED\x07"), ("--\x1b]0;PWNED\x07",),
    ("resume", "RUN", "--headless"),
)  # fmt: skip


def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    own = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "settings")}
    return kept | own | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


@pytest.mark.timeout(600)
def test_no_byte_of_theirs_reaches_the_terminal(
    corpus: Corpus, tmp_path: Path, on_terminal: Callable[..., tuple[int, str]]
) -> None:
    folder, other = corpus.add("texts"), corpus.add("formulas")
    corpus.add_names()
    names = {"RUN": str(folder.path), "OTHER": str(other.path)}
    for words in COMMANDS:
        called = [names.get(word, word) for word in words]
        if words[0][0] != "-":
            called += ["--runs", str(corpus.runs)]
        _, shown = on_terminal(FFTUI, called, tmp_path, environment(tmp_path))
        assert shown.strip(), words
        assert "Traceback" not in shown, shown
        assert not THEIRS.search(shown.encode()), (words, THEIRS.search(shown.encode()))


class Screen:
    """The screen on a pseudo-terminal, with what it has written."""

    def __init__(self, runs: Path, tmp_path: Path) -> None:
        self.terminal, its = os.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = WarmProcess(
            FFTUI,
            ["--runs", str(runs)],
            folder=tmp_path,
            environment=environment(tmp_path),
            terminal=its,
        )
        os.close(its)
        self.shown = b""

    def until(self, text: bytes) -> None:
        give_up = time.monotonic() + PATIENCE_S
        begun = len(self.shown)
        while text not in self.shown[begun:]:
            assert time.monotonic() < give_up, self.shown[-4000:]
            if select.select([self.terminal], [], [], 0.5)[0]:
                try:
                    self.shown += os.read(self.terminal, 65536)
                except OSError:
                    return

    def press(self, keys: bytes, shows: bytes) -> None:
        os.write(self.terminal, keys)
        self.until(shows)


@pytest.mark.timeout(600)
def test_no_byte_of_theirs_is_of_the_screen(corpus: Corpus, tmp_path: Path) -> None:
    corpus.add("texts")
    screen = Screen(corpus.runs, tmp_path)
    try:
        screen.until(b"quickstart")
        screen.press(b"r", b"status")
        screen.press(b"\r", b"SPOOFED")
        screen.press(b"t", b"Settings")
        os.write(screen.terminal, b"\x1b")
        time.sleep(0.5)
        screen.press(b"Y", b"opy")
        os.write(screen.terminal, b"\x03")
        screen.process.wait(PATIENCE_S)
    finally:
        screen.process.kill()
        os.close(screen.terminal)
    assert b"SPOOFED" in screen.shown
    assert not THEIRS.search(screen.shown), THEIRS.search(screen.shown)
