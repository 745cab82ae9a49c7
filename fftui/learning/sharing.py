"""How a training is shared with other processes (ranks): what the loop over stages, epochs and
steps asks of them.

`Alone` shares nothing. What shares is in `fftui.learning.ranks`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from torch import Tensor

from fftui.events import Event, Moment
from fftui.learning.network import Network
from fftui.learning.rules.phase_rule import StageTrainer

RanksMode = Literal["data", "layers", "blocks"]


class Ranks(Protocol):
    """The ranks as the leading one, rank 0, speaks to them."""

    mode: RanksMode | None  # None: there are no others
    count: int

    def begin_stage(
        self, phase: int, stage: int, network: Network, learner: Mapping[str, Tensor]
    ) -> None:
        """All begin that stage of the phase (both from 0) with these weights and this state of its
        trainer, which is empty but in a resumed run.
        """

    def take(self, trainer: StageTrainer) -> None:
        """Share what `trainer` will learn."""

    def begin_epoch(self, epoch: int) -> None:
        """All draw what epoch number `epoch` (from 1) needs; the leading one does so itself."""

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """One step of all on the images at `index_B`; `step` counts from 0 over the stage."""

    def collect(self, trainer: StageTrainer) -> None:
        """Give `trainer` and its network the sums, weights and optimiser states of all."""

    def clear(self, trainer: StageTrainer) -> None:
        """Reset the epoch's sums of all."""

    def notes(self) -> Sequence[str]:
        """What users should know of how steps are taken, since the last call."""

    def sampled(self, moment: Moment) -> Sequence[Event]:
        """What the other ranks have to say of their machines since the last call, at `moment` of
        the run; called in one thread, which may be another than that of all else.
        """

    def end(self) -> None:
        """Let the others go."""


class Alone:
    """One process that learns everything."""

    mode: RanksMode | None = None
    count = 1

    def begin_stage(
        self, phase: int, stage: int, network: Network, learner: Mapping[str, Tensor]
    ) -> None:
        """Nothing is shared."""

    def take(self, trainer: StageTrainer) -> None:
        """Nothing is shared."""

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is shared."""

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """The trainer's own step."""
        trainer.step(index_B, step)

    def collect(self, trainer: StageTrainer) -> None:
        """All is here."""

    def clear(self, trainer: StageTrainer) -> None:
        """Reset the trainer's sums."""
        trainer.clear()

    def notes(self) -> Sequence[str]:
        """There is nothing to say."""
        return ()

    def sampled(self, moment: Moment) -> Sequence[Event]:
        """There are no others."""
        return ()

    def end(self) -> None:
        """There are no others."""
