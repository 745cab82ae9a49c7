"""Validation accuracy over a stage: whether it still gains, and the weights that had the best."""

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from fftui.events import LayerFinished
from fftui.experiment import Phase


class ValidationWatch:
    """Watches a stage of `phase` that changes `tensors`; epochs count from 1, 0: none so far.

    The `best` epoch is the first with the highest accuracy; a gain is one that exceeds that of the
    last gain by more than `early_stopping.least_gain`.
    """

    def __init__(self, phase: Phase, tensors: tuple[Tensor, ...]) -> None:
        self._stopping = phase.early_stopping
        self._keeps = phase.keep == "best"
        self._tensors = [tensor.detach() for tensor in tensors]
        self._kept: list[Tensor] = []
        self.best_epoch, self.best_accuracy = 0, -math.inf
        self._gain_epoch, self._gain_accuracy = 0, -math.inf

    @property
    def is_needed(self) -> bool:
        """Whether the phase asks for it."""
        return self._keeps or self._stopping is not None

    def look(self, accuracy: float, epoch: int) -> None:
        """Note the accuracy after `epoch`; looking at an epoch again changes nothing."""
        least = 0.0 if self._stopping is None else self._stopping.least_gain
        if accuracy > self._gain_accuracy + least:
            self._gain_accuracy, self._gain_epoch = accuracy, epoch
        if accuracy > self.best_accuracy:
            self.best_accuracy, self.best_epoch = accuracy, epoch
            if self._keeps:
                self._kept = [tensor.clone() for tensor in self._tensors]

    def is_over(self, epochs: int) -> bool:
        """Whether the stage, after so many epochs, has gained nothing for as long as it may."""
        if self._stopping is None or self.best_epoch == 0:
            return False
        return epochs - self._gain_epoch >= self._stopping.patience

    @torch.no_grad()
    def restore(self) -> None:
        """Give the stage's tensors their best values, where these should be kept."""
        for kept, tensor in zip(self._kept, self._tensors, strict=bool(self._kept)):
            tensor.copy_(kept)

    def stated_in(self, finished: LayerFinished) -> LayerFinished:
        """The event that ends the stage, with what was best."""
        if not self.is_needed or self.best_epoch == 0:
            return finished
        return replace(
            finished,
            best_epoch=self.best_epoch,
            best_accuracy=self.best_accuracy,
            kept_best=self._keeps,
        )

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint needs of it; empty where the phase does not ask for it."""
        if not self.is_needed:
            return {}
        found = (self.best_epoch, self.best_accuracy, self._gain_epoch, self._gain_accuracy)
        kept = {str(number): tensor for number, tensor in enumerate(self._kept)}
        return {"found": torch.tensor(found, dtype=torch.float64), **kept}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned; nothing where a checkpoint has nothing of it."""
        if "found" not in state:
            return
        best_epoch, self.best_accuracy, gain_epoch, self._gain_accuracy = state["found"].tolist()
        self.best_epoch, self._gain_epoch = int(best_epoch), int(gain_epoch)
        if "0" in state:
            self._kept = [
                state[str(number)].to(tensor.device, copy=True)
                for number, tensor in enumerate(self._tensors)
            ]
