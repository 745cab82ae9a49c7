"""The local part of a learning rule: the labels that layers are shown and the objective of each
layer.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import Objective
from fftui.learning.prediction import Score


class LocalRule(Protocol):
    """Labels and objectives of one rule over a stage. It is all that trainers know of a rule."""

    threshold: float | None
    static_labels: bool  # the labels shown are the same in every epoch

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs."""

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> tuple[Tensor, ...]:
        """Sets of labels (B,) with which the images at `index_B` are shown, positive first."""

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """Objective of `layer` on those images."""

    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """Counts of the predictions of `layers` on `images`."""

    def scorer(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """`score` for repeated calls while only the last of `layers` learns."""
