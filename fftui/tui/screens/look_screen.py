"""The screen that looks into the layers of a run: what each is shown, and what it has learned."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from rich.console import RenderableType
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.worker import get_current_worker

from fftui.errors import FFTUIError, RequestError, in_one_line
from fftui.network_report import LayerReport, NetworkReport, ProbeSample
from fftui.text import format as fmt
from fftui.text.inspect_text import position_text
from fftui.text.pictures_wanted import Wanted
from fftui.tui.commands import Command
from fftui.tui.glyphs import plain
from fftui.tui.graphics.picture_terminal import PictureTerminal
from fftui.tui.look import contents
from fftui.tui.look.chosen import Chosen, Overlaps
from fftui.tui.look.look_pane import LookPane
from fftui.tui.look_backend import LookBackend
from fftui.tui.screens.uncovered import Uncovered
from fftui.tui.widgets.cell_text import Paragraphs, cut
from fftui.tui.widgets.footer import Footer
from fftui.tui.widgets.row_widget import Span

LOOK_EVERY_S = 2.0
PANES = ("inputs", "labels", "goodness", "confusion", "units", "weights")
SIX, FOUR, TWO = (150, 44), (110, 34), (110, 0)  # least width and height for so many panes
PICTURES: dict[Wanted, tuple[str, str]] = {
    "auto": ("as the terminal can", "In pixels where the terminal says that it draws them"),
    "cells": ("in cells", "In half blocks: fewer bytes, and as every terminal can"),
    "kitty": ("by Kitty's protocol", "In pixels, whatever the terminal says"),
    "sixel": ("as Sixel", "In pixels, whatever the terminal says"),
}


class CheckpointRead(Message):
    """A report on a new checkpoint (None: all is read that there is), whether the run is alive, or
    a `problem`.
    """

    def __init__(self, report: NetworkReport | None, alive: bool, problem: str) -> None:
        super().__init__()
        self.report = report
        self.alive = alive
        self.problem = problem


class SampleMade(Message):
    """A probe image as the first layer is shown it, of the report that it was asked of."""

    def __init__(self, of: NetworkReport, sample: ProbeSample) -> None:
        super().__init__()
        self.of = of
        self.sample = sample


class LookFailed(Message):
    """A request of the user could not be met, in one line."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


