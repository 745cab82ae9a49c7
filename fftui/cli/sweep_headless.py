"""A sweep without the screen: progress on stderr, its table on stdout, signals as for a run."""

import shlex
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from fftui import events as ev
from fftui.cli.study_headless import Stop
from fftui.errors import RequestError, RunFailedError
from fftui.executors.executor import Executor
from fftui.inert import one_line
from fftui.runs.files import check_writable, write_output
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.sweeps.plan import HOW_TO_BEGIN, SweepFolder, SweepPlan, list_sweeps
from fftui.sweeps.sweep_facts import SweepFacts
from fftui.text.displays import Display, Unfailing, display_here
from fftui.text.format import columns, percent
from fftui.text.signal_handlers import INTERRUPTED, signals_to
from fftui.text.streams import file_to_stdout, json_to_stdout, to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.sweeps.sweeping import SweepProgress
    from fftui.sweeps.trials import SweepTrials


def execute_sweep(  # noqa: PLR0913, PLR0917 - the sweep, where, how long, and its table
    folder: SweepFolder,
    plan: SweepPlan,
    workspace: Workspace,
    total: int,
    executor: Executor,
    to: str,
    file: Path | None,
) -> int:
    """Run the trials that are left, show their progress, measure the winner's test accuracy once
    all are over, write the table; returns the exit code.

    Raises RequestError where nothing can be run, RunFailedError where all trials are over and none
    has finished (the table is written before), or the winner cannot be measured.
    """
    # both load Optuna
    from fftui.sweeps.table import check_format  # noqa: PLC0415
    from fftui.sweeps.trials import SweepTrials  # noqa: PLC0415

    check_format(to)
    if file is not None:
        check_writable(file)
    trials = SweepTrials(folder, plan)
    stopped = _follow(folder, plan, workspace, total, executor, trials)
    if stopped:
        to_stderr(f"interrupted; go on with: {shlex.join(['fftui', *sys.argv[1:]])}")
        return INTERRUPTED
    over = trials.is_all_over(total)
    has_winner = over and _is_measured(workspace, trials)
    if not over:
        to_stderr(f"other processes run what is left; later: fftui sweep show {folder.name}")
    show_sweep(folder, to, file)
    if over and not has_winner:
        msg = (
            f"no trial of sweep {folder.name} has finished, so nothing is measured on the test"
            " images: its table says why; mend that and begin a sweep of another --name"
        )
        raise RunFailedError(msg)
    return 0


def show_sweeps(runs_dir: Path, *, as_json: bool) -> None:
    """Write the sweeps of a folder of runs to stdout, and why one cannot be read to stderr."""
    folders, plans, problems = list_sweeps(runs_dir), [], []
    for folder in folders:
        try:
            plans.append((folder.name, folder.plan()))
        except RequestError as error:
            problems.append(str(error))
    if as_json:
        json_to_stdout([{"sweep": n, "preset": p.preset, "over": p.over} for n, p in plans])
    elif not folders:
        to_stderr(f"no sweeps in {runs_dir}; {HOW_TO_BEGIN}")
    elif plans:
        rows = [(name, plan.sampler, "; ".join(plan.over)) for name, plan in plans]
        to_stdout(columns(("sweep", "sampler", "searches"), rows))
    for problem in problems:
        to_stderr(one_line(f"fftui: {problem}"))


def show_sweep(folder: SweepFolder, to: str, file: Path | None, *, as_json: bool = False) -> None:
    """Write the table of a sweep's trials; nothing of the sweep is written. Raises RequestError for
    an unknown format or an unwritable file.
    """
    from fftui.sweeps import table  # noqa: PLC0415 - loads Optuna and Polars
    from fftui.sweeps.watching import SweepReader  # noqa: PLC0415

    table.check_format(to)
    reader = SweepReader(folder)
    if as_json:
        json_to_stdout(table.as_facts(reader))
        return
    facts = reader.read()
    content = table.as_file(facts.overs, facts.trials, to)
    if file is not None:
        write_output(file, content)
    else:
        file_to_stdout(content)
    if to == "text":
        to_stderr(_in_words(facts))


def _follow(
    folder: SweepFolder,
    plan: SweepPlan,
    workspace: Workspace,
    total: int,
    executor: Executor,
    trials: "SweepTrials",
) -> bool:
    """Run what is left and show it; whether it was stopped."""
    from fftui.sweeps.sweeping import run_sweep  # noqa: PLC0415 - loads Optuna

    over = sum(trial.state.is_finished() for trial in trials.all)
    total = min(total, trials.of_grid or total)
    reporter, stop = _Reporter(Unfailing(display_here()), total), Stop()
    # a refusal closes the display too: a bar hides the cursor
    with closing(reporter), signals_to(stop) as signals:
        reporter.keep(f"sweep {folder.name}: {over} of {total} trials are over")
        for progress in run_sweep(plan, trials, workspace, total, executor, stop):
            reporter.report(progress)
            if signals.pending_message:
                reporter.keep(signals.pending_message)
                signals.pending_message = None
    return stop.is_set()


def _is_measured(workspace: Workspace, trials: "SweepTrials") -> bool:
    """Measure the winner's test accuracy; False where no trial has finished."""
    from fftui.sweeps.winner import measured_winner  # noqa: PLC0415 - loads torch

    return measured_winner(trials, workspace) is not None


def _in_words(facts: SweepFacts) -> str:
    best, looks = facts.best, facts.test_looks
    if best is None:
        return f"sweep {facts.name}: no trial has finished"
    line = f"sweep {facts.name}: best is trial {best.number}, validation accuracy"
    line += f" {percent(best.accuracy)} %"
    if best.test is None:
        return f"{line}; the test images are measured once all trials are over"
    times = "once" if looks == 1 else f"{looks} times, for the winner of the time"
    return f"{line}, test accuracy {percent(best.test)} % (test images measured {times})"


class _Reporter:
    """Prints a line when a trial begins and one when it ends; of several that run, the first has
    the bar.
    """

    def __init__(self, display: Display, total: int) -> None:
        self._display, self._total = display, total
        self._running: set[int] = set()
        self._view = RunView()

    def report(self, progress: "SweepProgress") -> None:
        """Show the progress of a trial."""
        self._view = progress.view or RunView()
        values = ", ".join(f"{path}={_value(value)}" for path, value in progress.values)
        name = f"trial {progress.number} of {self._total}"
        if progress.state == "running":
            if progress.number not in self._running:
                self._running.add(progress.number)
                self.keep(f"{name}: {values}")
            if progress.number == min(self._running):
                self._display.refresh(self._view)
            return
        self._running.discard(progress.number)
        self.keep(f"{name}: {_end(progress)}")

    def keep(self, line: str) -> None:
        """Print a line that is not painted over."""
        self._display.on_event(ev.Noted(line), self._view)

    def close(self) -> None:
        """Close the display at the end of the sweep."""
        self._display.close()


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _end(progress: "SweepProgress") -> str:
    if progress.state == "finished":
        return f"validation accuracy {percent(progress.value)} %"
    return f"{progress.state}; {progress.error}" if progress.error else progress.state
