"""The folders in which generated requests are made: two finished runs, presets, no data sets."""

import shutil
from dataclasses import dataclass
from pathlib import Path

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
)
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

from .asking import Asked, ask

TINY = Experiment(
    name="tiny",
    precision="float32",
    data=Data(name="mnist-mini", normalisation="unit", train_images=128, test_images=64),
    model=Model(layers=(FullyConnected(units=8),)),
    phases=(ForwardForward(epochs=1, batch_size=64, threshold=1.0),),
    evaluation=Evaluation(images=32, final_train_images=32),
    telemetry=Telemetry(hz=0),
    checkpoint=Checkpoint(every_s=0),
)


@dataclass(frozen=True)
class World:
    """A folder with all that the command line works on."""

    root: Path
    run: RunFolder  # the newest

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name its folders."""
        return {
            "FFTUI_RUNS": str(self.root / "runs"),
            "FFTUI_PRESETS": str(self.root / "presets"),
            "FFTUI_DATA": str(self.root / "data"),
            "XDG_CONFIG_HOME": str(self.root / "settings"),
            "TERM": "dumb",
        }

    def renew(self) -> None:
        """Take away what requests have changed."""
        for name in ("presets", "data", "out", "settings"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir()


def make_world(root: Path) -> World:
    """Its folders in `root`."""
    runs = [_finished_run(root / "runs", name) for name in ("first", "second")]
    world = World(root, runs[-1])
    world.renew()
    return world


def _finished_run(runs_dir: Path, name: str) -> RunFolder:
    folder = create(Workspace(runs_dir), TINY, name=name, preset="quickstart")
    journal = JournalWriter(folder.journal)
    for event in (
        ev.RunStarted(
            folder.id, "tiny", "mnist-mini", "cpu", "float32", ("784→8",), 2, 128, 0, 64, False
        ),
        ev.LayerStarted(1, 1, 1, 1.0),
        ev.EpochFinished(1, 1, 1, 2, 0.5, 2.5, 0.5, 1.0, 0.9, 1000.0, 0.25, 0.125),
        ev.LayerFinished(1, 1, 1, 0.5, False),
        ev.Evaluated(1, None, 1, "test", True, 0.9, (0.9,), (9, 9), (10, 10), 0.1),
        ev.RunFinished("finished", 0.9, (0.9,), 1.5, None),
    ):
        journal.append(event)
    journal.close()
    over = {"status": "finished", "test_accuracy": 0.9, "train_s": 1.5, "device": "cpu"}
    folder.write_record(folder.record().model_copy(update=over))
    return folder


def warm_up(world: World) -> None:
    """Load once what takes seconds to load, and measure the device: that is no request's fault."""
    for words in (
        ("run", "--preset", "quickstart", "--estimate"),
        ("study", "parallel-layers", "--quick", "--dry-run"),
        ("data", "list"),
        ("inspect", "latest"),
        ("compare", "latest", "latest", "--to", "svg"),
        ("figures", "latest", "-o", str(world.root / "out"), "--format", "svg"),
        ("export", "latest", "--to", "xlsx", "-o", str(world.root / "out" / "x.xlsx")),
        ("predict", "latest", "none.png"),
    ):
        ask(Asked(words, environment=world.environment), hang_s=600.0)
