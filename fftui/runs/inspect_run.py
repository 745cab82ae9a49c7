"""Looks into what a run has learned, from its last checkpoint."""

from pathlib import Path

from fftui.errors import RequestError, RunFailedError
from fftui.experiment import Experiment
from fftui.learning.inspect_network import NetworkInspector
from fftui.learning.probe import probe_images
from fftui.learning.state import NETWORK, Progress
from fftui.learning.trained import load_trained
from fftui.network_report import Position
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.folder import RunFolder

__all__ = ["NetworkInspector", "inspect_run", "position_of"]


def inspect_run(
    folder: RunFolder,
    *,
    images: int | None = None,
    data_folder: Path | None = None,
    device: str = "cpu",
) -> NetworkInspector:
    """The run's network as its last checkpoint has it, and `images` probe images (None: a number by
    the labels there are), from `data_folder` or where the run had them.

    Raises RunFailedError where there is no checkpoint or it cannot be read, DataError where the
    images are missing, RequestError where a number of images is less than 1 or the device is not
    there, ExperimentError where the run's experiment is damaged.
    """
    if images is not None and images < 1:
        msg = f"{images} probe images are too few: ask for 1 or more"
        raise RequestError(msg)
    written = folder.checkpoint.stat().st_mtime if folder.checkpoint.exists() else None
    state = load_checkpoint(folder)
    if state is None:
        msg = (
            f"run {folder.id} has no checkpoint yet, from which it could be inspected: C on its"
            " screen writes one, and so does its end"
        )
        raise RunFailedError(msg)
    experiment = folder.experiment()
    position = position_of(state.progress, experiment)
    return NetworkInspector(
        experiment,
        load_trained(experiment, state.part(NETWORK), device=device, phase=position.phase),
        probe_images(experiment, images, folder.record().images(data_folder)),
        position,
        written,
    )


def position_of(progress: Progress, experiment: Experiment) -> Position:
    """Where in `experiment` the weights come from. Between two phases that is the end of the first:
    the next one has not changed them; between two layers likewise.
    """
    phases, model = experiment.phases, experiment.model
    between = progress.phase > 0 and not (progress.stage or progress.epoch or progress.step)
    number = min(len(phases), progress.phase + (not between))
    phase = phases[number - 1]
    stages = phase.stages(model)
    stage = stages if between else progress.stage
    finished = stage > 0 and not (progress.epoch or progress.step)
    by_layer = stages == len(model.layers)
    return Position(
        phase=number,
        phases=len(phases),
        rule=phase.rule,
        layer=min(stages, stage + (not finished)) if by_layer and not between else None,
        epoch=phase.epochs if finished else progress.epoch,
        epochs=phase.epochs,
        step=progress.step,
        ended=finished and stage >= stages,
    )
