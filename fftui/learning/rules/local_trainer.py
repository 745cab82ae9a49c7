"""What the trainers of layers that learn by a local rule share."""

from collections.abc import Callable, Mapping, Sequence

from torch import Generator, Tensor

from fftui.learning.layers.layer import Layer, dropout_generators, seed_dropout
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import StageTrainer


class LocalTrainer(StageTrainer):
    """Trains the layers of these `numbers` (from 1), of `layers`, by `rule`."""

    def __init__(
        self,
        rule: LocalRule,
        layers: Sequence[Layer],
        numbers: Sequence[int],
        sums: Tensor,
        optimisers: Mapping[str, Optimiser],
        scorers: Sequence[Callable[[], Score]],
    ) -> None:
        super().__init__(sums, optimisers, scorers)
        self.thresholds = tuple(map(rule.threshold, numbers))
        self._rule, self._layers, self._numbers = rule, layers, numbers

    def prepare(self, step: int) -> None:
        """Set the learning rates and seed the dropout; first of all let the layers begin, also
        those whose epochs come later.
        """
        super().prepare(step)
        if step == 0:  # never again on resuming
            for number in self._numbers:
                self._rule.begin(number)
        seed_dropout(self._layers, self._rule.seed, step)

    @property
    def parts(self) -> Sequence[object]:
        """The rule and its layers."""
        return (self._rule, *self._layers)

    @property
    def generators(self) -> Sequence[Generator]:
        """Those of the layers' dropout."""
        return dropout_generators(self._layers)
