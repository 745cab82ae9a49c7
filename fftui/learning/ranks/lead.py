"""Rank 0: it has the loop of the training, and lets the other ranks do what it does."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from torch import Tensor

from fftui.events import Event, Moment
from fftui.learning.network import Network
from fftui.learning.ranks.channel import Channel, Command, Order, RankLostError
from fftui.learning.ranks.rank_telemetry import SampleReader
from fftui.learning.ranks.shares import Share
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.sharing import RanksMode


class Lead:
    """The ranks as rank 0 speaks to them; its own part of the work is `share`."""

    def __init__(
        self, channel: Channel, mode: RanksMode, share: Share, samples: SampleReader
    ) -> None:
        self.mode: RanksMode | None = mode
        self.count = channel.count
        self._channel = channel
        self._share = share
        self._samples = samples
        self._ended = False

    def begin_stage(
        self, phase: int, stage: int, network: Network, learner: Mapping[str, Tensor]
    ) -> None:
        """All begin that stage with these weights and this state of its trainer."""
        self._channel.send_order(Order(Command.BEGIN_STAGE, phase, stage))
        self._channel.broadcast(network.state_dict())
        self._channel.broadcast(learner)

    def take(self, trainer: StageTrainer) -> None:
        """Share what `trainer` will learn."""
        self._share.take(trainer)

    def begin_epoch(self, epoch: int) -> None:
        """The others draw what the epoch needs."""
        self._channel.send_order(Order(Command.BEGIN_EPOCH, epoch))

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """One step of all."""
        self._channel.send_order(Order(Command.STEP, step))
        self._share.step(trainer, index_B, step)

    def collect(self, trainer: StageTrainer) -> None:
        """Get the sums, weights and optimiser states of all."""
        self._channel.send_order(Order(Command.COLLECT))
        self._share.collect(trainer)

    def clear(self, trainer: StageTrainer) -> None:
        """Reset the epoch's sums of all."""
        self._channel.send_order(Order(Command.CLEAR))
        trainer.clear()

    def notes(self) -> Sequence[str]:
        """There is nothing to say."""
        return ()

    def sampled(self, moment: Moment) -> Sequence[Event]:
        """The telemetry of the others that is new."""
        return () if self._ended else tuple(self._samples.read(moment))

    def end(self) -> None:
        """The others end; those that are gone have done so."""
        if not self._ended:
            self._ended = True
            with suppress(RankLostError):
                self._channel.send_order(Order(Command.END))
                self._channel.settle()
