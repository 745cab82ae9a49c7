"""What is measured after an epoch: accuracy on a few images of each split, and units that are never
or always active.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from fftui import events as ev
from fftui.experiment import Evaluation, Phase
from fftui.learning.evaluation import EvaluationKey, evaluation, timed_evaluation
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.rules.phase_rule import PhaseRule
from fftui.learning.split_images import SplitImages
from fftui.learning.stage import Stage
from fftui.learning.stopwatch import Stopwatch
from fftui.learning.unit_shares import UnitShares, unit_shares


class EpochMeasure:
    """Measures after those epochs that `asked` names, and counts the time as evaluation."""

    def __init__(self, asked: Evaluation, images: SplitImages, stopwatch: Stopwatch) -> None:
        self._asked = asked
        self._splits = images.measured(asked.images)
        self._stopwatch = stopwatch

    @property
    def images(self) -> list[Images]:
        """Those of each split, as a trainer is to score them."""
        return [images for _, images in self._splits]

    def unit_shares(
        self, stage: Stage, rule: PhaseRule, layers: Sequence[Layer], key: EvaluationKey
    ) -> Mapping[int, UnitShares]:
        """The shares of dead and always-on units of the layers that learn, where accuracy is
        measured in this epoch or would be; none of a stage that is to end without its weights.
        """
        if not (stage.is_sound and self._is_due(stage.phase, key)):
            return {}
        with self._stopwatch.evaluating(key):
            return unit_shares(rule, layers, stage.trainer.learned, self._splits[0][1])

    def scores(self, stage: Stage, key: EvaluationKey) -> Iterator[ev.Evaluated]:
        """The score on each split, where the phase predicts and this epoch is one of them; none of
        a stage that is to end without its weights.
        """
        if not (stage.phase.predicts and stage.is_sound and self._is_due(stage.phase, key)):
            return
        for number, (split, _) in enumerate(self._splits):
            score = partial(stage.trainer.score, number)
            yield timed_evaluation(self._stopwatch, evaluation, score, key, split)

    def _is_due(self, phase: Phase, key: EvaluationKey) -> bool:
        every, epoch = self._asked.every, key[2]
        return every > 0 and (epoch % every == 0 or epoch == phase.epochs)
