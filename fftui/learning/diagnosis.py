"""How alike layers are, and how far the updates of layers agree with backprop's.

Letters in shapes: N images, H activities, L layers.
"""

import math
from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor
from torch.nn import functional

from fftui.experiment import Experiment
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.rules import rule_for
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.telemetry.clocks import MonotonicClock

MOST_IMAGES = 200  # whose gradients are compared: all layers' activities stay in memory
NO_STEP = 1e-30  # a learning rate that changes no weight


def layer_similarity(activities: Sequence[Tensor]) -> Tensor:
    """Linear CKA of each layer with each (L, L), from activities (N, H) of the same images: 1 for
    the same up to rotation and scale; not a number where a layer's activities are all alike.

    Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited".
    """
    grams = []
    for z_NH in activities:
        centred_NH = z_NH.float() - z_NH.float().mean(0)
        gram_NN = centred_NH @ centred_NH.t()
        grams.append((gram_NN / gram_NN.norm()).flatten())
    stacked = torch.stack(grams)
    return stacked @ stacked.t()


def update_cosines(
    experiment: Experiment, phase: int, network: Network, images: Images
) -> tuple[float | None, ...]:
    """The cosine of each layer's own gradient with that of cross entropy through the whole network,
    over all the layer's parameters, on the first `MOST_IMAGES` of the images.

    The former is that of a training step of phase number `phase` (from 1), the latter that of
    backprop under the neutral label. None where a layer has no such gradient: nothing is given for
    a network without a head, or a phase whose layers have no rule of their own. Changes nothing.
    """
    nothing = (None,) * len(network.layers)
    if experiment.model.head is None:
        return nothing
    few = images.part(0, min(len(images), MOST_IMAGES))
    own = _own_gradients(experiment, phase, deepcopy(network), few)
    if own is None:
        return nothing
    through = deepcopy(network)
    through.zero_grad()
    with torch.enable_grad():
        logits_NC = through(few.inputs(slice(None)))
        loss = functional.cross_entropy(logits_NC, few.labels_N)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return tuple(map(_cosine, own, _gradients(through)))


def _own_gradients(
    experiment: Experiment, number: int, network: Network, images: Images
) -> list[list[Tensor | None]] | None:
    """The gradients of each layer's parameters in a step of a phase whose layers learn by
    themselves; None of another phase, or one whose layers have no gradients.
    """
    described, layers = experiment.phases[number - 1], network.layers
    if not described.by_steps:
        return None
    context = TrainContext(
        network=network,
        train=images,
        device=images.labels_N.device,
        dtype=layers[0].dtype,
        seed=experiment.seed,
        cache_bytes=0,
        data=experiment.data,
        data_clock=MonotonicClock(),
    )
    phase = described.model_copy(update={"learning_rate": NO_STEP})
    rule = rule_for(phase, number, context)
    if not isinstance(rule, LayerSchedule):
        return None
    network.zero_grad()
    index_B = torch.arange(len(images), device=context.device)
    for stage in range(rule.stages):
        trainer = rule.trainer(stage, 1, [])
        trainer.begin_epoch(1)
        trainer.step(index_B, 1)  # not the first step, before which a rule may set weights anew
    return _gradients(network)


def _gradients(network: Network) -> list[list[Tensor | None]]:
    return [[each.grad for each in layer.parameters()] for layer in network.layers]


def _cosine(own: list[Tensor | None], through: list[Tensor | None]) -> float | None:
    pairs = [
        (a.float().flatten(), b.float().flatten())
        for a, b in zip(own, through, strict=True)
        if a is not None and b is not None
    ]
    if not pairs:
        return None
    one, other = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    cosine = float(torch.dot(one, other) / (one.norm() * other.norm()))
    return None if math.isnan(cosine) else cosine  # a gradient that is 0 has no direction
