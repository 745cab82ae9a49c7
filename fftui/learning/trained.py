"""A trained network: what it predicts for images, the goodness and the activities of its layers."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from fftui.data.sets import DataSplit
from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.learning.device import choose_device, choose_dtype
from fftui.learning.images import Images
from fftui.learning.initial_weights import start_from
from fftui.learning.network import Network
from fftui.learning.rules import rule_for
from fftui.learning.rules.phase_rule import PhaseRule, TrainContext
from fftui.telemetry.clocks import MonotonicClock


class TrainedNetwork(nn.Module):
    """A network with its way of predicting and its scaling of pixels.

    Images are uint8 (N, channels, height, width), as `load_data` gives them; labels are int64 (N,)
    from 0. Results are on the network's device, computed without autograd. Raises RequestError for
    images and labels of another type, shape or range.
    """

    def __init__(self, network: Network, rule: PhaseRule, like: Images) -> None:
        super().__init__()
        self.network = network
        self.rule = rule
        self._like = like.part(0, 0)

    def forward(self, images: Tensor) -> Tensor:
        """Numbers (N, C) whose greatest is the prediction: goodness of each label, or logits."""
        return self.rule.class_scores(self.images_of(images, None))

    def predict(self, images: Tensor) -> Tensor:
        """Predicted labels (N,)."""
        scores_NC: Tensor = self(images)
        return scores_NC.argmax(1)

    def goodness(self, images: Tensor, labels: Tensor) -> Tensor:
        """Goodness (layers, N) of the images with these labels.

        Raises ExperimentError where the network has learned by a rule without goodness.
        """
        return self.rule.goodness(self.images_of(images, labels))

    def activities(self, images: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """Activities (N, H) of each layer for the images with these labels; None: the neutral one.

        Rules that show layers no label leave them out.
        """
        return self.rule.activities(self.images_of(images, labels))

    def images_of(self, images: Tensor, labels: Tensor | None) -> Images:
        """The images with their labels (None: the neutral one) on the network's device."""
        shape, classes = self._like.info.shape, self._like.info.classes
        if images.dtype != torch.uint8 or images.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            msg = (
                f"images are {images.dtype} {tuple(images.shape)}: give torch.uint8 (N, {wanted}),"
                " pixels from 0 to 255"
            )
            raise RequestError(msg)
        device = next(self.network.parameters()).device
        images = images.to(device)
        labels_N = self.network.neutral(images) if labels is None else labels.to(device)
        if labels_N.dtype != torch.int64 or labels_N.shape != images.shape[:1]:
            msg = (
                f"labels are {labels_N.dtype} {tuple(labels_N.shape)}: give torch.int64"
                f" ({len(images)},), one an image"
            )
            raise RequestError(msg)
        if len(labels_N) and not 0 <= int(labels_N.min()) <= int(labels_N.max()) <= classes:
            msg = f"labels go from 0 to {classes - 1} ({classes} is the neutral one)"
            raise RequestError(msg)
        like = self._like
        return Images(images, labels_N, like.scale, like.info, like.overlay_value)


def load_trained(
    experiment: Experiment,
    weights: Mapping[str, Tensor],
    *,
    device: str = "auto",
    phase: int | None = None,
) -> TrainedNetwork:
    """The network of `experiment` with `weights`, named as in `Network.state_dict`, and the way of
    predicting of phase number `phase`, from 1 (None: the last). Needs no data set.

    Raises ExperimentError where the weights do not fit, and RequestError where the device is not.
    """
    on, data = choose_device(device), experiment.data
    dtype = choose_dtype(experiment.precision, on)
    none = DataSplit(
        torch.empty(0, *data.info.shape, dtype=torch.uint8),
        torch.empty(0, dtype=torch.int64),
        data.info.classes,
    )
    like = Images.on(on, none, data)
    network = Network(experiment.model, data.info, like.overlay_value, dtype, experiment.seed)
    network.to(on)
    context = TrainContext(
        network=network,
        train=like,
        device=on,
        dtype=dtype,
        seed=experiment.seed,
        cache_bytes=0,
        data=data,
        data_clock=MonotonicClock(),
    )
    # rules first: what they keep in the network has weights too
    rules = [rule_for(each, number, context) for number, each in enumerate(experiment.phases, 1)]
    start_from(network, weights, "the weights given")
    return TrainedNetwork(network, rules[-1 if phase is None else phase - 1], like)
