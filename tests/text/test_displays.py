"""What decides between a bar and plain lines."""

import sys

import pytest

from fftui import events as ev
from fftui.runs.view import RunView
from fftui.text.displays import Bar, PlainLines, Unfailing, display_here


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"])
def test_no_variable_makes_a_log_an_animation(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(display_here(), PlainLines)


@pytest.mark.parametrize(
    ("term", "display"), [("xterm", Bar), ("linux", Bar), ("dumb", PlainLines)]
)
def test_a_terminal_that_moves_its_cursor_has_a_bar(
    monkeypatch: pytest.MonkeyPatch, term: str, display: type
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    shown = display_here()
    assert type(shown) is display
    shown.close()


def test_a_display_that_fails_ends_alone_and_says_so_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken(PlainLines):
        def on_event(self, event: ev.Event, view: RunView) -> None:
            raise UnicodeEncodeError("ascii", "x", 0, 1, "no such sign")

    display = Unfailing(Broken())
    for _ in range(3):
        display.on_event(ev.Noted("a note"), RunView())
    display.refresh(RunView())
    display.close()
    assert capsys.readouterr().err.count("the run goes on") == 1
