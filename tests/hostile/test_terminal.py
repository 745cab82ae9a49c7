"""The bytes that reach a real pseudo-terminal, of commands and of the screen."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ..pseudo_terminal import Child, start_on_terminal, until
from ..warm import FFTUI
from .folders import Corpus

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


# the keys from the first screen, and what the screen that each opens has in its title or footer
STEPS = (
    ("r", "Filter"), ("\r", "System"), ("t", "Settings ·"), ("b", "System"), ("a", "layer 2"),
    ("b", "System"), ("i", "Panes"), ("b", "System"), ("b", "Filter"), ("K", "Earlier"),
    ("b", "Filter"), (" ", ""), ("j", ""), (" ", ""), ("c", "Seeds"),
)  # fmt: skip


@pytest.mark.timeout(600)
def test_no_byte_of_theirs_reaches_the_terminal_from_a_screen(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.add("texts")
    corpus.add("formulas")
    corpus.add_names()
    words = ["--runs", str(corpus.runs)]
    child = start_on_terminal(FFTUI, words, tmp_path, {"XDG_CONFIG_HOME": str(tmp_path)})
    try:
        child.resize(160, 50)
        child.read_until(b"palette")
        for key, opened in STEPS:
            before = len(child.seen)
            child.press(key)
            until(lambda: _shows(child, before, opened), f"for {opened!r} after {key!r}")  # noqa: B023
        assert b"SPOOFED" in child.seen, "no hostile run was on the screen"
        assert not THEIRS.search(child.seen), THEIRS.search(child.seen)
    finally:
        child.close()


def _shows(child: Child, before: int, text: str) -> bool:
    child.read_some(0.1)
    return text.encode() in child.seen[before:]
