import os
import subprocess
import sys
from pathlib import Path

import pytest

from fftui.doctor import terminal_section
from fftui.doctor.checks import Check

fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")


def checks(**environ: str) -> dict[str, Check]:
    return {check.key: check for check in terminal_section.terminal_section(environ).checks}


@pytest.mark.parametrize(
    ("environ", "colours", "state"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor", "ok"),
        ({"TERM": "xterm-256color"}, "256", "ok"),
        ({"TERM": "xterm"}, "16", "note"),
        ({"TERM": "dumb"}, "none", "note"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "none", "ok"),
    ],
)
def test_colours_are_those_that_the_screen_sends(
    environ: dict[str, str], colours: str, state: str
) -> None:
    found = checks(**environ)["colours"]
    assert found.state == state
    assert isinstance(found.value, dict)
    assert found.value["colours"] == colours


def test_a_terminal_that_cannot_move_its_cursor_is_noted() -> None:
    assert checks(TERM="dumb")["term"].state == "note"
    assert checks()["term"].text == "not set"
    assert checks(TERM="screen")["term"].state == "ok"


@pytest.mark.parametrize(
    ("environ", "inside", "ssh", "state"),
    [
        ({}, None, False, "ok"),
        ({"SSH_CONNECTION": "a"}, None, True, "note"),
        ({"STY": "1.a", "SSH_TTY": "a"}, "screen", True, "ok"),
        ({"ZELLIJ": "0"}, "zellij", False, "ok"),
    ],
)
def test_what_lies_between_is_reported(
    environ: dict[str, str], inside: str | None, ssh: bool, state: str
) -> None:
    found = checks(**environ)["session"]
    assert (found.value, found.state) == ({"multiplexer": inside, "ssh": ssh}, state)


@pytest.mark.parametrize(
    ("setting", "features", "state", "said"),
    [
        (None, None, "note", "tmux does not answer"),
        ("external", None, "missing", "set-clipboard is external"),
        ("on", "256,title", "note", "does not know"),
        ("on", "256,clipboard", "ok", "passes it on"),
        ("on", None, "ok", "passes it on"),
    ],
)
def test_tmux_tells_whether_copied_text_reaches_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
    setting: str | None,
    features: str | None,
    state: str,
    said: str,
) -> None:
    monkeypatch.setattr(
        terminal_section,
        "_ask_tmux",
        lambda kind, *_: setting if kind == "show-options" else features,
    )
    found = checks(TMUX="/tmp/tmux-0/default,1,0")["osc52"]
    assert found.state == state
    assert said in found.text


def test_without_a_tmux_that_answers_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checks(TMUX="gone")["osc52"].text == "not known: tmux does not answer"
    assert checks(STY="1.a")["osc52"].state == "missing"


SHOW = """
from fftui.doctor.checks import Report
from fftui.doctor.render import output_has_colour, output_width, report_text
from fftui.doctor.terminal_section import terminal_section
from fftui.text.streams import styled_to_stdout
text = report_text(Report((terminal_section(),)), output_width(), colour=output_has_colour())
styled_to_stdout(text)
"""


def shown(columns: int, rows: int, **environ: str) -> str:
    """What the section says on a terminal of that size, in an environment of nothing else."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (rows, columns))
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])} | environ
    with subprocess.Popen(
        [sys.executable, "-c", SHOW], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as run:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += (read := os.read(ours, 65536))
            except OSError:  # how Linux says that nobody has it open any more
                break
            if not read:
                break
        os.close(ours)
    assert run.returncode == 0, text
    return text.decode().replace("\r\n", "\n")


def test_a_real_terminal_is_reported_with_its_size() -> None:
    text = shown(80, 24, TERM="xterm-256color", LANG="C.UTF-8", NO_COLOR="1")
    assert "ok       terminals  stdin, stdout, stderr\n" in text
    assert "ok       size       80 columns, 24 rows\n" in text
    assert "none, as NO_COLOR asks" in text
    assert "yes: the locale is C.UTF-8" in text
    assert "\x1b" not in text


def test_a_small_terminal_is_noted_and_the_text_fits_it() -> None:
    text = shown(60, 20, TERM="dumb", LC_ALL="C.UTF-8", FFTUI_ASCII="1")
    assert "note     size       60 columns, 20 rows" in text
    assert "no, as FFTUI_ASCII=1 asks" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 60


def test_colours_are_for_terminals_that_have_them() -> None:
    text = shown(100, 30, TERM="xterm", LANG="C")
    assert "\x1b[32mok     \x1b[0m" in text
    assert "no: the locale is C" in text


@pytest.mark.parametrize(
    ("environ", "value"),
    [
        ({"TERM": "xterm-kitty"}, "auto"),
        ({"TERM": "xterm", "FFTUI_PICTURES": "sixel"}, "sixel"),
        ({"TERM": "xterm", "STY": "1.a"}, "cells"),
        ({"TERM": "xterm", "STY": "1.a", "FFTUI_PICTURES": "kitty"}, "kitty"),
        ({"TERM": "xterm", "NO_COLOR": "1", "FFTUI_PICTURES": "kitty"}, "cells"),
    ],
)
def test_how_pictures_are_drawn_is_said(
    environ: dict[str, str], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFTUI_ASCII", "0")
    found = checks(**environ)["pictures"]
    assert (found.value, found.state) == (value, "ok")
