"""A study without the screen: progress on stderr, its table on stdout, signals as for a run."""

import shlex
import sys
import threading
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from fftui import events as ev
from fftui.cli.study_plan import announce
from fftui.data.catalogue import DataName
from fftui.data.own_sets import known_names
from fftui.errors import RequestError, RunFailedError
from fftui.executors.executor import Executor
from fftui.runs.files import check_writable, write_output
from fftui.runs.listing import list_runs
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.studies.runner import TrialProgress, run_study
from fftui.studies.study import SEEDS, Scale, Study
from fftui.studies.study_catalogue import STUDIES, find_study, present_sets
from fftui.text.displays import Display, Unfailing, display_here
from fftui.text.format import accuracy_text, columns, duration
from fftui.text.rich_tables import table_text
from fftui.text.signal_handlers import INTERRUPTED, signals_to
from fftui.text.streams import (
    file_to_stdout,
    json_to_stdout,
    styled_to_stdout,
    to_stderr,
    to_stdout,
)


@dataclass(frozen=True)
class Output:
    """Format of a study's table, a row for each condition or trial, and the file (None: stdout)."""

    to: str = "text"
    trials: bool = False
    file: Path | None = None
    as_json: bool = False


@dataclass(frozen=True)
class StudyResult:
    """The trials of a study that failed, and whether it was stopped before its end."""

    failed: tuple[TrialProgress, ...]
    stopped: bool


class Stop(threading.Event):
    """Set to end a study gently."""

    def stop(self) -> None:
        """End the current run after its batch, and the study with it."""
        self.set()


def list_studies(*, as_json: bool) -> None:
    """Write all studies to stdout."""
    if as_json:
        json_to_stdout(
            [{"study": i.name, "title": i.title, "question": i.question} for i in STUDIES.values()]
        )
    else:
        to_stdout(columns(("study", "question"), [(i.name, i.question) for i in STUDIES.values()]))


def build(
    name: str, scale: Scale, seeds: int | None, asked: Collection[DataName], workspace: Workspace
) -> Study:
    """The study called `name` on those of its data sets, or of those `asked` for, that are here.

    Raises RequestError where no study is called so, or none of its data sets is here.
    """
    info = find_study(name)  # before torchvision loads, which knows what files there should be
    study = info.build(scale, present_sets(workspace.data_folder), seeds or SEEDS[scale], asked)
    if not study.trials:
        msg = (
            f"nothing to run for study {name}: {'; '.join(study.notes)}; or try --quick,"
            " which needs no download"
        )
        raise RequestError(msg)
    return study


def build_of_runs(
    name: str, scale: Scale, seeds: int | None, asked: Collection[DataName], workspace: Workspace
) -> Study:
    """The study on those of its data sets that have runs here, or on all where there are none; no
    images are needed.
    """
    info, run = find_study(name), {record.data for record in list_runs(workspace.runs_dir)}
    sets = asked or info.sets_at(scale)
    seen = [data for data in sets if data in run]
    return info.build(
        scale, known_names(workspace.data_folder), seeds or SEEDS[scale], seen or sets
    )


def execute_study(study: Study, workspace: Workspace, output: Output, executor: Executor) -> int:
    """Run the missing trials of a study on `executor`, show their progress, write its table;
    returns the exit code.

    Raises RequestError where nothing can be run, RunFailedError where trials failed (the table is
    written before).
    """
    # Polars, which should not delay a refusal
    from fftui.studies.report import check_format  # noqa: PLC0415

    check_format(output.to)
    if output.file is not None:
        check_writable(output.file)
    announce(study, workspace)
    result = follow(study, workspace, executor)
    show_table(study, workspace.runs_dir, output)
    return conclude(study, result)


