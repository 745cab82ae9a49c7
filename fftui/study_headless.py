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
from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.errors import RequestError, RunFailedError
from fftui.format import duration, roughly
from fftui.headless import INTERRUPTED, Display, display_here, signals_to
from fftui.plain import accuracy_text, columns
from fftui.runs.estimate import expected_seconds, measure
from fftui.runs.files import check_writable
from fftui.runs.listing import list_runs
from fftui.runs.view import RunView
from fftui.streams import emit, emit_bytes, say
from fftui.studies.catalogue import STUDIES, find_study, present_sets
from fftui.studies.matching import KnownRuns, distinct, identity
from fftui.studies.runner import Progress
from fftui.studies.runner import carry_out as trials_of
from fftui.studies.study import SEEDS, Scale, Study, Trial


@dataclass(frozen=True)
class Place:
    """Where runs live, on what they learn and from which images."""

    runs_dir: Path
    device: str = "auto"
    data_folder: Path | None = None


@dataclass(frozen=True)
class Output:
    """How the table goes out: its format, a row a condition or a trial, to a file or (None) to stdout."""

    to: str = "text"
    trials: bool = False
    file: Path | None = None
    as_json: bool = False


@dataclass(frozen=True)
class Ended:
    """How carrying out a study ended: the trials that failed, and whether it was stopped before its end."""

    failed: tuple[Progress, ...]
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
    return json.dumps([{"study": i.name, "title": i.title, "question": i.question} for i in STUDIES.values()])


def build(name: str, scale: Scale, seeds: int | None, asked: Collection[DataName], place: Place) -> Study:
    """The study called `name` on those of its image sets, or of those `asked` for, that are here.

    Raises RequestError where no study is called so, or none of its image sets is here.
    """
    info = find_study(name)  # before torchvision loads, which knows what files there should be
    study = info.build(scale, present_sets(place.data_folder), seeds or SEEDS[scale], asked)
    if not study.trials:
        msg = (
            f"nothing to carry out for study {name}: {'; '.join(study.notes)}; or try --quick, which needs no download"
        )
        raise RequestError(msg)
    return study


def build_of_runs(name: str, scale: Scale, seeds: int | None, asked: Collection[DataName], place: Place) -> Study:
    """The same on those of its image sets that runs are here of, or on all where there are none; images may be gone."""
    info, run = find_study(name), {record.data for record in list_runs(place.runs_dir)}
    sets = asked or info.sets_at(scale)
    seen = [data for data in sets if data in run]
    return info.build(scale, DATA_NAMES, seeds or SEEDS[scale], seen or sets)


def carry_out(study: Study, place: Place, output: Output) -> int:
    """Carry out what is missing of a study, show how it goes, give its table; the exit code.

    Raises RequestError where nothing can be run, RunFailedError where trials failed (the table is given before).
    """
    from fftui.studies.report import check_format  # noqa: PLC0415 - Polars, which should not delay a refusal

    check_format(output.to)
    if output.file is not None:
        check_writable(output.file)
    ended = follow(study, place)
    show_table(study, place.runs_dir, output)
    return conclude(study, ended)


def follow(study: Study, place: Place) -> Ended:
    """Carry out what is missing of a study and show how it goes. Raises RequestError where nothing can be run."""
    _measure(place.device)
    _say_what_is_there(study, place)
    teller, stop, failed = _Teller(display_here()), Stop(), []
    with signals_to(stop) as signals:
        for progress in trials_of(study, place.runs_dir, place.device, place.data_folder, stop=stop):
            if progress.state == "failed":
                failed.append(progress)
            teller.tell(progress)
            if signals.unsaid:
                teller.say(signals.unsaid)
                signals.unsaid = None
    teller.close()
    return Ended(tuple(failed), stop.is_set())


def conclude(study: Study, ended: Ended) -> int:
    """Say what has to be said of the end of a study; the exit code. Raises RunFailedError where trials failed."""
    if ended.stopped:
        say(f"interrupted; go on with: {shlex.join(['fftui', *sys.argv[1:]])}")
        return INTERRUPTED
    if ended.failed:
        trials = f"{len(ended.failed)} of {len(study.trials)} trials"
        msg = f"{trials} failed; carry the study out again to try them once more"
        raise RunFailedError(msg)
    return 0


