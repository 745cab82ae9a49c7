"""Divergence: a stage whose loss or weights are no finite numbers ends with its last good weights.

Nothing is looked at in a step. The mean loss of an epoch is read anyway, and shows every batch of
it; weights are looked at where they are kept, and at the end of the stage.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from fftui.events import LayerDiverged
from fftui.experiment import Phase, for_layer
from fftui.learning.network import Network
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer

# Steps between two copies, at least. A copy reads and writes each number once, a step of Adam
# about ten times: under a hundredth of the time of learning, whatever the network.
KEEP_EVERY_STEPS = 50


class LastGoodWeights:
    """Copies of the tensors that a stage changes, on their own device.

    `epochs` is the number of the stage's epochs after which they were kept; None before the first
    copy.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._tensors = [tensor.detach() for tensor in tensors]
        self._kept: list[Tensor] = []
        self._step = 0
        self.epochs: int | None = None

    def are_due(self, step: int) -> bool:
        """Whether the weights of this step of the stage should be kept."""
        return self.epochs is None or step - self._step >= KEEP_EVERY_STEPS

    @torch.no_grad()
    def are_finite_now(self) -> bool:
        """Whether the tensors hold finite numbers, small enough for their squares to be summed;
        waits for the device.
        """
        norms = [
            torch.linalg.vector_norm(each, dtype=torch.float32)
            for each in self._tensors
            if each.is_floating_point() and each.numel()
        ]
        return not norms or bool(torch.stack(norms).isfinite().all())

    @torch.no_grad()
    def keep(self, step: int, epochs: int) -> None:
        """Keep the tensors as they are after `epochs` epochs and `step` steps of the stage."""
        if not self._kept:
            self._kept = [torch.empty_like(tensor) for tensor in self._tensors]
        for kept, tensor in zip(self._kept, self._tensors, strict=True):
            kept.copy_(tensor)
        self._step, self.epochs = step, epochs

    @torch.no_grad()
    def restore(self) -> None:
        """Give the tensors the numbers that were kept, if any were."""
        for kept, tensor in zip(self._kept, self._tensors, strict=bool(self._kept)):
            tensor.copy_(kept)


class DivergenceGuard:
    """Watches a stage of `phase` number `number` (from 1); `diverged` once a number is not finite.

    `step` counts the stage's steps so far, `epochs` its whole epochs so far.
    """

    def __init__(self, phase: Phase, number: int, trainer: StageTrainer, network: Network) -> None:
        self._phase = phase
        self._number = number
        self._trainer = trainer
        self._good = LastGoodWeights((*trainer.learned, *network.buffers()))
        self._layer = trainer.layer
        self.diverged = False

    def begin(self, step: int, epochs: int) -> None:
        """Keep the weights with which the stage, or a resumed one's rest, begins."""
        if self._good.are_finite_now():
            self._good.keep(step, epochs)

    def look_after_epoch(self, means: EpochMeans, step: int, epochs: int) -> None:
        """Look at the means of an epoch and, every so many steps, at the weights after it."""
        if not math.isfinite(means.loss):
            self._found(self._first_layer(self._trainer.layer_means()))
        elif self._good.are_due(step):
            self.look_at_weights()
            if not self.diverged:
                self._good.keep(step, epochs)

    def look_at_weights(self) -> None:
        """Look at the weights alone: at the end of a stage no loss shows its last step."""
        if not self.diverged and not self._good.are_finite_now():
            self._found(self._trainer.layer)

    def look_within_epoch(self) -> None:
        """Look at the sums of an epoch that goes on; waits for the device."""
        if not self.diverged and not self._trainer.is_finite:
            self._found(self._trainer.layer)

    def end(self, step: int, epoch: int) -> LayerDiverged:
        """Give the network its last good weights: the event that says so."""
        self._good.restore()
        return LayerDiverged(
            self._number, self._layer, epoch, step, self._good.epochs, self._advice()
        )

    def _found(self, layer: int | None) -> None:
        self.diverged, self._layer = True, layer

    def _first_layer(self, layer_means: Sequence[EpochMeans | None]) -> int | None:
        """The first layer whose own loss is not finite, where several learn in parallel."""
        wrong = (
            layer
            for layer, means in zip(self._trainer.parallel, layer_means, strict=True)
            if means is not None and not math.isfinite(means.loss)
        )
        return next(wrong, self._trainer.layer)

    def _advice(self) -> str:
        rates, path = self._phase.learning_rate, f"phases.{self._number - 1}"
        rate = for_layer(rates, self._layer or 1)
        clip = self._phase.optimizer.clip_norm
        also = f" or {path}.optimizer.clip_norm = 1" if clip is None else ""
        return f"try {path}.learning_rate below {rate:g}{also}"
