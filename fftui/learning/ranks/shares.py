"""The ways of sharing a stage among ranks. Both ranks that lead and that follow use them."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

from fftui.experiment.rank_blocks import BLOCKS
from fftui.learning.layers.batch_norm import BatchNorm
from fftui.learning.network import Network
from fftui.learning.ranks.channel import Channel
from fftui.learning.ranks.gradient_sums import BlockSums, GradientSums
from fftui.learning.rules.parallel import ParallelTrainer
from fftui.learning.rules.phase_rule import StageTrainer

QUEUE = 4  # batches of outputs that a rank is ahead of the next one


class Share(Protocol):
    """A rank's share of the work."""

    def take(self, trainer: StageTrainer) -> None:
        """Begin a stage with its trainer."""

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """This rank's part of a step on the images at `index_B`."""

    def collect(self, trainer: StageTrainer) -> None:
        """Give the leading rank what this one has of the epoch's sums, and of the weights."""


class SharedBatch:
    """A batch of `all` images, of which this rank has `own`, as batch normalisation asks for it.

    A rank that has none computes with one that counts for nothing.
    """

    def __init__(self, channel: Channel) -> None:
        self.own = self.all = 1
        self._channel = channel

    def values_of_all(self, own: int) -> int:
        """Number of the whole batch's values a channel."""
        return own * self.all // max(self.own, 1)

    def sum_of_all(self, sums: Tensor) -> Tensor:
        """The sums of all ranks."""
        total = sums if self.own else torch.zeros_like(sums)
        with self._channel.waiting():
            dist.all_reduce(total)
        return total


class DataShare:
    """Each rank takes its rows of a batch; gradients are added up."""

    def __init__(self, channel: Channel, network: Network) -> None:
        self._channel = channel
        self._sums: list[GradientSums] = []
        self._batch = SharedBatch(channel)
        for module in network.modules():
            if isinstance(module, BatchNorm):
                module.sums = self._batch

    def take(self, trainer: StageTrainer) -> None:
        """Add up the gradients of the trainer's optimisers; the leading rank has the sums of a
        resumed epoch.
        """
        self._sums = []
        if self._channel.rank > 0:
            trainer.clear()
        for optimiser in trainer.optimisers.values():
            optimiser.sums = GradientSums(optimiser.groups, self._channel)
            self._sums.append(optimiser.sums)

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """A step on this rank's rows. Where there are fewer rows than ranks, some compute with a
        row that counts for nothing.
        """
        own_B = index_B.tensor_split(self._channel.count)[self._channel.rank]
        self._batch.own, self._batch.all = len(own_B), len(index_B)
        for sums in self._sums:
            sums.weight = len(own_B) / len(index_B)
        if len(own_B):
            trainer.step(own_B, step)
            return
        with trainer.sums_kept():
            trainer.step(index_B[:1], step)

    def collect(self, trainer: StageTrainer) -> None:
        """The epoch's sums of all ranks go to the leading one; what others have begins anew."""
        _collect_sums(self._channel, trainer)


class BlockShare:
    """Each rank takes as many of the `BLOCKS` blocks of every batch; gradients are added up in an
    order that does not depend on the number of ranks.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sums: list[BlockSums] = []

    def take(self, trainer: StageTrainer) -> None:
        """Add up the gradients of the trainer's optimisers; the leading rank has the sums of a
        resumed epoch.
        """
        self._sums = []
        if self._channel.rank > 0:
            trainer.clear()
        for optimiser in trainer.optimisers.values():
            optimiser.sums = sums = BlockSums(optimiser.groups, self._channel)
            self._sums.append(sums)

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """A step, block by block; one that has no rows computes with one that counts for
        nothing.
        """
        each = BLOCKS // self._channel.count
        first = each * self._channel.rank
        trainer.prepare(step)
        for sums in self._sums:
            sums.left = each
        for own_B in index_B.tensor_split(BLOCKS)[first : first + each]:
            for sums in self._sums:
                sums.weight = len(own_B) / len(index_B)
            if len(own_B):
                trainer.compute(own_B)
                continue
            with trainer.sums_kept():
                trainer.compute(index_B[:1])

    def collect(self, trainer: StageTrainer) -> None:
        """The epoch's sums of all ranks go to the leading one; what others have begins anew."""
        _collect_sums(self._channel, trainer)


