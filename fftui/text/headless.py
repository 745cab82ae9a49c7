"""A run without the screen: progress on stderr, the result on stdout, signals as a batch system
sends them.

The run has a thread of its own. This one only reads its view, four times a second, so a terminal
that is stopped, slow or closed delays nothing.
"""

import json
import os
import queue
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from fftui import events as ev
from fftui.errors import RunFailedError, RunNotFoundError
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder, RunRecord, runs_folder
from fftui.runs.run_thread import RunThread
from fftui.runs.view import RunView
from fftui.text.format import duration, number
from fftui.text.plain import (
    accuracy_head,
    end_text,
    energy_text,
    head_text,
    layer_rows,
    progress_line,
    stage_name,
)
from fftui.text.streams import detach, to_stderr, to_stdout

REFRESH_EVERY_S = 0.25
INTERRUPTED = 130


def run_experiment(
    folder: RunFolder,
    experiment: Experiment,
    *,
    device: str = "auto",
    data_folder: Path | None = None,
    resume: bool = False,
    as_json: bool = False,
) -> int:
    """Run the experiment of `folder` to its end, show its progress, write its result; returns the
    exit code.

    Raises RequestError where the run is refused and RunFailedError where it fails.
    """
    events: queue.SimpleQueue[ev.Event] = queue.SimpleQueue()

    def queue_event(_at: float, event: ev.Event) -> None:
        if not isinstance(
            event, ev.Stepped | ev.TelemetrySampled | ev.WindowMeasured | ev.OtherGpusSampled
        ):
            events.put(event)

    run_thread = RunThread(folder, experiment, device, data_folder, resume, listener=queue_event)
    display = display_here()
    with signals_to(run_thread) as signals:
        _follow(run_thread, events, display, signals)
        return _write_result(run_thread, as_json=as_json)


class Display(Protocol):
    """Where the progress of a run is shown."""

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Show `event`, if the display keeps a line for it."""

    def refresh(self, view: RunView) -> None:
        """Repaint from `view`; called four times a second."""

    def close(self) -> None:
        """Remove what is painted at the end of the run."""


class PlainLines:
    """One line an epoch, for logs."""

    def on_event(self, event: ev.Event, view: RunView) -> None:
        """Print the line that a log keeps of `event`."""
        line = progress_line(event, view)
        if line:
            to_stderr(line)

    def refresh(self, view: RunView) -> None:
        """Do nothing: a log is not repainted."""

    def close(self) -> None:
        """Do nothing: no line of a log is removed."""


class Bar:
    """A progress bar that is repainted, and a line that stays for every layer learned."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
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
                lambda: self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            )

    def refresh(self, view: RunView) -> None:
        """Paint the bar."""
        if view.started is None:
            return
        description, figures = bar_texts(view)

        def paint() -> None:
            self._progress.update(
                self._task, completed=view.fraction, description=description, figures=figures
            )
            self._progress.refresh()

        self._guarded(paint)

    def close(self) -> None:
        """Remove the bar."""
        self._guarded(self._progress.stop)

    def _guarded(self, paint: "Paint") -> None:
        """Paint; from the first OSError on, which a closed terminal raises, nothing more."""
        if not self._open:
            return
        try:
            paint()
        except OSError:
            self._open = False
            detach(sys.stderr)


class Paint(Protocol):
    """Something that writes to the terminal."""

    def __call__(self) -> object:
        """Raises OSError where the terminal is closed."""


class Stoppable(Protocol):
    """A run or a study that can be stopped."""

    def stop(self) -> None:
        """End after the current step."""


