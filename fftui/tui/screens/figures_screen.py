"""The figures screen: the figures of a study, of the claims or of a run, in the terminal."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from fftui.errors import FFTUIError, in_one_line
from fftui.studies.study import Scale
from fftui.tui.figure_backend import FigureBackend, Room, ShownFigure
from fftui.tui.widgets.cell_text import Paragraphs, cut, wrapped
from fftui.tui.widgets.figure_pane import FigurePane
from fftui.tui.widgets.footer import Footer

REDRAW_AFTER_S = 0.3  # a terminal is resized in many steps
SCROLLBAR = 1  # cells


class FigureDrawn(Message):
    """One more figure, as of drawing number `drawing`."""

    def __init__(self, drawing: int, figure: ShownFigure) -> None:
        super().__init__()
        self.drawing = drawing
        self.figure = figure


class FiguresDone(Message):
    """All figures are drawn, or a `problem` kept them from it."""

    def __init__(self, drawing: int, problem: str) -> None:
        super().__init__()
        self.drawing = drawing
        self.problem = problem


class FiguresWritten(Message):
    """What came of writing the files, in one line."""

    def __init__(self, text: str, *, failed: bool = False) -> None:
        super().__init__()
        self.text = text
        self.failed = failed


class FiguresScreen(Screen[None]):
    """One figure at a time; n and p go through them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,n", "step(1)", "Next", key_display="n"),
        Binding("left,p", "step(-1)", "Previous", key_display="p"),
        Binding("w", "write", "Write files", tooltip="Write all of them as SVG and PNG"),
        Binding("F,b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    The figures that fftui figures draws, laid out for this terminal: in a larger one they have more
    room. n and p show the next and the previous one; arrows scroll where one is higher than the
    screen. The line above says what has no room, or why a figure cannot be drawn.

    w writes all of them as SVG and PNG into the folder figures, where fftui was started.
    """

    def __init__(
        self, title: str, names: tuple[str, ...], scale: Scale, backend: FigureBackend
    ) -> None:
        """`names` are studies, runs or figures of the paper; studies are drawn at `scale`."""
        super().__init__()
        self.title = title
        self._names = names
        self._scale: Scale = scale
        self._backend = backend
        self._figures: list[ShownFigure] = []
        self._index = 0
        self._drawing = 0  # counts up, so that what an older size gave is left out
        self._done = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        """What is shown, the figure, and the keys."""
        yield Paragraphs(id="figure-header")
        yield FigurePane(id="figure")
        yield Footer()

    def on_mount(self) -> None:
        """Draw again whenever the theme changes."""
        self.query_one(FigurePane).focus()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._redraw())

    def on_resize(self) -> None:
        """Draw for the new size, once it stays."""
        self._drawing += 1
        drawing = self._drawing
        self.set_timer(REDRAW_AFTER_S, lambda: self._redraw_if(drawing))
        self._update_header()

    def _redraw_if(self, drawing: int) -> None:
        """Draw again unless the size has changed once more."""
        if drawing == self._drawing:
            self._redraw()

    def _redraw(self) -> None:
        pane = self.query_one(FigurePane)
        self._drawing += 1
        self._figures, self._done, self._problem = [], False, ""
        theme = self.app.current_theme
        dark = theme.dark
        room = Room(
            pane.size.width - SCROLLBAR,
            pane.size.height,
            _hex(theme.foreground, "#e0e0e0" if dark else "#202020"),
            _hex(theme.background, "#000000" if dark else "#ffffff"),
            self.app.has_class("-ascii"),
        )
        self._update_header()
        self.draw(self._drawing, room)

    @work(thread=True, exclusive=True, group="figures", description="draw")
    def draw(self, drawing: int, room: Room) -> None:
        """Draw all figures, one after the other."""
        worker, problem = get_current_worker(), ""
        try:
            for figure in self._backend.draw(self._names, self._scale, room):
                if worker.is_cancelled:
                    return
                self.post_message(FigureDrawn(drawing, figure))
        except (FFTUIError, OSError, ImportError, ValueError) as error:
            problem = in_one_line(error)
        self.post_message(FiguresDone(drawing, problem))

    @on(FigureDrawn)
    def _figure_drawn(self, message: FigureDrawn) -> None:
        if message.drawing == self._drawing:
            self._figures.append(message.figure)
            if len(self._figures) - 1 == self._index:
                self._show_figure()
            self._update_header()

    @on(FiguresDone)
    def _figures_done(self, message: FiguresDone) -> None:
        if message.drawing == self._drawing:
            self._done, self._problem = True, message.problem
            self._index = min(self._index, max(0, len(self._figures) - 1))
            self._show_figure()
            self._update_header()

    @property
    def current(self) -> ShownFigure | None:
        """The figure on screen; None before it is drawn."""
        return self._figures[self._index] if self._index < len(self._figures) else None

    def _show_figure(self) -> None:
        figure, pane = self.current, self.query_one(FigurePane)
        rows = figure.rows if figure is not None else ()
        if figure is not None and not rows:
            reason = wrapped([figure.problem], pane.size.width - 4)
            rows = ((), *(((f"  {text}", "", ""),) for text in reason))
        pane.show(rows)

    def _update_header(self) -> None:
        """The figure's name and number, and below it what cannot be read or drawn."""
        header, figure = self.query_one("#figure-header", Paragraphs), self.current
        of = f"{len(self._figures)}{'' if self._done else ' so far'}"
        if figure is None:
            waits = "there are no figures" if self._done else "drawing"
            header.show(((f" {self.title}  ", "bold"), (self._problem or waits, "dim")))
            return
        number = f"figure {self._index + 1} of {of}"
        note = cut(self._note(figure), max(20, header.size.width - 2))
        header.show(((f" {figure.name}  ", "bold"), (number, "dim")), ((f" {note}", "warn"),))

    def _note(self, figure: ShownFigure) -> str:
        if self._problem:
            return self._problem
        if not figure.rows:
            return "not drawn"
        if figure.problem:
            return f"{figure.problem}; w writes the files"
        return ""

    def action_step(self, by: int) -> None:
        """Show the figure `by` places further, round and round."""
        if self._figures:
            self._index = (self._index + by) % len(self._figures)
            self._show_figure()
            self._update_header()

    def action_write(self) -> None:
        """Write all figures as files."""
        self.notify("writing the files", timeout=2)
        self.write()

    @work(thread=True, exclusive=True, group="write")
    def write(self) -> None:
        """Write the files in a thread."""
        try:
            folder, files = self._backend.write(self._names, self._scale)
        except (FFTUIError, OSError, ImportError, ValueError) as error:
            self.post_message(FiguresWritten(in_one_line(error), failed=True))
            return
        text = f"{files} files written to {folder}" if files else "nothing to write"
        self.post_message(FiguresWritten(text))

    @on(FiguresWritten)
    def _written(self, message: FiguresWritten) -> None:
        self.notify(message.text, severity="error" if message.failed else "information", timeout=10)


def _hex(colour: str | None, otherwise: str) -> str:
    """A theme's colour where it is one of `#rrggbb`; a terminal's own colours have no value."""
    return colour if colour is not None and len(colour) == 7 and colour[0] == "#" else otherwise
