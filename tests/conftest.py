"""What every test may rely on: settings, a small study, fake trainings, and finished runs."""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch

from fftui import events as ev
from fftui.experiment import (
    Checkpoint,
    Data,
    Evaluation,
    Experiment,
    ForwardForward,
    FullyConnected,
    Model,
    Telemetry,
    choices,
)
from fftui.learning.state import Progress, TrainingState
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.studies.study import Condition, Study, Trial, Value

from . import made_once
from .warm import WarmProcess

# A person's own presets are none of the tests', nor of what is read while they are collected
os.environ["FFTUI_PRESETS"] = str(Path(__file__).parent / "no-presets-here")

# A busy machine is no defect: an example that once took long because another process ran must not
# fail a test. FFTUI_TEST_EXAMPLES=250 python -m pytest draws ten times as many examples.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=int(os.environ.get("FFTUI_TEST_EXAMPLES", "25")),
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True, scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of a person's own settings is read, or changed by a screen that keeps its own; nor is
    a preset that a test saves left beside the tests.
    """
    settings = tmp_path_factory.mktemp("settings")
    os.environ["XDG_CONFIG_HOME"] = str(settings)
    os.environ["FFTUI_PRESETS"] = str(settings / "presets")


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """The environment is as before after every test: commands set variables for the processes that
    they start.
    """
    before = dict(os.environ)
    yield
    if dict(os.environ) != before:
        os.environ.clear()
        os.environ.update(before)


def pytest_configure() -> None:
    """One thread for torch, here and in the processes of tests: tests are small, and threads of
    workers side by side wait for each other.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)


