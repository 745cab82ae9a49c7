"""What the screens ask of studies: what there is to carry out, what it came to, and a thread that carries it out.

Whatever reads the disk or loads torch or Polars is called from a thread.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fftui.errors import FFTUIError
from fftui.experiment import Experiment
from fftui.runs.estimate import expected_seconds
from fftui.runs.view import RunView
from fftui.studies.catalogue import STUDIES, present_sets
from fftui.studies.matching import KnownRuns, distinct
from fftui.studies.runner import Progress, carry_out
from fftui.studies.study import SEEDS, Scale, Study


@dataclass(frozen=True)
class StudyFacts:
    """A study as it could be carried out here, how many of its trials are done, and the runs that are still to come."""

    study: Study
    done: int
    to_come: tuple[Experiment, ...]

    @property
    def expected_s(self) -> float | None:
        """Seconds of learning that are likely to come; None while the device has not been measured."""
        times = [expected_seconds(experiment) for experiment in self.to_come]
        return None if None in times else sum(time or 0.0 for time in times)


@dataclass(frozen=True)
class StudyTable:
    """A study's results so far as text: a row for each of its conditions, in their order."""

    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class StudyBench:
    """The studies, for one runs folder, one device and one folder of images."""

    def __init__(self, runs_dir: Path, data_folder: Path | None, device: str) -> None:
        self.runs_dir = runs_dir
        self.data_folder = data_folder
        self.device = device

    def survey(self, scale: Scale) -> list[StudyFacts]:
        """Every study at that scale, on the image sets that are here. Reads the disk. Raises RequestError."""
        known, present = KnownRuns.of(self.runs_dir), present_sets(self.data_folder)
        return [facts_of(info.build(scale, present, SEEDS[scale]), known) for info in STUDIES.values()]

    def look_at(self, study: Study) -> StudyFacts:
        """How a study stands. Reads the disk. Raises RequestError."""
        return facts_of(study, KnownRuns.of(self.runs_dir))

    def table(self, study: Study) -> StudyTable:
        """What the study came to so far. Loads Polars and reads the disk. Raises RequestError."""
        from fftui.studies.report import table_for_people  # noqa: PLC0415 - Polars, behind the screen

        head, rows = table_for_people(study, self.runs_dir)
        return StudyTable(tuple(head), tuple(map(tuple, rows)))

    def start(self, study: Study) -> "StudyRun":
        """Carry out what is missing of a study, in a thread of its own."""
        run = StudyRun(study, self)
        run.start()
        return run


def facts_of(study: Study, known: KnownRuns) -> StudyFacts:
    """How a study stands by the runs that are known."""

    def is_done(experiment: Experiment) -> bool:
        run = known.of_experiment(experiment)
        return run is not None and run.status == "finished"

    experiments = [trial.experiment for trial in study.trials]
    to_come = [each for each in distinct(experiments) if not is_done(each)]
    return StudyFacts(study, sum(map(is_done, experiments)), tuple(to_come))


class StudyRun(threading.Thread):
    """Carries out a study. A screen looks at `progress` when it likes; to the app this is a `Trainer`.

    What learns is a run in a thread of its own, and neither thread ever waits for a screen.
    """

    paused = False

    def __init__(self, study: Study, bench: StudyBench) -> None:
        super().__init__(name=f"fftui-study-{study.name}")
        self.study = study
        self.progress: Progress | None = None
        self.over: tuple[Progress, ...] = ()  # what its trials came to, in order
        self.problem = ""
        self._bench = bench
        self._view = RunView()
        self._stopping = threading.Event()

    @property
    def view(self) -> RunView:
        """The newest view of the run that learns, or learned last."""
        return self._view

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def run(self) -> None:
        """Carry the study out to its end. Raises nothing: see `problem`."""
        bench = self._bench
        try:
            for progress in carry_out(self.study, bench.runs_dir, bench.device, bench.data_folder, stop=self._stopping):
                self._view = progress.view or self._view
                if progress.over:
                    self.over = (*self.over, progress)
                self.progress = progress
        except (FFTUIError, OSError, RuntimeError, ImportError) as error:
            self.problem = str(error).splitlines()[0] if str(error) else type(error).__name__

    def pause(self) -> None:
        """A study does not pause: stopping it loses nothing."""

    def resume(self) -> None:
        """It never pauses."""

    def skip_layer(self) -> None:
        """Its trials are carried out as they are."""

    def stop(self) -> None:
        """End the current run after its batch, with a checkpoint, and the study with it."""
        self._stopping.set()


def failed(over: Sequence[Progress]) -> list[Progress]:
    """The trials that failed."""
    return [progress for progress in over if progress.state == "failed"]