class Signals:
    """Handlers of the process's signals; `pending_message` is the line that is to be shown for the
    last one.
    """

    def __init__(self, target: Stoppable) -> None:
        self._target = target
        self._interrupts = 0
        self.pending_message: str | None = None

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl-C: end after this batch; again: exit now."""
        self._interrupts += 1
        if self._interrupts > 1:
            exit_now()
        self.pending_message = "stopping after this batch; Ctrl-C again exits now"
        self._target.stop()

    def terminate(self, _number: int, _frame: FrameType | None) -> None:
        """SIGTERM: end after this batch."""
        self.pending_message = "stopping after this batch"
        self._target.stop()


def exit_now() -> None:
    """End the process now, with the cursor visible; what was learned since the last checkpoint is
    lost.
    """
    if sys.stderr.isatty():
        try:
            os.set_blocking(2, False)  # a stopped terminal would hold this process too
            os.write(2, b"\x1b[?25h\r\n")
            os.set_blocking(2, True)  # others share the terminal's description
        except OSError:
            pass
    os._exit(INTERRUPTED)


@contextmanager
def signals_to(target: Stoppable) -> Iterator[Signals]:
    """Ctrl-C and SIGTERM end a run gently; a closed terminal does not end it."""
    signals = Signals(target)
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signals.interrupt),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signals.terminate),
    }
    if hasattr(signal, "SIGHUP"):
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield signals
    finally:
        for number_, handler in before.items():
            signal.signal(number_, handler)


def display_here() -> Display:
    """A bar where stderr is a terminal, else plain lines."""
    console = Console(stderr=True)
    return Bar() if console.is_terminal and not console.is_dumb_terminal else PlainLines()


def _follow(
    run_thread: RunThread, events: "queue.SimpleQueue[ev.Event]", display: Display, signals: Signals
) -> None:
    run_thread.start()
    alive = True
    while alive:
        run_thread.join(REFRESH_EVERY_S)
        alive = run_thread.is_alive()
        while not events.empty():
            display.on_event(events.get(), run_thread.view)
        display.refresh(run_thread.view)
        if signals.pending_message:
            display.on_event(ev.Noted(signals.pending_message), run_thread.view)
            signals.pending_message = None
    display.close()


def _write_result(run_thread: RunThread, *, as_json: bool) -> int:
    folder, result = run_thread.folder, run_thread.view.result
    if result is not None and run_thread.refused is None:
        to_stdout(
            _json_result(folder, result, run_thread.view)
            if as_json
            else result_text(folder, result, run_thread.view)
        )
    return exit_code_of(run_thread)


def exit_code_of(run_thread: RunThread) -> int:
    """Report the end of a run on stderr; returns its exit code.

    Raises RequestError where it was refused and RunFailedError where it failed.
    """
    folder, result = run_thread.folder, run_thread.view.result
    if run_thread.refused:
        raise run_thread.refused
    for problem in run_thread.problems:
        to_stderr(f"{problem}; make room or mend it, then: {_mending_command(folder)}")
    if result is None:
        msg = f"run {folder.id} ended without a result; its journal is in {folder.path}"
        raise RunFailedError(msg)
    if result.status == "failed":
        msg = f"run {folder.id} failed: {result.error}; the traceback is in {folder.error_log}"
        raise RunFailedError(msg)
    if result.status == "interrupted":
        to_stderr(f"interrupted; go on with: {resume_command(folder)}")
        return INTERRUPTED
    return 1 if run_thread.problems else 0


def show_finished(folder: RunFolder, record: RunRecord, view: RunView, *, as_json: bool) -> None:
    """Write the result of a run that has already finished."""
    result = view.result or ev.RunFinished(
        "finished", record.test_accuracy, record.layer_accuracies, record.train_s or 0.0, None
    )
    to_stderr(f"run {folder.id} has already finished")
    to_stdout(_json_result(folder, result, view) if as_json else result_text(folder, result, view))


def resume_command(folder: RunFolder) -> str:
    """The command that resumes a run from here."""
    parent = folder.path.parent
    words = ["fftui", "resume", folder.id]
    words += [] if runs_folder().absolute() == parent else ["--runs", str(parent)]
    words += [] if sys.stdin.isatty() and sys.stdout.isatty() else ["--headless"]
    return shlex.join(words)


def _mending_command(folder: RunFolder) -> str:
    """The command that writes what could not be written: a run whose end is recorded lacks its
    tables only.
    """
    try:
        over = folder.record().status == "finished"
    except RunNotFoundError:
        over = False
    return shlex.join(["fftui", "export", str(folder.path)]) if over else resume_command(folder)


def result_text(folder: RunFolder, result: ev.RunFinished, view: RunView) -> str:
    """The result as a table, for stdout: coloured only on a terminal."""
    table = Table(title_justify="left")
    for name in (
        "layer",
        "inputs→units",
        "epochs",
        "time",
        "g+",
        "g-",
        "theta",
        accuracy_head(view),
    ):
        table.add_column(
            name, justify="left" if name in ("layer", "inputs→units") else "right", no_wrap=True
        )
    for row in layer_rows(view):
        table.add_row(*row)
    terminal = sys.stdout.isatty()
    text = StringIO()
    console = Console(
        file=text, force_terminal=terminal, width=None if terminal else 100, highlight=False
    )
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        table.box = None
    console.print(table)
    for line in (
        end_text(result),
        head_text(view),
        energy_text(view),
        f"run {folder.path}",
    ):
        if line:
            console.print(line, markup=False, soft_wrap=True)
    return text.getvalue()


def _json_result(folder: RunFolder, result: ev.RunFinished, view: RunView) -> str:
    # Of the test images at the end, or none: what was measured on the way is of other images.
    layers: list[float | None] = [*result.layer_accuracies] or [
        None for row in view.layers if row.number is not None
    ]
    return json.dumps(
        {
            "run": folder.id,
            "path": str(folder.path),
            "status": result.status,
            "test_accuracy": result.test_accuracy,
            "layers": layers,
            "head_accuracy": view.head.head_accuracy if view.head and view.head.final else None,
            "train_s": result.train_s,
        }
    )


def bar_texts(view: RunView) -> tuple[str, str]:
    """Texts before and after the bar; both together fit 80 columns and leave some to the bar."""
    row = view.layers[view.current] if view.current is not None else None
    if row is None:
        return "measuring" if view.progress else "starting", ""
    stage = view.stages[-1]
    epoch = min(row.epoch + 1, row.epochs)
    figures = (
        [f"g+ {number(row.last.goodness_positive, 3)} g- {number(row.last.goodness_negative, 3)}"]
        if row.last and row.last.goodness_positive is not None and not stage.parallel
        else []
    )
    if row.last and row.last.accuracy is not None:
        figures.append(f"{100 * row.last.accuracy:.1f} %")
    if view.progress and view.progress.samples_per_s:
        figures.append(f"{number(view.progress.samples_per_s, 3)}/s")
    left = view.time_left_s()
    if left is not None:
        figures.append(f"{duration(left)} left")
    return f"{stage_name(view, stage.phase, stage.layer)} epoch {epoch}/{row.epochs}", "  ".join(
        figures
    )
