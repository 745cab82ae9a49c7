"""How pictures are to be drawn: what is set comes first, and who is asked nothing."""

import pytest

from fftui.text.pictures_wanted import CHOICES, Wanted, first_wanted, may_be_asked, multiplexer


def test_what_is_set_comes_before_what_was_chosen() -> None:
    assert first_wanted(None, {}) == "auto"
    assert first_wanted("sixel", {}) == "sixel"
    assert first_wanted("of a later version", {}) == "auto"
    assert first_wanted("sixel", {"FFTUI_PICTURES": "cells"}) == "cells"
    assert first_wanted("sixel", {"FFTUI_PICTURES": ""}) == "sixel"


@pytest.mark.parametrize(
    ("environ", "asked_in"),
    [
        ({"TERM": "xterm-kitty"}, {"auto", "kitty", "sixel"}),
        ({"TERM": "xterm", "TMUX": "/tmp/1"}, {"kitty", "sixel"}),
        ({"TERM": "xterm", "STY": "1.a"}, {"kitty", "sixel"}),
        ({"TERM": "xterm", "ZELLIJ": "0"}, {"kitty", "sixel"}),
        ({"TERM": "tmux-256color"}, {"kitty", "sixel"}),  # around where the user logged in from
        ({"TERM": "screen"}, {"kitty", "sixel"}),
        ({"TERM": "linux"}, set()),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, set()),
    ],
)
def test_a_terminal_that_draws_none_is_not_asked(
    environ: dict[str, str], asked_in: set[Wanted]
) -> None:
    assert {wanted for wanted in CHOICES if may_be_asked(wanted, environ)} == asked_in


def test_a_multiplexer_has_a_name() -> None:
    assert multiplexer({"ZELLIJ": "0"}) == "zellij"
    assert multiplexer({}) is None
