"""The wrong label of every training image: drawn once, anew for every epoch, or by the network's own belief."""

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.data.negatives import believed_negatives, fixed_negatives, random_negatives
from fftui.learning.rules.base import Setting
from fftui.learning.seeds import generator_for


class Negatives:
    """The wrong labels of a phase.

    `fixed` labels are drawn once, as in the paper. `random` ones are drawn for every epoch, which is for every batch:
    each image is seen once an epoch. `hard` ones are drawn for every batch from what the head believes at that
    moment, without the true label, a share of them evenly.
    """

    def __init__(self, phase: ex.ForwardForward, setting: Setting, number: int, layer: int) -> None:
        self.fixed = phase.negatives == "fixed"
        self.hard = phase.negatives == "hard"
        self._uniform_share = phase.uniform_share
        self._setting = setting
        self._purpose = (number, layer)
        self._labels_N = setting.train.labels_N
        if self.fixed:
            generator = generator_for(setting.seed, "negatives", number)
            self._labels_N = fixed_negatives(self._labels_N.cpu(), generator=generator).to(setting.device)

    def begin_epoch(self, epoch: int) -> None:
        """Draw what the epoch needs; on the CPU, so that one seed gives the same on every device."""
        train, device = self._setting.train, self._setting.device
        generator = generator_for(self._setting.seed, "negatives", *self._purpose, epoch)
        if self.hard:
            self._luck_N = torch.rand(len(train), generator=generator).to(device)
        elif not self.fixed:
            drawn_N = random_negatives(train.labels_N.cpu(), train.info.classes, generator=generator)
            self._labels_N = drawn_N.to(device)

    def labels(self, index_B: Tensor, belief_BC: Tensor | None) -> Tensor:
        """The wrong labels (B,) of the images at `index_B`; `belief_BC` are probabilities, needed for `hard`."""
        if not self.hard:
            return self._labels_N[index_B]
        assert belief_BC is not None
        return believed_negatives(
            belief_BC, self._setting.train.labels_N[index_B], self._luck_N[index_B], self._uniform_share
        )
