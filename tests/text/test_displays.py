"""What decides between a bar and plain lines."""

import sys

import pytest

from fftui.text.displays import Bar, PlainLines, display_here


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
