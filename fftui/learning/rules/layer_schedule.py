"""The stages of a phase whose layers learn by a local rule: which layers learn when."""

from collections.abc import Callable

import torch

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.prediction import Score
from fftui.learning.rules.layer_wise import LayerTrainer, inputs_for
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.parallel import ParallelTrainer
from fftui.learning.rules.phase_rule import StageTrainer, TrainContext


class LayerSchedule:
    """One stage for each layer, first to last, or one stage in which all layers learn in parallel.

    `make_rule` makes the local rule of a layer that learns alone (given its number, from 1) or of
    all layers (0).
    """

    def __init__(
        self,
        phase: ex.ForwardForward | ex.LocalCrossEntropy,
        number: int,
        context: TrainContext,
        make_rule: Callable[[int], LocalRule],
    ) -> None:
        self._phase = phase
        self._number = number
        self._context = context
        self._make_rule = make_rule
        self._in_parallel = phase.order == "parallel"
        self.stages = 1 if self._in_parallel else len(context.network.layers)

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of all layers in parallel, or of layer number `stage` (from 0) alone."""
        if self._in_parallel:
            return ParallelTrainer(
                self._phase,
                self._number,
                self._make_rule(0),
                self._context,
                total_steps,
                eval_splits,
            )
        layers, rule = self._context.network.layers[: stage + 1], self._make_rule(stage + 1)
        inputs = inputs_for(layers, rule, self._context, (self._number, stage + 1))
        return LayerTrainer(layers, self._phase, inputs, rule, total_steps, eval_splits)

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Score of the whole network on `images`."""
        return self._make_rule(0).score(self._context.network.layers, images)