class LookScreen(Uncovered):
    """Six panes about one layer, or about the whole network."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "layer(-1)", "Layer above", show=False),
        Binding("down,j", "layer(1)", "Layer", key_display="↑↓", tooltip="Next layer"),
        Binding("right", "image(1)", "Image", key_display="←→", tooltip="Next image"),
        Binding("left", "image(-1)", "Previous image", show=False),
        Binding("exclamation_mark", "mistake", "Next mistake", show=False, key_display="!"),
        Binding("greater_than_sign", "wrong(1)", "Next wrong label", show=False, key_display=">"),
        Binding("less_than_sign", "wrong(-1)", "Label before", show=False, key_display="<"),
        Binding("1", "pane(0)", "Panes", key_display="1-6"),
        *(Binding(str(n + 1), f"pane({n})", PANES[n], show=False) for n in range(1, 6)),
        Binding("pagedown", "scroll_page(1)", "Scroll down", show=False),
        Binding("pageup", "scroll_page(-1)", "Scroll up", show=False),
        Binding("shift+right,right_square_bracket", "sideways(1)", "Scroll right", show=False),
        Binding("shift+left,left_square_bracket", "sideways(-1)", "Scroll left", show=False),
        Binding("C", "checkpoint", "Checkpoint", tooltip="Write a checkpoint and look at it"),
        Binding("i,b,escape", "app.pop_screen", "Back", key_display="b"),
    ]
    HELP = """
    What a run has learned by its last checkpoint, on test images that are the same for every run on
    a data set. Of a run that is learning C writes a checkpoint, which is then read; a new one is
    read by itself. Up and down step through the layers and, last, the whole network; left and right
    through the images, ! to the next one that is predicted wrongly. 1 to 6 choose a pane, page up
    and page down scroll it, [ and ] sideways.

    1 Inputs: the image, and what the first layer is shown of it with its true label (positive) and
    with a wrong one (negative): the strongest, or what < and > choose.

    2 Labels: the goodness of the image with each label; the highest is the prediction.

    3 Goodness: of all probe images with their true label, and with each wrong one, on one axis with
    the threshold. Learning moves them apart.

    4 Confusion: a row for each true label, a column for what was predicted.

    5 Units: dead ones are active on no image with any label, always-on ones on all.

    6 Weights of the first layer as pictures, the most active units first.

    Inputs and weights are pictures of pixels where the terminal draws them (Kitty, Sixel), else in
    cells; the palette chooses.
    """

    def __init__(
        self,
        run: str,
        backend: LookBackend,
        layer: int = 1,
        pictures: PictureTerminal | None = None,
    ) -> None:
        """`layer` (from 1) is looked at first; `pictures` draws in pixels (None: nothing does)."""
        super().__init__()
        self.title = run
        self._backend = backend
        self._chosen = Chosen(layer=max(1, layer))
        self._report: NetworkReport | None = None
        self._sample: ProbeSample | None = None
        self._overlaps = Overlaps()
        self._alive = False
        self._problem = ""
        self._asked = False  # for a checkpoint that has not come yet
        self._reading = False
        self._pictures = pictures or PictureTerminal()
        self._panes = tuple(LookPane(n, name, self._pictures) for n, name in enumerate(PANES, 1))

    def compose(self) -> ComposeResult:
        """What is looked at, the panes, and the keys."""
        yield Paragraphs(id="look-header")
        yield Container(*self._panes, id="look")
        yield Footer()

    def on_mount(self) -> None:
        """Look for a new checkpoint regularly, and draw again in other colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._show())
        self.app.app_resume_signal.subscribe(self, lambda _: self._show())
        self._show_header()
        self.repeat(LOOK_EVERY_S, self._look)
        if not (self.app.has_class("-ascii") or self.app.current_theme.ansi):
            self._pictures.ask(self._show_later)

    def on_unmount(self) -> None:
        """Let the terminal forget the pictures."""
        self._pictures.leave()

    def on_resize(self) -> None:
        """Show as many panes as there is room for."""
        self._arrange()
        self._show_header()

    # The checkpoint

    def _look(self) -> None:
        if not self._reading:  # a large network may take longer than until the next time
            self._reading = True
            self.read()

    @work(thread=True, group="look")
    def read(self) -> None:
        """Read the checkpoint if it is a new one."""
        worker, alive, problem = get_current_worker(), False, ""
        try:
            alive = self._backend.alive
            for report in self._backend.new_reports():
                if worker.is_cancelled:
                    return
                self.post_message(CheckpointRead(report, alive, ""))
        except (FFTUIError, OSError, ImportError, RuntimeError) as error:
            problem = in_one_line(error)
        self.post_message(CheckpointRead(None, alive, problem))

    @on(CheckpointRead)
    def _checkpoint_read(self, message: CheckpointRead) -> None:
        self._reading = self._reading and message.report is not None  # the last one has none
        changed = (self._alive, self._problem) != (message.alive, message.problem)
        self._alive, self._problem = message.alive, message.problem
        if message.report is not None:
            self._report, self._asked = message.report, False
            self._chosen.keep_within(message.report)
            if message.report.is_whole:
                self._overlaps.add(message.report)
            self._show_chosen()
        elif changed:
            self._show_header()
        if changed:
            self.refresh_bindings()

    def action_checkpoint(self) -> None:
        """Ask the run for a checkpoint; it is read when it is there."""
        self._asked = True
        self._show_header()
        self.request()

    @work(thread=True, group="request")
    def request(self) -> None:
        """Ask in a thread."""
        try:
            self._backend.request_checkpoint()
        except (FFTUIError, OSError) as error:
            self.post_message(LookFailed(in_one_line(error)))

    @on(LookFailed)
    def _failed(self, message: LookFailed) -> None:
        self._asked = False
        self._show_header()
        self.notify(message.problem, severity="error")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a checkpoint only of a run that is learning."""
        return self._alive if action == "checkpoint" else True

    # What is chosen

    @property
    def chosen_layer(self) -> LayerReport | None:
        """The layer that is looked at; None: the whole network."""
        return self._chosen.layer_of(self._report)

    def action_layer(self, by: int) -> None:
        """Look into another layer."""
        if self._report is not None:
            self._chosen.step_layer(self._report, by)
            self._show_chosen()

    def action_image(self, by: int) -> None:
        """Look at another image, round and round."""
        if self._report is not None:
            self._chosen.choose_image((self._chosen.image + by) % len(self._report.labels))
            self._show_chosen()

    def action_mistake(self) -> None:
        """Look at the next image that is predicted wrongly."""
        if (report := self._report) is None or not report.confusion.images:
            return
        if (image := self._chosen.next_mistake(report)) is None:
            self.notify("all probe images are predicted rightly", timeout=3)
            return
        self._chosen.choose_image(image)
        self._show_chosen()

    def action_wrong(self, by: int) -> None:
        """Show the image with another wrong label."""
        if self._report is not None:
            self._chosen.step_wrong(self._report, by)
            self._show_chosen()

    def action_pane(self, number: int) -> None:
        """Choose a pane."""
        self._chosen.pane = number
        self._arrange()

    @on(LookPane.Chosen)
    def _pane_clicked(self, message: LookPane.Chosen) -> None:
        self.action_pane(message.number - 1)

    def action_scroll_page(self, by: int) -> None:
        """Scroll the chosen pane by a page."""
        pane = self._panes[self._chosen.pane]
        pane.scroll_by(by * pane.page, 0)

    def action_sideways(self, by: int) -> None:
        """Scroll the chosen pane by a column."""
        self._panes[self._chosen.pane].scroll_by(0, by)

    def _show_chosen(self) -> None:
        self._ask_for_sample()
        self._show()

    def _ask_for_sample(self) -> None:
        if (report := self._report) is not None:
            self.make_sample(report, self._chosen.image, self._chosen.wrong_label(report))

    @work(thread=True, exclusive=True, group="sample", description="make sample")
    def make_sample(self, report: NetworkReport, image: int, wrong: int) -> None:
        """Encode an image in a thread."""
        try:
            self.post_message(SampleMade(report, self._backend.sample(image, wrong)))
        except (FFTUIError, OSError, RuntimeError) as error:
            self.post_message(LookFailed(in_one_line(error)))

    @on(SampleMade)
    def _sample_made(self, message: SampleMade) -> None:
        if message.of is self._report and message.sample.number == self._chosen.image:
            self._sample = message.sample
            self._show_sample(message.of)

    # How pictures are drawn

    def cells_written(self, update: RenderableType | None) -> None:
        """Pictures on whose cells `update` has written are drawn again."""
        for pane in self._panes:
            pane.cells_written(update)

    def own_commands(self) -> Iterator[Command]:
        """The palette's entries of this screen: the ways to draw pictures."""
        for wanted, (name, about) in PICTURES.items():
            now = " (now)" if wanted == self._pictures.wanted else ""
            choose = partial(self._choose_pictures, wanted)
            yield Command(f"Pictures {name}{now}", about, choose)

    def _show_later(self) -> None:
        """Show all again, unless the screen was left meanwhile. Called outside its messages."""
        self.call_later(self._show)

    def _choose_pictures(self, wanted: Wanted) -> None:
        try:
            self._pictures.choose(wanted, self._show_later)
        except RequestError as error:
            self.notify(str(error), severity="warning", timeout=10)

    # What is shown

    def _arrange(self) -> None:
        """As many panes as there is room for, the chosen one among them."""
        width, height = self.size
        room = next(
            (
                count
                for count, (least_width, least_height) in ((6, SIX), (4, FOUR), (2, TWO))
                if width >= least_width and height >= least_height
            ),
            1,
        )
        first = self._chosen.pane // room * room
        for number, pane in enumerate(self._panes):
            pane.display = first <= number < first + room
            pane.set_class(number == self._chosen.pane, "-chosen")
        container = self.query_one("#look")
        for count in (1, 2, 4, 6):
            container.set_class(count == room, f"-of-{count}")

    def _show_header(self) -> None:
        header, report = self.query_one("#look-header", Paragraphs), self._report
        width = max(20, self.size.width - 2)
        if report is None:
            state: Span = (f" {cut(self._problem or 'reading the checkpoint', width)}", "dim")
            header.show(((f" {cut(self.title or '', width)}", "bold"),), (state,))
            return
        subject = f"  {plain(self._subject(report), self.app.has_class('-ascii'))}"
        run = cut(self.title or "", max(8, width - len(subject)))
        header.show(
            ((f" {run}", "bold"), (subject, "accent")),
            ((f" {cut(self._state(report), width)}", "warn" if self._problem else "dim"),),
        )

    def _subject(self, report: NetworkReport) -> str:
        layer = self.chosen_layer
        if layer is None:
            return f"whole network, {len(report.layers)} layers"
        return f"layer {layer.number} of {len(report.layers)}  {layer.title}  {layer.state}"

    def _state(self, report: NetworkReport) -> str:
        if self._problem:
            return self._problem
        position = position_text(report.position)
        if self._asked:
            position = f"waiting for a new one, {position}"
        so_far = f", {len(report.labels)} of {report.probe} images so far"
        few = "" if report.is_whole else so_far
        return f"checkpoint of {fmt.clock(report.written)}{few}: {position}"

    def _show(self) -> None:
        """Show everything of the newest report."""
        self._show_header()
        if (report := self._report) is None:
            return
        self._show_sample(report)
        _, _, goodness, confusion, units, weights = self._panes
        goodness.show(*contents.goodness_content(self._chosen, report, self._overlaps))
        confusion.show(*contents.confusion_content(self._chosen, report))
        units.show(*contents.units_content(self._chosen, report))
        if report.is_whole:  # all images tell which units are the most active ones
            weights.show(*contents.weights_content(report))

    def _show_sample(self, report: NetworkReport) -> None:
        """Show what depends on the image, once it is there."""
        sample = self._sample
        if sample is not None and sample.number == self._chosen.image:
            self._panes[0].show(*contents.inputs_content(sample, report))
        self._panes[1].show(*contents.labels_content(self._chosen, report, sample))
