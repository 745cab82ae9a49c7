"""Whether several processes can learn an experiment, and which of them learns which layers."""

from collections.abc import Sequence
from functools import cache

from fftui.errors import ExperimentError
from fftui.experiment.cost import FLOPS_PER_BYTE, images_of, layers_of
from fftui.experiment.experiment import Experiment

BLOCKS = 8  # of a batch, which `--ranks blocks` divides among the ranks


def check_shared_batches(experiment: Experiment, way: str = "data") -> None:
    """Raise ExperimentError, with the reason, where batches cannot be divided among ranks."""
    _check_no_budget(experiment)
    for number, layer in enumerate(experiment.model.layers):
        if (reason := layer.needs_whole_batch()) is not None:
            msg = f"--ranks {way}: model.layers.{number}: {reason}"
            raise ExperimentError(msg)
    for number, phase in enumerate(experiment.phases):
        if (reason := phase.needs_whole_batch(experiment.model)) is not None:
            msg = f"--ranks {way}: phases.{number}: {reason}"
            raise ExperimentError(msg)


def check_blocks(experiment: Experiment, ranks: int) -> None:
    """Raise ExperimentError where the blocks of a batch cannot be divided among `ranks`, or need
    each other.
    """
    if BLOCKS % ranks:
        msg = f"--ranks blocks: {ranks} processes cannot share {BLOCKS} blocks: start 1, 2, 4 or 8"
        raise ExperimentError(msg)
    for number, layer in enumerate(experiment.model.layers):
        if getattr(layer, "normalisation", None) == "batch":
            msg = (
                f"--ranks blocks: model.layers.{number}: batch normalisation is of the whole batch:"
                " use --ranks data"
            )
            raise ExperimentError(msg)


def check_shared_layers(experiment: Experiment, ranks: int) -> None:
    """Raise ExperimentError, with the reason, where layers cannot be divided among `ranks`."""
    _check_no_budget(experiment)
    layers = len(experiment.model.layers)
    if ranks > layers:
        msg = (
            f"--ranks layers: {ranks} processes have only {layers} layers to learn: start {layers}"
        )
        raise ExperimentError(msg)
    for number, phase in enumerate(experiment.phases):
        if (reason := phase.needs_all_layers(experiment.model)) is not None:
            msg = f"--ranks layers: phases.{number}: {reason}"
            raise ExperimentError(msg)


def _check_no_budget(experiment: Experiment) -> None:
    """Each rank has a clock of its own, and they would not end after the same batch."""
    if experiment.budget_s is not None:
        msg = "--ranks: budget_s is of one process: set budget_s = null, or run without torchrun"
        raise ExperimentError(msg)


def layer_blocks(experiment: Experiment, ranks: int) -> list[range]:
    """The layers (from 0) of each rank: consecutive, so that the slowest rank has least to compute.

    `ranks` is at most the number of layers.
    """
    images, steps = images_of(experiment), images_of(experiment) / experiment.phases[0].batch_size
    labels = experiment.phases[0].labels_shown
    times = []
    for layer in layers_of(experiment):
        cost = layer.learning(labels) * images + layer.update * steps
        times.append(cost.flops + FLOPS_PER_BYTE * cost.moved_bytes)
    ends = _cut(times, ranks)
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _cut(times: Sequence[float], parts: int) -> list[int]:
    """Where each of `parts` consecutive parts ends, so that the greatest sum is least."""

    @cache
    def best(end: int, count: int) -> tuple[float, tuple[int, ...]]:
        """The greatest sum of the first `end` in `count` parts, and their ends."""
        if count == 1:
            return sum(times[:end]), (end,)
        return min(
            (
                max(best(start, count - 1)[0], sum(times[start:end])),
                (*best(start, count - 1)[1], end),
            )
            for start in range(count - 1, end)
        )

    return list(best(len(times), parts)[1])
