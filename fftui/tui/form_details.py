"""The rows below the form: what a field is, and what does not fit or what the run will take."""

import textwrap
from collections.abc import Sequence

from fftui.experiment import Experiment
from fftui.runs.disk_room import DiskRoom, room_warning
from fftui.runs.expectation import Expectation
from fftui.text.expectation_text import disk_text, memory_text, takes_text
from fftui.tui.widgets.row_widget import Span

ROWS = 4
FITS = "everything fits"


def fit_texts(
    experiment: Experiment, expected: Expectation, room: DiskRoom, absence: str
) -> list[Span]:
    """What an experiment that fits will take, under what stands in its way: too little memory, too
    many days, too little room on the disk, or the `absence` of its data set.
    """
    on_disk = disk_text(experiment, expected, room)
    fits = f"{FITS}   {takes_text(expected)}, memory {memory_text(expected)}, disk {on_disk}"
    if expected.is_beyond_reason:
        return [(expected.warning, "bad")]
    no_room = room_warning(experiment, room, expected.seconds)
    warning = expected.warning or absence or no_room
    above: list[Span] = [(warning, "warn")] if warning else []
    return [*above, (fits, "dim")]


def detail_lines(about: str, below: Sequence[Span], width: int) -> list[tuple[Span, ...]]:
    """`about` in as many rows as there are, over the texts `below`, two rows each at most."""
    texts = [each for text, style in below for each in _wrapped((text, style), width, 2)]
    under = [_with_fits_in_green(each) for each in texts[-(ROWS - 1) :]]
    room = ROWS - len(under)
    shown = [(each,) for each in _wrapped((about, "dim"), width, room)]
    return [*shown, *[() for _ in range(room - len(shown))], *under]


def _wrapped(span: Span, width: int, rows: int) -> list[Span]:
    text, style = span
    lines = textwrap.wrap(text, width, max_lines=rows, placeholder=" …")
    return [(f" {each}", style) for each in lines]


def _with_fits_in_green(span: Span) -> tuple[Span, ...]:
    text, style = span
    if not text.startswith(f" {FITS}"):
        return (span,)
    return ((f" {FITS}", "good"), (text.removeprefix(f" {FITS}"), style))
