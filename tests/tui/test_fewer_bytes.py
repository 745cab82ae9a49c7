"""The terminal is sent the cells that changed, and no style twice."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from fftui.tui.fewer_bytes import in_fewer_bytes
from fftui.tui.partial_update import parts_to_send
from fftui.tui.widgets.row_widget import Line, changed_parts, line

SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([a-zA-Z])")
STYLES = ("1", "38;5;7", "1;38;5;9;48;5;0")


def shown(data: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each sign and each other sequence with the style that is on."""
    found: list[tuple[str, tuple[str, ...]]] = []
    on: tuple[str, ...] = ()
    at = 0
    while at < len(data):
        match = SEQUENCE.match(data, at)
        if match is None:
            found.append((data[at], on))
            at += 1
            continue
        at = match.end()
        if match[2] != "m":
            found.append((match[0], ()))
            continue
        codes = match[1].split(";")
        while codes and codes[0] == "0":
            on, codes = (), codes[1:]
        on = (*on, *codes)
    return found


pieces = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(STYLES), st.text("ab ⠿", max_size=3)).map(
            lambda each: f"\x1b[{each[0]}m{each[1]}\x1b[0m"
        ),
        st.sampled_from(("\x1b[3;1H", "x", "\x1b[0m", "\r\n")),
    ),
    max_size=9,
).map("".join)


@settings(deadline=None)
@given(pieces)
def test_a_terminal_shows_the_same(data: str) -> None:
    assert shown(in_fewer_bytes(data)) == shown(data)


def test_a_style_stays_on_from_piece_to_piece() -> None:
    data = "".join(f"\x1b[31m{each}\x1b[0m" for each in "abc") + "\x1b[1md\x1b[0m"
    assert in_fewer_bytes(data) == "\x1b[31mabc\x1b[0;1md\x1b[0m"


@settings(deadline=None)
@given(st.integers(0, 999))
def test_rows_are_the_same_outside_the_parts_that_are_painted(seed: int) -> None:
    numbers = random.Random(seed)

    def row() -> Line:
        texts = ["".join(numbers.choices("ab", k=numbers.randint(0, 20))) for _ in range(3)]
        return line(*((text, numbers.choice(("text", "dim"))) for text in texts))

    def cells(of: Line) -> list[tuple[str, str]]:
        found = [(sign, str(style)) for text, style in of.spans for sign in text]
        return [*found, *[(" ", "")] * (70 - len(found))]

    old, new = row(), row()
    parts = changed_parts(old, new, 70, ascii_only=False)
    painted = cells(old)
    for begin, end in parts:
        painted[begin:end] = cells(new)[begin:end]
    assert painted == cells(new)
    assert (not parts) == (cells(old) == cells(new))


def test_wide_signs_and_the_cursor_take_the_whole_row() -> None:
    assert changed_parts(line("日a"), line("日b"), 9, ascii_only=False) == [(0, 9)]
    there = line("a", cursor=True)
    assert changed_parts(line("a"), there, 9, ascii_only=False) == [(0, 9)]
    assert changed_parts(line("a" * 9), line("aaaaaaaab"), 9, ascii_only=False) == [(8, 9)]


def test_of_a_row_the_cells_that_changed_are_sent() -> None:
    row = {0: Strip([Segment("abc"), Segment("def")]), 6: Strip([Segment("日gh")])}
    spans = [(0, 2, 5), (0, 6, 8), (1, 0, 10)]
    update = ChopsUpdate([row, row], spans, [[6, 10], [6, 10]])
    assert parts_to_send(update, Console()) == (
        "\x1b[1;3Hcde" + "\x1b[1;7H日" + "\x1b[2;1Habcdef\x1b[2;7H日gh"
    )
