"""Small runs of every kind, and what is left of one after faults, against one without."""

import random
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import tomli_w
import torch
from polars.testing import assert_frame_equal
from safetensors.torch import load_file

from fftui.data.sets import SETS
from fftui.experiment import LAYERS, PHASES, Experiment
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal import unread_lines
from fftui.runs.kept_tables import are_current
from fftui.runs.table_names import TableName
from fftui.runs.tables import SCHEMAS

from ..learning.test_every_kind import described
from ..plugin_site import files_of_page
from .processes import Commands, Done, Fault

Document = dict[str, Any]  # an experiment as in a TOML file
TRAIN_IMAGES = 200
COMPARED: tuple[TableName, ...] = ("epochs", "layers", "evaluations")
# what differs between two runs of one experiment: times, memory, and the run's name
DIFFERS = ("run", "samples_per_s", "accuracy_s")


def kinds() -> Iterator[tuple[str, Document]]:
    """Every rule over every kind of layer, each order, two phases over one network, and a plug-in's
    rule and layer over an own data set.
    """
    for rule in PHASES.names:
        for kind in LAYERS.names:
            yield f"{rule} {kind}", _tiny(_document(described(kind, rule)))
    ff, backprop = (described("fully-connected", rule) for rule in ("forward-forward", "backprop"))
    for order in ("layer-wise", "parallel"):
        changed = ff.changed({"phases.0.order": order})
        yield f"forward-forward {order}", _tiny(_document(changed))
    both = backprop.model_copy(update={"phases": (*ff.phases, *backprop.phases)})
    yield "hybrid", _tiny(_document(both))
    own = tomllib.loads(files_of_page()["rings.toml"])
    yield "plug-in and own data set", _tiny(own)


def document_of(kind: str) -> Document:
    """The experiment of that name among `kinds`."""
    return dict(kinds())[kind]


def _document(experiment: Experiment) -> Document:
    return experiment.model_dump(mode="json", exclude_none=True)


def _tiny(experiment: Document) -> Document:
    """It with checkpoints within epochs, samples of the machine, and no waiting for room."""
    return experiment | {
        "data": experiment["data"] | {"train_images": TRAIN_IMAGES, "test_images": 100},
        "phases": [phase | {"epochs": 2} for phase in experiment["phases"]],
        "checkpoint": {"every_s": 0.02, "keep_trying_s": 0.0},
        "telemetry": {"hz": 20.0, "idle_s": 0.0},
    }


def with_fewer_changes(experiment: Document) -> Document:
    """It with few changes of files, but each kind of them: one epoch of two batches a stage."""
    shape = {"epochs": 1, "batch_size": TRAIN_IMAGES // 2}
    return experiment | {
        "phases": [phase | shape for phase in experiment["phases"]],
        "telemetry": {"hz": 0.5, "idle_s": 0.0},
    }


@dataclass
class Trial:
    """One kind of run in a folder of its own, and how one without faults ended."""

    commands: Commands
    kind: str
    data: str
    runs: Path
    whole: RunFolder
    calls: int
    seconds: float

    def begin_words(self, runs: Path, **changes: float) -> list[str]:
        """The words of a new run in the folder `runs`."""
        more = [f"--set={name.replace('__', '.')}={value}" for name, value in changes.items()]
        config = str(self.runs / "experiment.toml")
        return [
            "run",
            "--config",
            config,
            "--data",
            self.data,
            "--headless",
            "--device",
            "cpu",
            "--runs",
            str(runs),
            *more,
        ]


def prepared(commands: Commands, kind: str, experiment: Document, folder: Path) -> Trial:
    """A trial of `experiment`, and a run of it without faults in `folder`."""
    folder.mkdir(parents=True)
    data = experiment["data"]["name"]
    if data not in SETS:
        commands.add_rings()
    (folder / "experiment.toml").write_text(tomli_w.dumps(experiment))
    trial = Trial(commands, kind, data, folder, RunFolder(folder), 0, 0.0)
    began = time.monotonic()
    done = commands.run(trial.begin_words(folder / "whole"), Fault(folder / "whole", "count"))
    assert done.code == 0, done.err
    trial.seconds, trial.calls = time.monotonic() - began, done.calls
    trial.whole = the_run(folder / "whole")
    assert problems_of(trial, folder / "whole") == []
    return trial


def the_run(runs: Path) -> RunFolder:
    """The only run in a folder."""
    (folder,) = run_folders(runs)
    return folder


def resumed(trial: Trial, runs: Path, fault: Fault | None = None) -> Done:
    """Resume the run in `runs`, or begin one where it had not appeared."""
    folders = run_folders(runs)
    if not folders:
        return trial.commands.run(trial.begin_words(runs), fault)
    words = ["resume", folders[0].id, "--headless", "--runs", str(runs)]
    return trial.commands.run(words, fault)


def problems_of(trial: Trial, runs: Path) -> list[str]:
    """What is wrong with the run in `runs`, which has ended; nothing where it is as the whole
    one.
    """
    folders = run_folders(runs)
    if len(folders) != 1:
        return [f"{len(folders)} runs"]
    folder = folders[0]
    found = [f"left over: {path.name}" for path in (*runs.glob(".*"), *folder.path.glob(".*"))]
    record = folder.record()
    if record.status != "finished":
        return [*found, f"status {record.status}"]
    if record.test_accuracy != trial.whole.record().test_accuracy:
        found.append("another accuracy")
    if not are_current(folder):
        found.append("tables are missing or old")
    found += _weights_differ(trial.whole, folder)
    found += [text for name in COMPARED for text in _rows_differ(trial.whole, folder, name)]
    torn = unread_lines(folder.journal)
    if torn is None or len(torn) > 2:  # a kill within a line may leave one each
        found.append(f"unread lines {torn}")
    return found


def _weights_differ(whole: RunFolder, other: RunFolder) -> Iterator[str]:
    expected, found = load_file(whole.checkpoint), load_file(other.checkpoint)
    if expected.keys() != found.keys():
        yield f"tensors {sorted(expected.keys() ^ found.keys())}"
        return
    for name, tensor in expected.items():
        if not torch.equal(tensor, found[name]):
            yield f"other weights in {name}"


def _rows_differ(whole: RunFolder, other: RunFolder, name: TableName) -> Iterator[str]:
    columns = [
        column
        for column in SCHEMAS[name]
        if column not in DIFFERS and not column.endswith(("_s", "_bytes", "_j", "_w"))
    ]
    try:
        expected, found = (
            pl.read_parquet(folder.table(name)).select(columns) for folder in (whole, other)
        )
        assert_frame_equal(expected, found, check_exact=True)
    except (AssertionError, OSError, pl.exceptions.PolarsError) as error:
        yield f"table {name}: {' '.join(str(error).split())}"


def random_for(seed: int, *more: object) -> random.Random:
    """Random numbers that depend on these alone."""
    return random.Random(f"{seed} {more}")
