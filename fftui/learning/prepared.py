"""The network and rules of a run before its first step, or as a checkpoint left them."""

from dataclasses import dataclass

import torch

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.experiment.memory_cost import fitted, memory_of
from fftui.learning.device import free_memory_bytes
from fftui.learning.network import Network
from fftui.learning.per_image_inputs import PerImageInputs
from fftui.learning.rules import rule_for
from fftui.learning.rules.phase_rule import PhaseRule, TrainContext
from fftui.learning.split_images import SplitImages
from fftui.learning.state import NETWORK, TrainingState
from fftui.learning.stopwatch import Stopwatch


@dataclass(frozen=True)
class Prepared:
    """A network, the rule of each phase over it, and in words what the device has no memory for."""

    network: Network
    rules: tuple[PhaseRule, ...]
    memory_note: str | None


def prepare(
    experiment: Experiment, images: SplitImages, dtype: torch.dtype, stopwatch: Stopwatch
) -> Prepared:
    """Build the network on the device of `images`, which computes in `dtype`."""
    device, data = images.train.device, experiment.data
    overlay_value = images.train.overlay_value
    network = Network(experiment.model, data.info, overlay_value, dtype, experiment.seed).to(device)
    reduced = dtype == torch.bfloat16
    kept = fitted(experiment, free_memory_bytes(device), reduced=reduced)
    context = TrainContext(
        network=network,
        train=images.train,
        device=device,
        dtype=dtype,
        seed=experiment.seed,
        cache_bytes=kept.cache_bytes,
        data=data,
        data_clock=stopwatch.data_clock,
        per_image=PerImageInputs(images.train) if data.loader == "per-image" else None,
    )
    rules = tuple(rule_for(phase, n, context) for n, phase in enumerate(experiment.phases, 1))
    return Prepared(network, rules, _memory_note(experiment, kept, reduced=reduced))


def continue_from(network: Network, state: TrainingState, phases: int) -> None:
    """Put the weights of a checkpoint into `network`. Raises ExperimentError where they are of
    another one.
    """
    weights = state.part(NETWORK)
    own = network.state_dict()
    fits = weights.keys() == own.keys() and all(
        own[name].shape == each.shape and own[name].dtype == each.dtype
        for name, each in weights.items()
    )
    if not fits or state.progress.phase > phases:
        msg = "the checkpoint is of another experiment: begin again with fftui run --config"
        raise ExperimentError(msg)
    network.load_state_dict(weights)


def _memory_note(experiment: Experiment, kept: Experiment, *, reduced: bool) -> str | None:
    """That less is kept than the experiment allows, where that changes anything."""
    asked_bytes, kept_bytes = (
        memory_of(each, reduced=reduced).inputs for each in (experiment, kept)
    )
    if kept_bytes == asked_bytes:
        return None
    return (
        f"layers keep at most {kept.cache_bytes / 1e6:.0f} MB of inputs, since no more"
        f" memory is free: what is not kept is computed in every epoch"
    )
