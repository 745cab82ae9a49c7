"""What all local rules share: the stretches of a phase, and who learns in each."""

from collections.abc import Callable

import torch

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.prediction import Score
from fftui.learning.rules.base import Learner, Setting
from fftui.learning.rules.layer_wise import LayerLearner, lessons_for
from fftui.learning.rules.parallel import ParallelLearner
from fftui.learning.rules.teaching import Teaching


class LocalRule:
    """One stretch a layer, first to last; or one stretch in which all learn in parallel.

    `teach` makes the rule's teaching for a layer that learns alone (its number, from 1) or for all (0).
    """

    def __init__(
        self,
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        number: int,
        setting: Setting,
        teach: Callable[[int], Teaching],
    ) -> None:
        self._phase = phase
        self._number = number
        self._setting = setting
        self._teach = teach
        self._in_parallel = phase.order == "parallel"
        self.stretches = 1 if self._in_parallel else len(setting.network.layers)

    def learner(self, stretch: int, total_steps: int, probes: list[Images]) -> Learner:
        """All layers, or the `stretch`-th on what the layers below it make of the images."""
        if self._in_parallel:
            return ParallelLearner(self._phase, self._number, self._teach(0), self._setting, total_steps, probes)
        layers, teaching = self._setting.network.layers[: stretch + 1], self._teach(stretch + 1)
        lessons = lessons_for(layers, teaching, self._setting, (self._number, stretch + 1))
        return LayerLearner(layers, self._phase, lessons, teaching, total_steps, probes)

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """How the whole network labels `images`."""
        return self._teach(0).score(self._setting.network.layers, images)
