"""Linear readouts of a run: a softmax classifier on the outputs of layers that stay as they are.

A readout is an experiment of one phase with the rule `readout`, which starts from the run's last
checkpoint. Nothing of the run is changed; results are kept beside it, in `readouts.json`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from torch import Tensor

from fftui import events as ev
from fftui.errors import RequestError, RunFailedError
from fftui.experiment import Experiment
from fftui.learning.initial_weights import HEAD
from fftui.learning.training import train
from fftui.runs.files import read_bytes, write_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.ownership import in_turn
from fftui.runs.weights import weights_of

WAIT_S = 10.0  # for other processes that keep a readout of the run


@dataclass(frozen=True)
class ReadoutSettings:
    """Layers that are read (from 1; none: all), and how the classifier learns."""

    layers: tuple[int, ...] = ()
    epochs: int = 20
    learning_rate: float = 1e-3
    batch_size: int = 128


class ReadoutResult(BaseModel):
    """What a linear readout predicts: accuracies from 0 to 1 (None: no such images), its settings,
    and the status that the run had: the weights are those of its last checkpoint.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: ev.Ordinal = ev.FORMAT  # a result without it is of format 1
    layers: tuple[int, ...]
    epochs: int
    learning_rate: float
    batch_size: int
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    train_s: float
    status: str

    @property
    def settings(self) -> ReadoutSettings:
        """What it was asked for with."""
        return ReadoutSettings(self.layers, self.epochs, self.learning_rate, self.batch_size)


_RESULTS: TypeAdapter[tuple[ReadoutResult, ...]] = TypeAdapter(tuple[ReadoutResult, ...])


def readout_experiment(
    experiment: Experiment, settings: ReadoutSettings, init_from: str
) -> Experiment:
    """The experiment that reads `settings.layers` of what `experiment` has learned, in the run
    `init_from`. Raises ExperimentError where the settings do not fit.
    """
    phase = {
        "rule": "readout",
        "epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "batch_size": settings.batch_size,
        "inputs": getattr(experiment.phases[-1], "inputs", "normalised"),
        "init_from": init_from,
    }
    head = {"kind": "linear", "normalisation": "rms", "layers": list(settings.layers)}
    changes = {"model.head": head, "phases": [phase], "evaluation.every": 0, "budget_s": None}
    return experiment.changed(changes)


def train_readout(
    folder: RunFolder,
    settings: ReadoutSettings,
    *,
    device: str = "auto",
    data_folder: Path | None = None,
    on_event: Callable[[ev.Event], None] | None = None,
) -> ReadoutResult:
    """Train a readout on the run's training images, keep its result beside the run, return it.

    Raises RequestError where there are no such layers or the result cannot be kept, RunFailedError
    where there is no checkpoint or the readout diverges, DataError where the images are missing.
    """
    if folder.path.is_symlink():
        msg = f"{folder.path} is a link: probe the run in the folder that it leads to"
        raise RequestError(msg)
    experiment, record = folder.experiment(), folder.record()
    settings = replace(settings, layers=_checked(settings.layers, len(experiment.model.layers)))
    events = train(
        readout_experiment(experiment, settings, folder.id),
        run=folder.id,
        data_folder=record.images(data_folder),
        device=device,
        weights_of=lambda _: _without_head(weights_of(folder)),
    )
    result = _result(_heard(events, on_event), settings, record.status)
    _keep(folder, result)
    return result


def read_readouts(folder: RunFolder) -> tuple[ReadoutResult, ...]:
    """The readouts that are kept beside the run, oldest first. Raises RequestError where the file
    is damaged or may not be read.
    """
    path = folder.readouts
    try:
        results = _RESULTS.validate_json(read_bytes(str(path)))
    except FileNotFoundError:
        return ()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise RequestError(msg) from error
    except ValidationError as error:
        msg = f"{path} is damaged ({error.errors()[0]['msg']}): remove it, and probe again"
        raise RequestError(msg) from error
    newest = max((each.format for each in results), default=ev.FORMAT)
    if newest > ev.FORMAT:  # writing it would lose what only the newer fftui knows
        msg = f"{path} cannot be read: {ev.newer_format(newest)}"
        raise RequestError(msg)
    return results


def _checked(layers: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The layers asked for, or all; each once. Raises RequestError for one that is not there."""
    chosen = layers or tuple(range(1, count + 1))
    for layer in chosen:
        if not 1 <= layer <= count:
            msg = f"there is no layer {layer}: the run's layers go from 1 to {count}"
            raise RequestError(msg)
    return tuple(sorted(set(chosen)))


def _without_head(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: each for name, each in weights.items() if not name.startswith(HEAD)}


def _heard(
    events: Iterable[ev.Event], on_event: Callable[[ev.Event], None] | None
) -> list[ev.Event]:
    """The events that a result is made of."""
    kept: list[ev.Event] = []
    for event in events:
        if on_event is not None:
            on_event(event)
        if isinstance(event, ev.Evaluated | ev.RunFinished):
            kept.append(event)
    return kept


def _result(events: list[ev.Event], settings: ReadoutSettings, status: str) -> ReadoutResult:
    end = events[-1]
    assert isinstance(end, ev.RunFinished)
    if end.status != "finished":
        msg = f"the readout failed: {end.error}; a lower --learning-rate may help"
        raise RunFailedError(msg)
    found = {each.split: each.accuracy for each in events if isinstance(each, ev.Evaluated)}
    return ReadoutResult(
        layers=settings.layers,
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        train_accuracy=found.get("train"),
        validation_accuracy=found.get("validation"),
        test_accuracy=found.get("test"),
        train_s=end.train_s,
        status=status,
    )


def _keep(folder: RunFolder, result: ReadoutResult) -> None:
    """Add the result to those beside the run, in place of one with the same settings."""
    path = folder.readouts
    try:
        with in_turn(folder.path, "probing", WAIT_S):
            others = [each for each in read_readouts(folder) if each.settings != result.settings]
            write_bytes(path, _RESULTS.dump_json((*others, result), indent=2) + b"\n")
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise RequestError(msg) from error