def follow(study: Study, workspace: Workspace, executor: Executor) -> StudyResult:
    """Run the missing trials of a study on `executor`, and show their progress. Raises
    RequestError where nothing can be run.
    """
    reporter, stop, failed = _TrialReporter(Unfailing(display_here())), Stop(), []
    # a refusal closes the display too: a bar hides the cursor
    with closing(reporter), signals_to(stop) as signals:
        for progress in run_study(study, workspace, executor=executor, stop=stop):
            if progress.state == "failed":
                failed.append(progress)
            reporter.report(progress)
            if signals.pending_message:
                reporter.keep(signals.pending_message)
                signals.pending_message = None
    return StudyResult(tuple(failed), stop.is_set())


def conclude(study: Study, result: StudyResult) -> int:
    """Report the end of a study on stderr; returns the exit code. Raises RunFailedError where
    trials failed.
    """
    if result.stopped:
        to_stderr(f"interrupted; go on with: {shlex.join(['fftui', *sys.argv[1:]])}")
        return INTERRUPTED
    if result.failed:
        trials = f"{len(result.failed)} of {len(study.trials)} trials"
        msg = f"{trials} failed; {_advice(result.failed)}"
        raise RunFailedError(msg)
    return 0


def _advice(failed: Sequence[TrialProgress]) -> str:
    """What helps against failures: another try, and other settings for what diverged."""
    diverged = sum(each.diverged for each in failed)
    if not diverged:
        return "run the study again to try them once more"
    if diverged == len(failed):
        return "they diverged, would do so again, and need other settings"
    return (
        f"run the study again to try {len(failed) - diverged} once more; {diverged} diverged, would"
        " do so again, and need other settings"
    )


def show_table(study: Study, runs_dir: Path, output: Output) -> None:
    """Write the table of the finished trials. Raises RequestError for an unknown format or an
    unwritable file.
    """
    from fftui.studies import report  # noqa: PLC0415 - loads Polars

    if output.as_json:
        json_to_stdout(report.as_facts(study, runs_dir))
    elif output.file is not None:
        content = report.as_file(study, runs_dir, output.to, trials=output.trials)
        write_output(output.file, content)
    elif output.to == "text" and not output.trials and sys.stdout.isatty():
        styled_to_stdout(_drawn(study, *report.table_for_people(study, runs_dir)))
    else:
        file_to_stdout(report.as_file(study, runs_dir, output.to, trials=output.trials))
    for note in study.notes:
        to_stderr(note)


class _TrialReporter:
    """Prints a line when a trial begins and one when it ends; none for trials that had finished
    before. Of several that run, the first has the bar.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._running: set[int] = set()
        self._view = RunView()

    def report(self, progress: TrialProgress) -> None:
        """Show the progress of a trial."""
        self._view = progress.view or RunView()
        name = f"{progress.index}/{progress.of} {progress.trial.condition.text}"
        name += f", seed {progress.trial.experiment.seed}"
        if progress.state == "running":
            if progress.index not in self._running:
                self._running.add(progress.index)
                self.keep(name)
            if progress.index == min(self._running):
                self._display.refresh(self._view)
            return
        self._running.discard(progress.index)
        if end := _end(progress, self._view):
            self.keep(f"{name}: {end}")

    def keep(self, line: str) -> None:
        """Print a line that is not painted over."""
        self._display.on_event(ev.Noted(line), self._view)

    def close(self) -> None:
        """Close the display at the end of the study."""
        self._display.close()


def _end(progress: TrialProgress, view: RunView) -> str:
    """The end of a trial in words; empty where it had finished before."""
    because = f"; {progress.error}" if progress.error else ""
    if progress.state == "running elsewhere":
        return f"another process runs it ({progress.run}): left to that"
    if progress.state in ("failed", "interrupted"):
        return f"{progress.state}{because}"
    if view.result is None:
        return ""
    return (
        f"test accuracy {accuracy_text(view.result.test_accuracy)},"
        f" {duration(view.result.train_s)}{because}"
    )


def _drawn(study: Study, head: list[str], rows: list[list[str]]) -> str:
    """A table for the terminal, in its colours and width."""
    table = Table(title=f"{study.title}: {study.question}", title_justify="left")
    for at, name in enumerate(head):
        is_number = all(not row[at] or row[at][0].isdigit() for row in rows)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number)
    for row in rows:
        table.add_row(*row)
    return table_text(table)
