"""The interface between the training loop and a learning rule."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fftui.experiment import Data
from fftui.learning.augmentation import Augmentation
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.prediction import Score
from fftui.telemetry.clocks import Clock


@dataclass(frozen=True)
class TrainContext:
    """Network, training images, device and settings that all rules of an experiment share."""

    network: Network
    train: Images
    device: torch.device
    dtype: torch.dtype
    seed: int
    cache_bytes: int
    data: Data
    data_clock: Clock  # runs while the images of a batch are augmented and gathered

    def augmentation(self, *purpose: str | int) -> Augmentation:
        """The training images with the experiment's augmentation; `purpose` seeds it."""
        return Augmentation(self.train, self.data, self.seed, *purpose)


@dataclass(frozen=True)
class EpochMeans:
    """Means over the images of an epoch; goodness is None where a rule has none."""

    loss: float
    goodness_positive: float | None = None
    goodness_negative: float | None = None


class LayerSums:
    """Sums over an epoch, kept on the device: a row for each layer with loss, g⁺, g⁻ and number of
    images.
    """

    def __init__(self, layers: int, device: torch.device) -> None:
        self.tensor = torch.zeros(layers, 4, device=device)

    def add(self, row: int, loss: Tensor, goodness_2B: Tensor) -> None:
        """Add a batch's loss (a mean) and goodness (2B,) to layer `row`."""
        positive_B, negative_B = goodness_2B.chunk(2)
        count = len(positive_B)
        self.tensor[row, :3] += torch.stack((loss * count, positive_B.sum(), negative_B.sum()))
        self.tensor[row, 3] += count

    def means(self) -> tuple[EpochMeans, ...]:
        """Means of each layer; waits for the device."""
        return tuple(
            EpochMeans(*(value / max(images, 1) for value in rest))
            for *rest, images in self.tensor.tolist()
        )


class StageTrainer(Protocol):
    """Trains a layer, several layers in parallel or the network for one stage. `step` must not wait
    for the device.
    """

    layer: int | None  # counts from 1; None is the whole network
    # layers that learn in parallel, each by its own objective; empty otherwise
    parallel: tuple[int, ...]
    threshold: float | None

    def begin_epoch(self, epoch: int) -> None:
        """Draw an epoch's random numbers; the same epoch draws the same ones, also in a resumed
        run.
        """

    def step(self, index_B: Tensor, step: int) -> None:
        """One optimiser step on the images at `index_B`; `step` counts from 0 since the stage
        began.
        """

    def means(self) -> EpochMeans:
        """Means over the epoch's images so far; waits for the device."""

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Means of each of the `parallel` layers; empty where there are none."""

    def clear(self) -> None:
        """Reset the epoch's sums."""

    def score(self, eval_split: int) -> Score:
        """Score of the layers trained so far on evaluation split number `eval_split`."""

    def state(self) -> dict[str, Tensor]:
        """Optimiser state and the epoch's sums, for a checkpoint."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""


class PhaseRule(Protocol):
    """How a phase learns and predicts: its stages, a trainer for each, and the score."""

    stages: int

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of stage number `stage` (from 0), for `total_steps` steps, evaluated on
        `eval_splits`.
        """

    def score(self, images: Images) -> Score:
        """Score of the whole network on `images`, by this rule's way of predicting."""
