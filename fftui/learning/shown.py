"""What the first layer is shown of one training image: with its true label, with a wrong one.

Letters in shapes: K channels, H and W height and width, C labels, X values.
"""

import math
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from fftui.data.catalogue import ChannelScale
from fftui.errors import ExperimentError, RequestError
from fftui.experiment import Experiment
from fftui.learning.images import Images
from fftui.learning.layers.layer import LabelFreeInputs, Layer
from fftui.learning.network import Network
from fftui.learning.rules import rule_for
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.split_images import load_images
from fftui.telemetry.clocks import MonotonicClock


@dataclass(frozen=True)
class ShownInput:
    """One input of the first layer: the image as it enters it, and what enters beside it.

    `pixels` (K, H, W) are brightness from 0 to 1, an overlay among them: the experiment's
    normalisation is undone, and the layer's, which changes no picture, is left out. `beside` is the
    label where it is not among the pixels: planes (planes, H, W), or a vector (1, 1, X) that is
    appended or goes into tokens.
    """

    label: int
    pixels: Tensor
    beside: Tensor | None


@dataclass(frozen=True)
class ShownImage:
    """One training image as brightness (K, H, W) from 0 to 1, its label, and the inputs made of it,
    positive first.
    """

    pixels: Tensor
    label: int
    inputs: tuple[ShownInput, ...]


@torch.no_grad()
def shown_image(
    experiment: Experiment, number: int = 0, data_folder: Path | None = None
) -> ShownImage:
    """Training image `number` (from 0, in the order of the experiment's training images) as the
    first layer is shown it in the first epoch, with weights as they are before learning.

    The inputs are those of the first phase that contrasts labels: the image moved and changed as
    `data` says; of what is drawn in each epoch they are the first draw.

    Raises DataError where the images are not there, RequestError where there is no such image,
    ExperimentError where no phase shows layers an image with several labels.
    """
    data = experiment.data
    train = load_images(data, experiment.seed, data_folder, torch.device("cpu")).train
    if not 0 <= number < len(train):
        msg = f"image {number} is not there: training images go from 0 to {len(train) - 1}"
        raise RequestError(msg)
    network = Network(
        experiment.model, data.info, train.overlay_value, torch.float32, experiment.seed
    )
    index_B = torch.tensor([number])
    first = without_normalisation(network.layers[0])
    shown = _first_inputs(experiment, network, train, (first, index_B))
    return ShownImage(
        train.pixels[number] / 255,
        int(train.labels_N[number]),
        tuple(shown_input(first, x, labels_B, train.scale) for labels_B, x in shown),
    )


def without_normalisation(first: Layer) -> Layer:
    """The layer, its weights shared, without what scales an image as a whole, which no picture
    shows, and in float32.
    """
    layer = copy(first)
    layer.normalisation, layer.dtype = "none", torch.float32
    return layer


def shown_input(
    first: Layer, x: LabelFreeInputs, labels_B: Tensor, scale: ChannelScale | None
) -> ShownInput:
    """What `first`, a layer `without_normalisation`, is shown of one image (`x`, from its `encode`)
    with one label, (1,).
    """
    x_BD, pixels = x.with_labels(labels_B), math.prod(first.input_shape)
    pixels_BX, appended_BC = x_BD[:, :pixels], x_BD[:, pixels:]
    beside = (
        appended_BC[:, None, None] if first.label.appended_inputs else first.label_beside(labels_B)
    )
    shown = _brightness(pixels_BX.view(first.input_shape), scale)
    return ShownInput(int(labels_B), shown, None if beside is None else beside[0])


def _brightness(pixels: Tensor, scale: ChannelScale | None) -> Tensor:
    """Scaled pixels (K, H, W) as brightness from 0 to 1."""
    if scale is None:
        return (pixels / 255).clamp(0, 1)
    mean, std = (torch.tensor(values)[:, None, None] for values in (scale.mean, scale.std))
    return (pixels * std + mean).clamp(0, 1)


def _first_inputs(
    experiment: Experiment,
    network: Network,
    train: Images,
    asked: tuple[Layer, Tensor],
) -> list[tuple[Tensor, LabelFreeInputs]]:
    """Labels and inputs of the first phase that contrasts labels, positive first: of the layer and
    the images that are `asked` for.
    """
    context = TrainContext(
        network=network,
        train=train,
        device=torch.device("cpu"),
        dtype=torch.float32,
        seed=experiment.seed,
        cache_bytes=0,
        data=experiment.data,
        data_clock=MonotonicClock(),
    )
    for number, phase in enumerate(experiment.phases, 1):
        rule = rule_for(phase, number, context)
        if isinstance(rule, LayerSchedule) and not rule.contrasts_images:
            shown = rule.first_inputs(*asked)
            if len(shown) > 1:
                return shown
    rules = " and ".join(dict.fromkeys(phase.rule for phase in experiment.phases))
    msg = f"{experiment.name} learns by {rules}, which shows layers no image with a wrong label"
    raise ExperimentError(msg)
