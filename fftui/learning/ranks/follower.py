"""The other ranks: each does what rank 0 orders, until it is let go."""

from torch import Tensor

from fftui.learning.ranks.channel import Channel, Command, Order
from fftui.learning.ranks.shares import Share
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.training import Training


class Follower:
    """Follows the orders that come through `channel`, on the network and images of `training`."""

    def __init__(self, channel: Channel, training: Training, share: Share) -> None:
        self._channel = channel
        self._training = training
        self._share = share
        self._phase = 0
        self._batches: tuple[Tensor, ...] = ()
        self._trainer: StageTrainer | None = None

    def follow(self) -> None:
        """Return at the end of the training. Raises RankLostError where rank 0 is gone."""
        while (order := self._channel.next_order()).command is not Command.END:
            if order.command is Command.BEGIN_STAGE:
                self._begin_stage(order.first, order.second)
            else:
                assert self._trainer is not None
                self._obey(order, self._trainer)

    def _obey(self, order: Order, trainer: StageTrainer) -> None:
        if order.command is Command.BEGIN_EPOCH:
            self._batches = self._training.batches(self._phase, trainer.layer, order.first)
            trainer.begin_epoch(order.first)
        elif order.command is Command.STEP:
            batch = self._batches[order.first % len(self._batches)]
            self._share.step(trainer, batch, order.first)
        elif order.command is Command.COLLECT:
            self._share.collect(trainer)
        else:
            trainer.clear()

    def _begin_stage(self, phase: int, stage: int) -> None:
        self._phase = phase
        self._training.network.load_state_dict(self._channel.broadcast())
        learner = self._channel.broadcast()
        self._trainer = self._training.stage_trainer(phase, stage)
        if learner:
            self._trainer.load(learner)
        self._share.take(self._trainer)
