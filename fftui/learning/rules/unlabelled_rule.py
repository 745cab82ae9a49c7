"""The part that rules without labels have in common: no label goes in, and none comes out."""

from collections.abc import Sequence

from torch import Tensor

from fftui.errors import ExperimentError
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.prediction import Score
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.rules.phase_rule import TrainContext


class UnlabelledRule(LocalRule):
    """A rule of that `name` among the phases, which learns no labels and predicts none."""

    def __init__(self, name: str, context: TrainContext) -> None:
        super().__init__(context)
        self._refused = (
            f"{name} learns no labels and predicts none: add a phase with rule = 'readout' and"
            " model.head, or use fftui probe"
        )

    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Raises ExperimentError: no label was learned."""
        raise ExperimentError(self._refused)

    def class_scores(self, images: Images) -> Tensor:
        """Raises ExperimentError: no label was learned."""
        raise ExperimentError(self._refused)

    def shown_labels(self, labels_N: Tensor) -> Tensor:
        """The neutral label: no label goes in."""
        return self._context.network.neutral(labels_N)
