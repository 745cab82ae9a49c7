"""The interface between the training loop and a learning rule."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from fftui.experiment import Data
from fftui.learning.augmentation import Augmentation
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.optimiser import Optimiser
from fftui.learning.per_image_inputs import PerImageInputs
from fftui.learning.prediction import Score
from fftui.learning.train_inputs import TrainInputs
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
    data_clock: Clock  # runs while the images of a batch are read, augmented and gathered
    per_image: PerImageInputs | None = None  # reads batches with data.loader = "per-image"

    def train_inputs(self, *purpose: str | int) -> TrainInputs:
        """The training images by the experiment's loader and augmentation; `purpose` seeds the
        latter.
        """
        return self.per_image or Augmentation(self.train, self.data, self.seed, *purpose)


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


class StageTrainer(ABC):
    """Trains a layer, several layers in parallel or the network for one stage.

    A step is what `prepare` sets on the host and what `compute` does on the device, without waiting
    for it. A trainer keeps the epoch's `sums`; its state is these and that of its optimisers, each
    under its prefix.
    """

    layer: int | None = None  # counts from 1; None is the whole network
    # layers that learn in parallel, each by its own objective; empty otherwise
    parallel: tuple[int, ...] = ()
    # of the layer, or of each of the parallel ones; None where a loss has none
    thresholds: tuple[float | None, ...] = (None,)

    def __init__(
        self,
        sums: Tensor,
        optimisers: Mapping[str, Optimiser],
        scorers: Sequence[Callable[[], Score]],
    ) -> None:
        self._sums = sums
        self._optimisers = optimisers
        self._scorers = scorers

    @property
    def threshold(self) -> float | None:
        """The threshold of all that learns in the stage; None where layers have different ones."""
        return self.thresholds[0] if len(set(self.thresholds)) == 1 else None

    @abstractmethod
    def begin_epoch(self, epoch: int) -> None:
        """Draw an epoch's random numbers; the same epoch draws the same ones, also in a resumed
        run.
        """

    def step(self, index_B: Tensor, step: int) -> None:
        """One optimiser step on the images at `index_B`; `step` counts from 0 since the stage
        began.
        """
        self.prepare(step)
        self.compute(index_B)

    def prepare(self, step: int) -> None:
        """Set what differs from step to step and is no tensor: by default the learning rates."""
        for optimiser in self._optimisers.values():
            optimiser.set_step(step)

    @abstractmethod
    def compute(self, index_B: Tensor) -> None:
        """The work of a step on the images at `index_B`. What it keeps for later steps of the epoch
        it changes in place, as a captured step does (see `fftui.learning.captured_steps`).
        """

    @property
    def parts(self) -> Sequence[object]:
        """The rule and the layers whose code `compute` is."""
        return ()

    @property
    def generators(self) -> Sequence[Generator]:
        """What `compute` draws from, once a step was prepared; by default nothing."""
        return ()

    @abstractmethod
    def means(self) -> EpochMeans:
        """Means over the epoch's images so far; waits for the device."""

    def layer_means(self) -> tuple[EpochMeans | None, ...]:
        """Means of each of the `parallel` layers, None for one that does not learn in this epoch;
        empty where there are none.
        """
        return ()

    def means_so_far(self) -> tuple[EpochMeans | None, ...]:
        """Means over the epoch's images so far, of what learns or of each of the `parallel` layers;
        empty where they are known after an epoch alone. Changes nothing; waits for the device.
        """
        return self.layer_means() or (self.means(),)

    def clear(self) -> None:
        """Reset the epoch's sums."""
        self._sums.zero_()

    @property
    def sums(self) -> Tensor:
        """The epoch's sums, of this process: those of several processes add up."""
        return self._sums

    @property
    def optimisers(self) -> Mapping[str, Optimiser]:
        """The optimisers by the prefixes of their states."""
        return self._optimisers

    @contextmanager
    def sums_kept(self) -> Iterator[None]:
        """Meanwhile a step counts for nothing."""
        before = self._sums.clone()
        yield
        self._sums.copy_(before)

    @property
    def learned(self) -> tuple[Tensor, ...]:
        """The parameters that the stage changes."""
        return tuple(
            parameter
            for optimiser in self._optimisers.values()
            for parameter in optimiser.parameters
        )

    @property
    def is_finite(self) -> bool:
        """Whether the epoch's sums so far are finite numbers; waits for the device."""
        return bool(self._sums.isfinite().all())

    def score(self, eval_split: int) -> Score:
        """Score of the layers trained so far on evaluation split number `eval_split`."""
        return self._scorers[eval_split]()

    def state(self) -> dict[str, Tensor]:
        """Optimiser states and the epoch's sums, for a checkpoint."""
        return {"sums": self._sums} | {
            f"{prefix}{name}": tensor
            for prefix, optimiser in self._optimisers.items()
            for name, tensor in optimiser.state().items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._sums.copy_(state["sums"])
        for prefix, optimiser in self._optimisers.items():
            optimiser.load(
                {
                    name.removeprefix(prefix): tensor
                    for name, tensor in state.items()
                    if name.startswith(prefix) and name != "sums"
                }
            )


class PhaseRule(Protocol):
    """How a phase learns and predicts: its stages, a trainer for each, the score and what a trained
    network is asked for.

    `images` come with labels: of their truth for `score`, of whatever is asked for `goodness` and
    `activities`. None of these need the training images.
    """

    stages: int

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of stage number `stage` (from 0), for `total_steps` steps, evaluated on
        `eval_splits`.
        """

    def score(self, images: Images) -> Score:
        """Score of the whole network on `images`, by this rule's way of predicting."""

    def class_scores(self, images: Images) -> Tensor:
        """Numbers (N, C) whose greatest is the prediction."""

    def goodness(self, images: Images) -> Tensor:
        """Goodness (L, N) of each layer for the images with their labels. Raises ExperimentError
        where the rule has none.
        """

    def activities(self, images: Images) -> list[Tensor]:
        """Activities (N, H) of each layer for the images with their labels, as far as the rule
        shows layers labels.
        """
