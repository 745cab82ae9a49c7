"""A study without the screen: progress on stderr, its table on stdout, signals as for a run."""

import json
import shlex
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fftui import events as ev
from fftui.data.catalogue import DataName
from fftui.data.own_sets import known_names
from fftui.errors import RequestError, RunFailedError
from fftui.runs.estimate import expected_seconds, measure
from fftui.runs.files import check_writable
from fftui.runs.listing import list_runs
from fftui.runs.view import RunView
from fftui.studies.matching import KnownRuns, distinct, identity
from fftui.studies.runner import TrialProgress, run_study
from fftui.studies.study import SEEDS, Scale, Study, Trial
from fftui.studies.study_catalogue import STUDIES, find_study, present_sets
from fftui.text.format import duration, roughly
from fftui.text.headless import INTERRUPTED, Display, display_here, signals_to
from fftui.text.plain import accuracy_text, columns
from fftui.text.streams import bytes_to_stdout, to_stderr, to_stdout


@dataclass(frozen=True)
class Workspace:
    """The runs folder, the device that runs learn on, and the folder of data sets."""

    runs_dir: Path
    device: str = "auto"
    data_folder: Path | None = None


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


def studies_text() -> str:
    """All studies, a line each."""
    return columns(("study", "question"), [(info.name, info.question) for info in STUDIES.values()])


def studies_json() -> str:
    """All studies as JSON."""
    return json.dumps(
        [{"study": i.name, "title": i.title, "question": i.question} for i in STUDIES.values()]
    )


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
            f"nothing to carry out for study {name}: {'; '.join(study.notes)}; or try --quick,"
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


def execute_study(study: Study, workspace: Workspace, output: Output) -> int:
    """Run the missing trials of a study, show their progress, write its table; returns the exit
    code.

    Raises RequestError where nothing can be run, RunFailedError where trials failed (the table is
    written before).
    """
    # Polars, which should not delay a refusal
    from fftui.studies.report import check_format  # noqa: PLC0415

    check_format(output.to)
    if output.file is not None:
        check_writable(output.file)
    result = follow(study, workspace)
    show_table(study, workspace.runs_dir, output)
    return conclude(study, result)


def follow(study: Study, workspace: Workspace) -> StudyResult:
    """Run the missing trials of a study and show their progress. Raises RequestError where nothing
    can be run.
    """
    _measure(workspace.device)
    _announce(study, workspace)
    reporter, stop, failed = _TrialReporter(display_here()), Stop(), []
    with signals_to(stop) as signals:
        for progress in run_study(
            study, workspace.runs_dir, workspace.device, workspace.data_folder, stop=stop
        ):
            if progress.state == "failed":
                failed.append(progress)
            reporter.report(progress)
            if signals.pending_message:
                reporter.keep(signals.pending_message)
                signals.pending_message = None
    reporter.close()
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
        msg = f"{trials} failed; carry the study out again to try them once more"
        raise RunFailedError(msg)
    return 0


def show_table(study: Study, runs_dir: Path, output: Output) -> None:
    """Write the table of the finished trials. Raises RequestError for an unknown format or an
    unwritable file.
    """
    from fftui.studies import report  # noqa: PLC0415 - Polars

    if output.as_json:
        to_stdout(report.as_json(study, runs_dir))
    elif output.file is not None:
        report.write(report.as_file(study, runs_dir, output.to, trials=output.trials), output.file)
    elif output.to == "text" and not output.trials and sys.stdout.isatty():
        to_stdout(_drawn(study, *report.table_for_people(study, runs_dir)))
    else:
        bytes_to_stdout(report.as_file(study, runs_dir, output.to, trials=output.trials))
    for note in study.notes:
        to_stderr(note)


def plan_text(study: Study, workspace: Workspace, *, as_json: bool) -> str:
    """A study's trials, the state of each, and the likely time of those to come."""
    _measure(workspace.device)
    known = KnownRuns.of(workspace.runs_dir)
    seen: set[str] = set()
    facts: list[tuple[Trial, str, float | None]] = []
    for trial in study.trials:
        run = known.of_experiment(trial.experiment)
        is_repeated = identity(trial.experiment) in seen
        seen.add(identity(trial.experiment))
        state = "same run as above" if is_repeated else run.status if run else "to come"
        is_to_come = not is_repeated and not (run and run.status == "finished")
        facts.append((trial, state, expected_seconds(trial.experiment) if is_to_come else None))
    if as_json:
        rows = [
            {
                **dict(trial.condition.values),
                "seed": trial.experiment.seed,
                "state": state,
                "expected_s": seconds,
            }
            for trial, state, seconds in facts
        ]
        return json.dumps(
            {"study": study.name, "notes": study.notes, "trials": rows}, ensure_ascii=False
        )
    lines = [
        (
            trial.condition.text,
            str(trial.experiment.seed),
            state,
            "" if seconds is None else roughly(seconds),
        )
        for trial, state, seconds in facts
    ]
    total = roughly(sum(seconds or 0.0 for _, _, seconds in facts))
    to_come = sum(seconds is not None for _, _, seconds in facts)
    text = (
        columns(("trial", "seed", "state", "expected"), lines)
        + f"\n{to_come} of {len(facts)} to come, {total}\n"
    )
    return text + "".join(f"{note}\n" for note in study.notes)


def _measure(device: str) -> None:
    """Measure how fast the device is, if that is not known. Raises RequestError where there is no
    such device.
    """
    from fftui.learning.device import choose_device  # noqa: PLC0415 - torch

    choose_device(device)
    measure(device)


def _announce(study: Study, workspace: Workspace) -> None:
    known = KnownRuns.of(workspace.runs_dir)
    experiments = distinct(trial.experiment for trial in study.trials)
    runs = [known.of_experiment(each) for each in experiments]
    missing = [
        each
        for each, run in zip(experiments, runs, strict=True)
        if not (run and run.status == "finished")
    ]
    expected = roughly(sum(expected_seconds(each) or 0.0 for each in missing))
    left = f"{len(missing)} to come, {expected}" if missing else "nothing to do"
    to_stderr(f"study {study.name}: {len(study.trials)} trials in {len(experiments)} runs, {left}")


class _TrialReporter:
    """Prints a line when a trial begins and one when it ends; none for trials that had finished
    before.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._begun = 0
        self._view = RunView()

    def report(self, progress: TrialProgress) -> None:
        """Show the progress of a trial."""
        self._view = progress.view or RunView()
        name = f"{progress.index}/{progress.of} {progress.trial.condition.text}"
        name += f", seed {progress.trial.experiment.seed}"
        if progress.state == "running":
            if self._begun != progress.index:
                self._begun = progress.index
                self.keep(name)
            self._display.refresh(self._view)
        elif end := _end(progress, self._view):
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
    figures = [all(not row[at] or row[at][0].isdigit() for row in rows) for at in range(len(head))]
    for name, is_figure in zip(head, figures, strict=True):
        table.add_column(name, justify="right" if is_figure else "left", no_wrap=is_figure)
    for row in rows:
        table.add_row(*row)
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        table.box = None
    text = StringIO()
    Console(file=text, force_terminal=True, highlight=False, markup=False).print(table)
    return text.getvalue()