class LayerShare:
    """Each rank has consecutive layers, the rows of `blocks`, of a network that learns in parallel;
    outputs go to the next rank.
    """

    def __init__(self, channel: Channel, network: Network, blocks: Sequence[range]) -> None:
        self._channel = channel
        self._network = network
        self._blocks = blocks
        self._rows = blocks[channel.rank]
        self._sent: deque[tuple[dist.Work, Tensor]] = deque()

    def take(self, trainer: StageTrainer) -> None:
        """Nothing: the trainer's optimiser steps the layers that have gradients."""

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """A step of this rank's layers, from what the rank before sends; its outputs go on."""
        below_ND = None
        if self._channel.rank > 0:
            below_ND = self._received(trainer, index_B)
        trainer.prepare(step)
        z, x_ND = _parallel(trainer).learn_rows(self._rows, index_B, below_ND)
        if self._channel.rank < self._channel.count - 1:
            last = self._network.layers[self._rows.stop - 1]
            self._send(last.outputs_of(z, x_ND).contiguous())

    def collect(self, trainer: StageTrainer) -> None:
        """Sums, weights and optimiser states of each rank's layers go to the leading one."""
        while self._sent:
            self._wait_for_oldest()
        if self._channel.rank > 0:
            self._channel.send(self._own_tensors(trainer), 0)
            return
        for rank, rows in enumerate(self._blocks[1:], 1):
            self._take_over(trainer, rows, self._channel.receive(rank))

    def _received(self, trainer: StageTrainer, index_B: Tensor) -> Tensor:
        below = self._network.layers[self._rows.start - 1]
        rows = len(index_B) * _parallel(trainer).labels_shown(index_B)
        width = math.prod(below.output_shape)
        outputs_ND = torch.empty(rows, width, dtype=below.dtype, device=index_B.device)
        with self._channel.waiting():
            dist.recv(outputs_ND, self._channel.rank - 1)
        return outputs_ND

    def _send(self, outputs_NH: Tensor) -> None:
        with self._channel.waiting():
            work = dist.isend(outputs_NH, self._channel.rank + 1)
        assert work is not None  # this rank is of the group
        self._sent.append((work, outputs_NH))
        while len(self._sent) > QUEUE:
            self._wait_for_oldest()

    def _wait_for_oldest(self) -> None:
        with self._channel.waiting():
            self._sent.popleft()[0].wait()

    def _own_tensors(self, trainer: StageTrainer) -> dict[str, Tensor]:
        rows = self._rows
        own = {"sums": trainer.sums[rows.start : rows.stop]}
        named = self._network.state_dict()
        own |= {f"network.{name}": named[name] for name in self._names(trainer, rows)}
        for prefix, optimiser in trainer.optimisers.items():
            for name, tensor in optimiser.state_of(rows).items():
                own[f"optimiser.{prefix}|{name}"] = tensor
        return own

    def _take_over(self, trainer: StageTrainer, rows: range, tensors: dict[str, Tensor]) -> None:
        trainer.sums[rows.start : rows.stop].copy_(tensors["sums"])
        named = self._network.state_dict()
        for name, tensor in _beginning("network.", tensors).items():
            named[name].copy_(tensor)
        for prefix, optimiser in trainer.optimisers.items():
            optimiser.load(_beginning(f"optimiser.{prefix}|", tensors))

    def _names(self, trainer: StageTrainer, rows: range) -> list[str]:
        """Names in the network of all that layers `rows` learn: their parameters, those of their
        objectives, and what they remember.
        """
        layers = [self._network.layers[row] for row in rows]
        learned = [
            weight
            for optimiser in trainer.optimisers.values()
            for row in rows
            for weight in optimiser.groups[row].parameters
        ]
        remembered = [buffer for layer in layers for buffer in layer.buffers()]
        own = {id(tensor) for tensor in (*learned, *remembered)}
        named = self._network.state_dict(keep_vars=True)
        return [name for name, tensor in named.items() if id(tensor) in own]


def _collect_sums(channel: Channel, trainer: StageTrainer) -> None:
    total = channel.sum_of(trainer.sums)
    if channel.rank == 0:
        trainer.sums.copy_(total)
    else:
        trainer.clear()


def _beginning(start: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(start): tensor
        for name, tensor in tensors.items()
        if name.startswith(start)
    }


def _parallel(trainer: StageTrainer) -> ParallelTrainer:
    assert isinstance(trainer, ParallelTrainer)  # others are refused before
    return trainer
