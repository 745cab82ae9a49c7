"""`LayerTable`: the layers of a run as rows, one of them selected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.text import format as fmt
from fftui.tui.glyphs import Glyphs, plain
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import fitted
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

STATE_STYLES: dict[str, StyleName] = {
    "waiting": "dim",
    "learning": "accent",
    "paused": "warn",
    "interrupted": "warn",
    "learned": "text",
    "skipped": "dim",
    "diverged": "bad",
}
WIDE = 104  # cells from which columns get long titles and space between them
SHORT_STATES = {"interrupted": "interr."}  # where there is no room
NOT_FINITE, NOT_FINITE_SHORT = "not finite", "NaN"  # a loss
LEAST_NAME = 11  # cells of a name, at least
MOST_NAME = 13  # and at most
MOST_NAME_WIDE = 28


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: its long title, its short title, and the width of the short one."""

    title: str
    short: str
    width: int


def number_columns(glyphs: Glyphs) -> tuple[NumberColumn, ...]:
    """The columns after layer, state and epoch."""
    return (
        NumberColumn("loss", "loss", 7),
        NumberColumn(f"goodness {glyphs.positive}", glyphs.positive, 7),
        NumberColumn(f"goodness {glyphs.negative}", glyphs.negative, 7),
        NumberColumn(f"threshold {glyphs.threshold}", glyphs.threshold, 6),
        NumberColumn(f"separation {glyphs.separation}", glyphs.separation, 7),
        NumberColumn("accuracy %", "acc %", 7),
        NumberColumn("s/epoch", "s/ep", 6),
    )


class LayerTable(RowWidget, can_focus=True):
    """Layers as rows: state, epoch, loss, goodness, threshold, separation, accuracy, seconds per
    epoch.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous layer", show=False),
        Binding("down,j", "move(1)", "Next layer", show=False),
        Binding("home", "move(-1000)", "First layer", show=False),
        Binding("end", "move(1000)", "Last layer", show=False),
    ]
    HELP = """
    One row per layer: its inputs→units, or image→image if it is a convolution. Layers that learn
    in parallel share their epochs and seconds per epoch. Up and down select the layer whose charts
    are shown; f follows the one that is learning.
    """

    @dataclass
    class Selected(Message):
        """The user selected row `index`."""

        index: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: tuple[LayerView, ...] = ()
        self.selected = 0
        self._top = 0
        self.border_title = "Layers"

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row for the titles and one per layer."""
        return 1 + max(1, len(self.entries))

    def show(self, view: RunView, selected: int) -> None:
        """Show the layers of `view` with the row `selected` highlighted."""
        if view.layers is self.entries and selected == self.selected:
            return
        self.entries, self.selected = view.layers, selected
        splits = {layer.accuracy_split for layer in view.layers if layer.accuracy_split is not None}
        title = f"Layers · accuracy: {splits.pop()} images" if len(splits) == 1 else "Layers"
        if view.head is not None:
            title += f" · softmax head: {fmt.percent(view.head.head_accuracy)} %"
        self.set_title(title)
        self.repaint()

    def action_move(self, by: int) -> None:
        """Select another layer."""
        if self.entries:
            self.post_message(self.Selected(min(len(self.entries) - 1, max(0, self.selected + by))))

    def on_click(self, event: events.Click) -> None:
        """Select the clicked layer."""
        offset = event.get_content_offset(self)
        if (
            offset is not None
            and 0 <= (index := offset.y - 1 + self._top) < len(self.entries)
            and offset.y > 0
        ):
            self.post_message(self.Selected(index))

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The titles and the rows that fit, scrolled so that the selected one is visible."""
        columns = number_columns(self.glyphs)
        wide = width >= WIDE
        name = max([cell_len(self._label(layer)) for layer in self.entries] or [0])
        name = max(LEAST_NAME, min(name, MOST_NAME_WIDE if wide else MOST_NAME))
        state, epoch = (self._state_width(), 9) if wide else (10, 7)
        fixed = 2 + name + 1 + state + epoch
        spare = max(0, width - fixed - sum(c.width for c in columns))
        extra = min(14, spare // len(columns)) if wide else min(3, spare // len(columns))
        widths = [c.width + extra for c in columns]
        titles = [
            c.title if len(c.title) < w else c.short for c, w in zip(columns, widths, strict=True)
        ]
        header = f"  {'layer':<{name}} {'state':<{state}}{'epoch':>{epoch}}"
        header += "".join(f"{text:>{w}}" for text, w in zip(titles, widths, strict=True))
        if not self.entries:
            return [
                line((header, "dim")),
                line(("  the layers appear when learning begins", "dim")),
            ][:height]
        body = max(1, height - 1)
        self._top = max(0, min(self._top, self.selected, len(self.entries) - body))
        self._top = max(self._top, self.selected - body + 1)
        shown = range(self._top, min(len(self.entries), self._top + body))
        return [
            line((header, "dim")),
            *(self._row(index, name, state, epoch, widths) for index in shown),
        ][:height]

    def _state_width(self) -> int:
        """The cells of the states where there is room, with their signs."""
        return max([12, *(len(layer.state) + 3 for layer in self.entries)])

    def _label(self, layer: LayerView, room: int = 1000) -> str:
        """The name of a layer; without its inputs where it is wider than `room`."""
        number, arrow = "" if layer.number is None else f"{layer.number} ", "→"
        text = plain(number + layer.label, self.ascii_only)
        if cell_len(text) <= room or arrow not in layer.label:
            return text
        return plain(number + arrow + layer.label.rpartition(arrow)[2], self.ascii_only)

    def _row(self, index: int, name: int, state: int, epoch: int, widths: Sequence[int]) -> Line:
        layer = self.entries[index]
        is_selected = index == self.selected
        last, newest = layer.last, layer.newest
        epochs = f"{layer.epoch}/{layer.epochs}" if layer.epochs else self.glyphs.dash
        values = (
            fmt.number(newest.loss if newest else None),
            fmt.number(newest.goodness_positive if newest else None),
            fmt.number(newest.goodness_negative if newest else None),
            fmt.number(layer.threshold, 3),
            fmt.number(layer.separation),
            fmt.percent(layer.accuracy),
            fmt.number(last.epoch_s if last else None, 3),
        )
        style: StyleName = "dim" if layer.state == "waiting" else "text"
        state_style = STATE_STYLES[layer.state]
        word = layer.state if len(layer.state) <= state - 2 else SHORT_STATES[layer.state]
        sign = self.glyphs.states[layer.state]
        if layer.diverged:
            sign, state_style = self.glyphs.states["failed"], "bad"
        spans: list[Span] = [
            (f"{self.glyphs.cursor if is_selected else ' '} ", "accent"),
            (
                fitted(self._label(layer, name), name) + " ",
                "bold" if layer.state in ("learning", "paused") else style,
            ),
            (f"{sign} {word:<{state - 2}}", state_style),
            (f"{epochs:>{epoch}}", style),
        ]
        spans += [
            (f"{text:>{w}}", "dim" if text == fmt.MISSING else style)
            for text, w in zip(values, widths, strict=True)
        ]
        if layer.diverged:
            text = NOT_FINITE if len(NOT_FINITE) < widths[0] else NOT_FINITE_SHORT
            spans[4] = (f"{text:>{widths[0]}}", "bad")
        return Line(tuple(spans), cursor=is_selected)
