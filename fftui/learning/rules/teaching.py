"""What a local rule shows the layers and asks of them. The learners know no more of a rule than this."""

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from fftui.learning.images import Images
from fftui.learning.layers.base import Layer
from fftui.learning.objective import Objective
from fftui.learning.prediction import Score


class Teaching(Protocol):
    """One rule's labels and objectives over a stretch."""

    threshold: float | None
    still: bool  # the labels shown are the same in every epoch

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs."""

    def labels(self, index_B: Tensor, belief_BC: Tensor | None) -> tuple[Tensor, ...]:
        """The sets of labels (B,) under which the images at `index_B` are shown, positive first."""

    def objective(self, layer: Layer, index_B: Tensor) -> Objective:
        """What `layer` is asked for on those images."""

    def score(self, layers: Sequence[Layer], images: Images) -> Score:
        """How `layers` label `images`."""

    def probe(self, layers: Sequence[Layer], images: Images) -> Callable[[], Score]:
        """`score`, again and again, while of `layers` only the last moves."""
