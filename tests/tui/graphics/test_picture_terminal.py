"""A picture is sent once, and removed when nothing shows it; without an answer nothing is sent."""

from collections.abc import Callable

import pytest

from fftui.network_report import Picture
from fftui.text.pictures_wanted import Wanted
from fftui.tui.graphics import kitty
from fftui.tui.graphics.abilities import Abilities
from fftui.tui.graphics.mosaic import Mosaic
from fftui.tui.graphics.picture_terminal import PictureTerminal

from .links import KITTY, PLAIN, SIXEL, FakeLink
from .test_sixel import decode

CELL = (10, 20)


@pytest.fixture(autouse=True)
def outside_a_multiplexer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "ZELLIJ", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def asked(link: FakeLink, wanted: Wanted = "auto") -> PictureTerminal:
    terminal = PictureTerminal(wanted, lambda: link)
    terminal.ask(lambda: None)
    return terminal


def mosaic(value: int) -> Mosaic:
    return Mosaic((Picture(8, 8, 1, bytes([value]) * 64),), 1, 4, 2, 4.0)


@pytest.mark.parametrize(
    ("link", "wanted", "protocol", "cell"),
    [
        (FakeLink(KITTY), "auto", "kitty", (10, 20)),
        (FakeLink(SIXEL, told=None), "auto", "sixel", (10, 20)),
        (FakeLink(SIXEL, told=(8, 17)), "auto", "sixel", (8, 17)),
        (FakeLink(SIXEL), "cells", None, None),
        (FakeLink(SIXEL), "kitty", "kitty", (10, 20)),
        (FakeLink(KITTY), "sixel", "sixel", (10, 20)),
        (FakeLink(KITTY, colours="standard"), "auto", None, None),
        (FakeLink(PLAIN), "auto", None, None),
        (FakeLink(PLAIN, told=None), "sixel", "sixel", None),  # where pixels are is not known
        (FakeLink(PLAIN, told=None), "kitty", "kitty", (10, 20)),
        (FakeLink(None), "auto", None, None),
        (FakeLink(None), "kitty", None, None),
    ],
)
def test_how_pictures_are_drawn(
    link: FakeLink, wanted: Wanted, protocol: str | None, cell: tuple[int, int] | None
) -> None:
    terminal = asked(link, wanted)
    assert (terminal.protocol, terminal.cell) == (protocol, cell)
    assert link.asked == (wanted != "cells")
    assert link.sent == []


def test_it_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    link, calls = FakeLink(), list[int]()
    terminal = asked(link)
    terminal.ask(lambda: calls.append(1))
    assert (link.asked, calls) == (1, [1])
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    inside = FakeLink()
    assert asked(inside).protocol is None
    assert inside.asked == 0


def test_without_a_way_to_a_terminal_there_are_cells() -> None:
    terminal = PictureTerminal("kitty")
    terminal.ask(lambda: None)
    assert terminal.protocol is None
    terminal.leave()


def test_what_is_chosen_is_kept_and_asked_for() -> None:
    kept: list[Wanted] = []
    link = FakeLink(SIXEL)
    terminal = PictureTerminal("cells", lambda: link, kept.append)
    called: list[Callable[[], None]] = []
    terminal.choose("auto", lambda: called.append(print))
    assert (terminal.protocol, kept, link.asked, len(called)) == ("sixel", ["auto"], 1, 1)


def test_a_picture_is_sent_once_and_removed_once() -> None:
    link = FakeLink()
    terminal = asked(link)
    inks = terminal.send("inputs", [mosaic(1), mosaic(2)], CELL)
    assert len(set(inks)) == 2
    assert link.count("a=T") == 2
    assert terminal.send("inputs", [mosaic(1), mosaic(2)], CELL) == inks
    terminal.remove_unused()
    assert link.count("a=T") == 2
    assert link.count("a=d") == 0
    assert terminal.send("inputs", [mosaic(2)], CELL) == inks[1:]
    terminal.remove_unused()
    gone = int(inks[0][1:], 16)
    assert link.sent[-1] == kitty.deletion(gone)
    terminal.send("weights", [mosaic(3)], CELL)
    terminal.leave()
    assert link.count("a=d") == link.count("a=T") == 3
    terminal.leave()
    assert link.count("a=d") == 3


def test_more_pictures_than_numbers_one_after_the_other() -> None:
    link = FakeLink()
    terminal = asked(link)
    for value in range(2 * kitty.NUMBERS):
        terminal.send("inputs", [mosaic(value)], CELL)
        terminal.remove_unused()
    assert link.count("a=T") == link.count("a=d") + 1 == 2 * kitty.NUMBERS


def test_inside_tmux_each_message_is_passed_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    link = FakeLink(PLAIN)
    asked(link, "kitty").send("inputs", [mosaic(1)], CELL)
    assert all(each.startswith("\x1bPtmux;\x1b\x1b_G") for each in link.sent)


def test_sixel_is_drawn_line_by_line_in_pieces_that_the_terminal_takes() -> None:
    link = FakeLink(Abilities("XTerm(379)", (4,), CELL, 16, (45, 45)))
    picture = Picture(8, 8, 1, bytes(range(64)))
    wide = Mosaic((picture,) * 4, 2, 6, 3, 7.0, gap=1, skip=1)
    asked(link, "auto").draw(wide, CELL, (5, 2))
    places = [each.removeprefix("\x1b7\x1b[").split("H")[0] for each in link.sent]
    columns, rows = ("6", "10", "14", "18"), ("3", "5", "7", "9")
    assert places == [f"{row};{column}" for row in rows for column in columns]
    sizes = [decode(each.split("H", 1)[1].removesuffix("\x1b8"))[:2] for each in link.sent]
    assert max(width for width, _ in sizes) == 40
    assert sizes[0] == (40, 40)
    assert sizes[4] == (40, 20)  # the last of the three rows of a line
    assert all(each.endswith("\x1b8") for each in link.sent)