def pytest_collection_finish() -> None:
    """Make once what libraries make for each test. Collect garbage less often, and none among the
    hundred thousands of objects that libraries made when they were loaded: that took a fourth of
    the time of a test of a screen.
    """
    made_once.keep_parsed_styles()
    made_once.keep_built_commands()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 10, 10)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Workers of `-n auto`: one for each core that may be used; none, so no second process, on a
    single core. A worker holds torch: at most 8.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores, 8) if cores and cores > 1 else 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests on the full data sets need FFTUI_DATA; in CI its absence is a failure, never a silent
    skip.
    """
    if item.get_closest_marker("real_data") is None or os.environ.get("FFTUI_DATA"):
        return
    if os.environ.get("CI"):
        pytest.fail("FFTUI_DATA is not set: CI runs the tests on real data")
    pytest.skip("FFTUI_DATA is not set")


@pytest.fixture(autouse=True)
def _choices_as_they_were() -> Iterator[None]:
    """Names that a test registers are gone after it."""
    before = dict(choices._added)
    yield
    choices._added.clear()
    choices._added.update(before)


class Small:
    """Makes small experiments and studies."""

    @staticmethod
    def experiment(seed: int = 0, **changes: Any) -> Experiment:
        """One small layer on 128 images: a fraction of a second."""
        values: dict[str, Any] = {
            "name": "tiny",
            "seed": seed,
            "precision": "float32",
            "data": Data(name="mnist-mini", normalisation="unit", train_images=128, test_images=64),
            "model": Model(layers=(FullyConnected(units=8),)),
            "phases": (ForwardForward(epochs=2, batch_size=64, threshold=1.0),),
            "evaluation": Evaluation(images=32, final_train_images=32),
            "telemetry": Telemetry(hz=0),
            "checkpoint": Checkpoint(every_s=0),
        }
        return Experiment(**(values | changes))

    @staticmethod
    def trial(units: int = 8, seed: int = 0, *, paper: float | None = None, **more: Value) -> Trial:
        """A layer of `units`; the condition says so, and what else is given."""
        values = (("data", "mnist-mini"), ("units", units), *more.items())
        model = Model(layers=(FullyConnected(units=units),))
        return Trial(Condition(values, paper), Small.experiment(seed, model=model))

    @staticmethod
    def study(*trials: Trial, **fields: Any) -> Study:
        values: dict[str, Any] = {
            "name": "small",
            "title": "Small",
            "question": "Does it matter?",
            "trials": trials,
        }
        return Study(**(values | fields))


@pytest.fixture
def small() -> type[Small]:
    return Small


@pytest.fixture
def study() -> Study:
    """Two conditions at two seeds."""
    trials = [Small.trial(units, seed, paper=90.0) for seed in (0, 1) for units in (8, 9)]
    return Small.study(*trials, notes=("svhn is not on this machine: skipped",))


class FakeTraining:
    """A training that states the end at once, or raises, or goes on until it is stopped."""

    epoch_key = (1, 1, 1)
    moment = ev.Moment("learning", 1, 1, 1)
    cuda_uuid = None
    is_sound = True

    def sampled_elsewhere(self) -> tuple[ev.Event, ...]:
        return ()

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        return ev.RunFinished(status, None, (), 1.5, error)

    def __init__(self, run: str, accuracy: float, error: Exception | None, endless: bool) -> None:
        self._events = self._scripted(run, accuracy, error, endless)

    def _scripted(
        self, run: str, accuracy: float, error: Exception | None, endless: bool
    ) -> Iterator[ev.Event]:
        yield ev.RunStarted(
            run, "tiny", "mnist-mini", "cpu", "float32", ("784→8",), 4, 128, 0, 64, False
        )
        yield ev.LayerStarted(1, 1, 2, 1.0)
        while endless:
            yield ev.Stepped(1, 1, 1, 1, 2, 1, 4, 100.0)
        yield ev.EpochFinished(1, 1, 1, 2, 0.5, 2.5, 0.5, 1.0, None, 1000.0, 0.25, 0.125)
        yield ev.EpochFinished(1, 1, 2, 4, 0.5, 2.5, 0.5, 1.0, None, 1000.0, 0.75, 0.375)
        if error:
            raise error
        yield ev.Evaluated(1, None, 2, "train", True, 0.97, (0.97,), (9, 9), (10, 10), 0.1)
        yield ev.Evaluated(1, None, 2, "test", True, accuracy, (accuracy,), (9, 9), (10, 10), 0.1)
        yield ev.RunFinished("finished", accuracy, (accuracy,), 1.5, None)

    def __next__(self) -> ev.Event:
        return next(self._events)

    def close(self) -> None:
        pass

    def skip_layer(self) -> None:
        pass

    def rest(self) -> None:
        pass

    def state(self) -> TrainingState:
        return TrainingState({"network.weight": torch.ones(4)}, Progress())

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        return iter(())


class FakeTrainings:
    """Opens trainings that stand in, and remembers what it was asked for. Accuracy is 0.9 plus a
    hundredth a seed.
    """

    def __init__(self) -> None:
        self.opened: list[tuple[Experiment, bool]] = []  # and whether it went on from a checkpoint
        self.errors: dict[str, Exception] = {}  # by JSON of the experiment
        self.refuses: Callable[[bool], Exception | None] = lambda resumed: None
        self.endless = False

    def __call__(
        self,
        experiment: Experiment,
        *,
        run: str,
        data_folder: Path | None,
        device: str,
        state: TrainingState | None,
        weights_of: Callable[[str], Any] | None = None,
    ) -> FakeTraining:
        if refusal := self.refuses(state is not None):
            raise refusal
        self.opened.append((experiment, state is not None))
        error = self.errors.get(experiment.model_dump_json())
        return FakeTraining(run, 0.9 + experiment.seed / 100, error, self.endless)


@pytest.fixture
def fake_trainings() -> FakeTrainings:
    return FakeTrainings()


@pytest.fixture
def finished_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a run that is over, as a person might have started it by hand."""

    def make(
        experiment: Experiment, accuracy: float = 0.9, status: ev.Status = "finished"
    ) -> RunFolder:
        folder = create(Workspace(tmp_path / "runs"), experiment, name="by hand")
        journal = JournalWriter(folder.journal)
        for event in FakeTraining(folder.id, accuracy, None, False)._events:
            journal.append(event)
        journal.close()
        over = {
            "status": status,
            "test_accuracy": accuracy,
            "layer_accuracies": (accuracy,),
            "train_s": 1.5,
        }
        over |= {"error": "it broke", "test_accuracy": None} if status == "failed" else {}
        folder.write_record(folder.record().model_copy(update=over))
        return folder

    return make


@pytest.fixture
def on_terminal() -> Callable[..., tuple[int, str]]:
    """Runs a program in a folder on a terminal of its own: exit code, and all that was shown."""

    def run(
        code: str, words: Sequence[str], folder: Path, environment: dict[str, str]
    ) -> tuple[int, str]:
        terminal, its = os.openpty()
        process = WarmProcess(code, words, folder=folder, environment=environment, terminal=its)
        os.close(its)
        shown = b""
        with suppress(OSError):  # how a terminal says that its last process has ended
            while read := os.read(terminal, 4096):
                shown += read
        os.close(terminal)
        return process.wait(), shown.decode()

    return run
