"""Samples a wrong label for every training image: once, for every epoch, or by the network's class
probabilities.
"""

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.data.negatives import fixed_negatives, hard_negatives, random_negatives
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for


class NegativeSampler:
    """Wrong labels of a phase.

    `fixed` labels are drawn once, as in the paper. `random` ones are drawn for every epoch, which
    is for every batch: each image is seen once an epoch. `hard` ones are drawn for every batch from
    the head's current class probabilities, without the true label, a share of them uniformly.
    """

    def __init__(
        self, phase: ex.ForwardForward, context: TrainContext, number: int, layer: int
    ) -> None:
        self.fixed = phase.negatives == "fixed"
        self.hard = phase.negatives == "hard"
        self._uniform_share = phase.uniform_share
        self._context = context
        self._purpose = (number, layer)
        self._labels_N = context.train.labels_N
        if self.fixed:
            generator = generator_for(context.seed, "negatives", number)
            self._labels_N = fixed_negatives(self._labels_N.cpu(), generator=generator).to(
                context.device
            )

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's random numbers, on the CPU, so that one seed gives the same on every
        device.
        """
        train, device = self._context.train, self._context.device
        generator = generator_for(self._context.seed, "negatives", *self._purpose, epoch)
        if self.hard:
            self._uniform_draws_N = torch.rand(len(train), generator=generator).to(device)
        elif not self.fixed:
            drawn_N = random_negatives(
                train.labels_N.cpu(), train.info.classes, generator=generator
            )
            self._labels_N = drawn_N.to(device)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> Tensor:
        """Wrong labels (B,) for the images at `index_B`; only `hard` needs the head's
        `class_probs_BC`.
        """
        if not self.hard:
            return self._labels_N[index_B]
        assert class_probs_BC is not None
        return hard_negatives(
            class_probs_BC,
            self._context.train.labels_N[index_B],
            self._uniform_draws_N[index_B],
            self._uniform_share,
        )
