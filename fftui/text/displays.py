"""Where the progress of a run without a screen is shown: a bar on a terminal, else plain lines."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from fftui import events as ev
from fftui.inert import one_line
from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.text.format import duration, percent, short
from fftui.text.layer_text import stage_name
from fftui.text.progress_line import LogLines, progress_line
from fftui.text.streams import detach, to_stderr


class Display(Protocol):
    """Where the progress of a run is shown."""

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Show `event`, if the display keeps a line for it."""

    def refresh(self, view: RunView) -> None:
        """Repaint from `view`; called four times a second."""

    def close(self) -> None:
        """Remove what is painted at the end of the run."""


class PlainLines:
    """One line an epoch, or a minute of one that takes long, for logs."""

    def __init__(self) -> None:
        self._lines = LogLines()

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Print the line that a log keeps of `event`."""
        line = self._lines.line(event, view)
        if line:
            to_stderr(one_line(line))

    def refresh(self, view: RunView) -> None:
        """Do nothing: a log is not repainted."""

    def close(self) -> None:
        """Do nothing: no line of a log is removed."""


class Bar:
    """A progress bar that is repainted, and a line that stays for every layer learned."""

    def __init__(self) -> None:
        # FORCE_COLOR and its like say nothing of where the bar is painted, nor COLUMNS how wide
        environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        self._console = Console(stderr=True, force_terminal=True, _environ=environ)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            auto_refresh=False,  # a thread of Rich's would die loudly with the terminal
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task("loading", total=1.0, figures="")
        self._open = True
        self._guarded(self._progress.start)

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Print a line for what ends; epochs are shown on the bar."""
        line = None if isinstance(event, ev.EpochFinished) else progress_line(event, view)
        if line:
            self._guarded(
                lambda: self._console.print(
                    one_line(line), markup=False, highlight=False, soft_wrap=True
                )
            )

    def refresh(self, view: RunView) -> None:
        """Paint the bar."""
        if view.started is None:
            return
        description, figures = bar_texts(view)

        def paint() -> None:
            self._progress.update(
                self._task,
                completed=view.fraction,
                description=one_line(description),
                figures=figures,
            )
            self._progress.refresh()

        self._guarded(paint)

    def close(self) -> None:
        """Remove the bar."""
        self._guarded(self._progress.stop)

    def _guarded(self, paint: Callable[[], object]) -> None:
        """Paint; from the first OSError on, which a closed terminal raises, nothing more."""
        if not self._open:
            return
        try:
            paint()
        except OSError:
            self._open = False
            detach(sys.stderr)


class Unfailing:
    """A display whose failure ends the display, not the run that it shows."""

    def __init__(self, display: Display) -> None:
        self._display: Display | None = display

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Show `event`."""
        self._guarded(lambda display: display.on_event(event, view))

    def refresh(self, view: RunView) -> None:
        """Repaint from `view`."""
        self._guarded(lambda display: display.refresh(view))

    def close(self) -> None:
        """Remove what is painted."""
        self._guarded(lambda display: display.close())

    def _guarded(self, show: Callable[[Display], None]) -> None:
        if (display := self._display) is None:
            return
        try:
            show(display)
        # whatever cannot be shown has been learned
        except Exception as error:  # noqa: BLE001
            self._display = None
            with suppress(Exception):
                display.close()
            to_stderr(
                f"progress is shown no more ({type(error).__name__}: {error}); the run goes on"
            )


def display_here() -> Display:
    """A bar where stderr is a terminal that can move its cursor, else plain lines."""
    dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    return Bar() if sys.stderr.isatty() and not dumb else PlainLines()


def bar_texts(view: RunView) -> tuple[str, str]:
    """Texts before and after the bar; both together fit 80 columns and leave some to the bar."""
    row = view.layers[view.current] if view.current is not None else None
    if row is None:
        return "measuring" if view.progress else "starting", ""
    stage = view.stages[-1]
    epoch = min(row.epoch + 1, row.epochs)
    name = stage_name(view, stage.phase, stage.layer)
    return f"{name} epoch {epoch}/{row.epochs}", "  ".join(_bar_parts(view, row))


def _bar_parts(view: RunView, row: LayerView) -> Iterator[str]:
    """The newest goodness, accuracy of the last epoch, speed, and the time left."""
    newest, last = row.newest, row.last
    if newest and newest.goodness_positive is not None and not view.stages[-1].parallel:
        yield f"g+ {short(newest.goodness_positive)} g- {short(newest.goodness_negative)}"
    if last and last.accuracy is not None:
        yield f"{percent(last.accuracy, 1)} %"
    if view.progress and view.progress.samples_per_s:
        yield f"{short(view.progress.samples_per_s)}/s"
    left_s = view.time_left_s()
    if left_s is not None:
        yield f"{duration(left_s)} left"
