"""A real pseudo-terminal that answers as others do: what it is sent of the screen with pictures."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fftui.tui.graphics.abilities import QUERY

from ..pseudo_terminal import Child, start_on_terminal

pytest.importorskip("pty")

ROOT = Path(__file__).parents[2]
SCREEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import fftui.tui.look_backend
from fftui.runs.workspace import Workspace
from fftui.tui.app_runner import run_app
from fftui.tui.messages import LookInto
from tests.tui.look.reports import FakeLookBackend

fftui.tui.look_backend.LookBackend = lambda *_: FakeLookBackend()
sys.exit(run_app(Workspace(Path(sys.argv[1]), None, "cpu"), first=[LookInto("r", 1)]))
"""
ASKED = QUERY.encode()
KITTY = b"\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;20;10t\x1b[?62;c"
SIXEL = b"\x1bP>|XTerm(379)\x1b\\\x1b[6;20;10t\x1b[?1;0;256S\x1b[?2;0;1000;1000S\x1b[?63;4c"
PLAIN = b"\x1b[?1;2c"
SENT, REMOVED, DRAWN = rb"\x1b_Ga=T,", rb"\x1b_Ga=d,d=I,", rb"\x1bP0;1;0q"
HALF_BLOCK = "▀".encode()
LEFT = b"\x1b[?1049l"


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Opens the screen on a terminal of 160 columns and 50 rows."""
    children: list[Child] = []

    def start(**environment: str) -> Child:
        own = {
            "XDG_CONFIG_HOME": str(tmp_path), "COLORTERM": "truecolor", "LANG": "C.UTF-8",
            "TMUX": "", "STY": "", "ZELLIJ": "", "TERM_PROGRAM": "", "NO_COLOR": "",
        }  # fmt: skip
        words = [str(tmp_path / "runs"), str(ROOT)]
        child = start_on_terminal(SCREEN, words, tmp_path, own | environment)
        child.resize(160, 50)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close()


def answer(child: Child, answers: bytes) -> None:
    child.press(answers.decode())


def read_until(child: Child, pattern: bytes, times: int = 1) -> None:
    while len(re.findall(pattern, child.seen)) < times:
        assert child.read_some(60.0), child.seen[-2000:]


def quit_and_wait(child: Child) -> None:
    child.press("q")
    assert child.wait() == 0
    assert child.terminal_changes() == []


def test_a_kitty_is_sent_pictures_and_told_to_forget_them(look: Callable[..., Child]) -> None:
    child = look()
    child.read_until(ASKED)
    answer(child, KITTY)
    read_until(child, SENT, 3)
    quit_and_wait(child)
    sent = len(re.findall(SENT, child.seen))  # weights once more where all images order them anew
    assert sent >= 3
    assert len(re.findall(REMOVED, child.seen[: child.seen.index(LEFT)])) == sent
    assert not re.search(DRAWN, child.seen)


def test_a_terminal_with_sixel_is_sent_sixel(look: Callable[..., Child]) -> None:
    child = look()
    child.read_until(ASKED)
    answer(child, SIXEL)
    read_until(child, DRAWN, 3)
    quit_and_wait(child)
    assert b"\x1b_G" not in child.seen


@pytest.mark.parametrize("answers", [KITTY, SIXEL])
def test_a_late_answer_in_pieces_is_no_key(look: Callable[..., Child], answers: bytes) -> None:
    child = look()
    child.read_until(ASKED)
    read_until(child, HALF_BLOCK)  # drawn in cells meanwhile
    for at in range(0, len(answers), 7):
        answer(child, answers[at : at + 7])
        child.read_some(0.02)
    read_until(child, SENT if answers is KITTY else DRAWN, 3)
    # b would have left the screen, ? and digits opened help and chosen panes
    child.press("!")
    quit_and_wait(child)
    assert child.seen.count(ASKED) == 1


@pytest.mark.parametrize(
    ("environment", "asked", "answers"),
    [
        ({}, 1, PLAIN),
        ({}, 1, b""),
        ({"FFTUI_PICTURES": "cells"}, 0, b""),
        ({"TMUX": "/nowhere,1,0"}, 0, b""),
        ({"TERM": "screen-256color"}, 0, b""),
    ],
)
def test_all_others_are_sent_half_blocks(
    look: Callable[..., Child], environment: dict[str, str], asked: int, answers: bytes
) -> None:
    child = look(**environment)
    if asked:
        child.read_until(ASKED)
        answer(child, answers)
    read_until(child, HALF_BLOCK)
    quit_and_wait(child)
    assert child.seen.count(ASKED) == asked
    assert not re.search(rb"\x1b_G|\x1bP", child.seen)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"FFTUI_ASCII": "1"}])
def test_without_colours_nothing_is_asked(
    look: Callable[..., Child], environment: dict[str, str]
) -> None:
    child = look(**environment)
    child.read_until(b"First-layer weights")
    quit_and_wait(child)
    assert ASKED not in child.seen
    assert not re.search(rb"\x1b_G|\x1bP", child.seen)