def show_table(study: Study, runs_dir: Path, output: Output) -> None:
    """Give the table of what is there. Raises RequestError where the format is none or the file cannot be written."""
    from fftui.studies import report  # noqa: PLC0415 - Polars

    if output.as_json:
        emit(report.as_json(study, runs_dir))
    elif output.file is not None:
        report.write(report.as_file(study, runs_dir, output.to, trials=output.trials), output.file)
    elif output.to == "text" and not output.trials and sys.stdout.isatty():
        emit(_drawn(study, *report.table_for_people(study, runs_dir)))
    else:
        emit_bytes(report.as_file(study, runs_dir, output.to, trials=output.trials))
    for note in study.notes:
        say(note)


def plan_text(study: Study, place: Place, *, as_json: bool) -> str:
    """What carrying a study out would do: its trials, how they stand, how long those to come are likely to take."""
    _measure(place.device)
    known = KnownRuns.of(place.runs_dir)
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
            {**dict(trial.condition.values), "seed": trial.experiment.seed, "state": state, "expected_s": seconds}
            for trial, state, seconds in facts
        ]
        return json.dumps({"study": study.name, "notes": study.notes, "trials": rows}, ensure_ascii=False)
    lines = [
        (trial.condition.text, str(trial.experiment.seed), state, "" if seconds is None else roughly(seconds))
        for trial, state, seconds in facts
    ]
    total = roughly(sum(seconds or 0.0 for _, _, seconds in facts))
    to_come = sum(seconds is not None for _, _, seconds in facts)
    text = columns(("trial", "seed", "state", "expected"), lines) + f"\n{to_come} of {len(facts)} to come, {total}\n"
    return text + "".join(f"{note}\n" for note in study.notes)


def _measure(device: str) -> None:
    """Know how fast the device is. Raises RequestError where there is none of that name, measured before or not."""
    from fftui.learning.device import choose_device  # noqa: PLC0415 - torch

    choose_device(device)
    measure(device)


def _say_what_is_there(study: Study, place: Place) -> None:
    known = KnownRuns.of(place.runs_dir)
    experiments = distinct(trial.experiment for trial in study.trials)
    runs = [known.of_experiment(each) for each in experiments]
    missing = [each for each, run in zip(experiments, runs, strict=True) if not (run and run.status == "finished")]
    expected = roughly(sum(expected_seconds(each) or 0.0 for each in missing))
    left = f"{len(missing)} to come, {expected}" if missing else "nothing to do"
    say(f"study {study.name}: {len(study.trials)} trials in {len(experiments)} runs, {left}")


class _Teller:
    """One line when a trial begins and one when it is over; what is there already needs none."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._begun = 0
        self._view = RunView()

    def tell(self, progress: Progress) -> None:
        """Show how a trial stands."""
        self._view = progress.view or RunView()
        name = f"{progress.index}/{progress.of} {progress.trial.condition.text}"
        name += f", seed {progress.trial.experiment.seed}"
        if progress.state == "running":
            if self._begun != progress.index:
                self._begun = progress.index
                self.say(name)
            self._display.look(self._view)
        elif end := _end(progress, self._view):
            self.say(f"{name}: {end}")

    def say(self, line: str) -> None:
        """A line that stays."""
        self._display.hear(ev.Noted(line), self._view)

    def close(self) -> None:
        """The study is over."""
        self._display.close()


def _end(progress: Progress, view: RunView) -> str:
    """What came of a trial, in words; nothing where that was known before."""
    because = f"; {progress.error}" if progress.error else ""
    if progress.state == "elsewhere":
        return f"another process is at it ({progress.run}): left to that"
    if progress.state in ("failed", "interrupted"):
        return f"{progress.state}{because}"
    if view.result is None:
        return ""
    return f"test accuracy {accuracy_text(view.result.test_accuracy)}, {duration(view.result.train_s)}{because}"


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
