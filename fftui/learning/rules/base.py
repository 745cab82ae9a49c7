"""What the training loop asks of a rule, and what it hands to one."""

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
class Setting:
    """What all rules of an experiment share."""

    network: Network
    train: Images
    device: torch.device
    dtype: torch.dtype
    seed: int
    cache_bytes: int
    data: Data
    data_clock: Clock  # runs while the images of a batch are moved and picked

    def augmentation(self, *purpose: str | int) -> Augmentation:
        """The training images, moved as the experiment asks, for one purpose."""
        return Augmentation(self.train, self.data, self.seed, *purpose)


@dataclass(frozen=True)
class EpochMeans:
    """Means over the images of an epoch; goodness is None where a rule has none."""

    loss: float
    goodness_positive: float | None = None
    goodness_negative: float | None = None


class LayerSums:
    """Sums over an epoch of what layers saw, kept on the device: a row each of loss, g⁺, g⁻ and images."""

    def __init__(self, layers: int, device: torch.device) -> None:
        self.tensor = torch.zeros(layers, 4, device=device)

    def add(self, row: int, loss: Tensor, goodness_2B: Tensor) -> None:
        """Add what layer `row` saw of a batch."""
        positive_B, negative_B = goodness_2B.chunk(2)
        count = len(positive_B)
        self.tensor[row, :3] += torch.stack((loss * count, positive_B.sum(), negative_B.sum()))
        self.tensor[row, 3] += count

    def means(self) -> tuple[EpochMeans, ...]:
        """Each layer's means; waits for the device."""
        return tuple(EpochMeans(*(value / max(images, 1) for value in rest)) for *rest, images in self.tensor.tolist())


class Learner(Protocol):
    """What learns during one stretch. `step` must not wait for the device."""

    layer: int | None  # counts from 1; None is the whole network
    parallel: tuple[int, ...]  # the layers that learn side by side, each by its own objective; else none
    threshold: float | None

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs; the same epoch draws the same, so that a resumed run goes on alike."""

    def step(self, index_B: Tensor, step: int) -> None:
        """One optimiser step on the images at `index_B`; `step` counts from 0 since the stretch began."""

    def means(self) -> EpochMeans:
        """Means over the epoch's images so far; waits for the device."""

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """The same for each of `parallel`."""

    def clear(self) -> None:
        """Forget the epoch's sums."""

    def score(self, probe: int) -> Score:
        """How the layers learned so far label the `probe`-th measured split."""

    def state(self) -> dict[str, Tensor]:
        """Optimiser state and the epoch's sums, for a checkpoint."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what `state` gave."""


class Rule(Protocol):
    """One phase's way of learning."""

    stretches: int

    def learner(self, stretch: int, total_steps: int, probes: list[Images]) -> Learner:
        """What learns in the `stretch`-th stretch (from 0), over `total_steps` steps, measured on `probes`."""

    def score(self, images: Images) -> Score:
        """How the whole network labels `images` by this rule's way of predicting."""
