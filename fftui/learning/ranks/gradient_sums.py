"""Gradients added up over the ranks, in flat buffers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from fftui.learning.optimiser import ParameterGroup
from fftui.learning.ranks.channel import Channel


@dataclass(frozen=True)
class _Sum:
    """A sum that is being made of these gradients."""

    work: dist.Work
    flat: Tensor
    gradients: list[Tensor]


class GradientSums:
    """The sums of an optimiser's `groups`, each begun as soon as its gradients are set.

    `weight` is this rank's share of the batch: gradients are means over its images. All ranks begin
    the groups in the same order.
    """

    def __init__(self, groups: Sequence[ParameterGroup], channel: Channel) -> None:
        self.weight = 1.0
        self._groups = groups
        self._channel = channel
        self._begun: dict[int, _Sum | None] = {}

    def begin(self, number: int) -> None:
        """Add up the gradients of group `number`, asynchronously."""
        gradients = [
            weight.grad for weight in self._groups[number].parameters if weight.grad is not None
        ]
        if not gradients:
            self._begun[number] = None
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients]).mul_(self.weight)
        with self._channel.waiting():
            work = dist.all_reduce(flat, async_op=True)
        assert work is not None  # this rank is of the group
        self._begun[number] = _Sum(work, flat, gradients)

    def finish(self) -> bool:
        """Wait for the sums of all groups and set the gradients to them."""
        for number in range(len(self._groups)):
            if number not in self._begun:
                self.begin(number)
        for begun in self._begun.values():
            if begun is None:
                continue
            with self._channel.waiting():
                begun.work.wait()
            _set(begun.gradients, begun.flat)
        self._begun.clear()
        return True


class BlockSums:
    """The sums of an optimiser's `groups` over the blocks of a batch, pair by pair as in a binary
    tree: the same bits whichever rank computes which block.

    Each rank has as many consecutive blocks, a power of two. `weight` is a block's share of the
    batch, `left` the number of this rank's blocks whose gradients are still to come.
    """

    def __init__(self, groups: Sequence[ParameterGroup], channel: Channel) -> None:
        self.weight = 1.0
        self.left = 0
        self._groups = groups
        self._channel = channel
        self._sums: list[tuple[int, Tensor]] = []  # of so many blocks each, ever fewer

    def begin(self, number: int) -> None:
        """Nothing: what is added up are the gradients of all groups."""

    def finish(self) -> bool:
        """Add the gradients of a block; after the last one set them to the sum of all ranks."""
        gradients = [
            weight.grad
            for group in self._groups
            for weight in group.parameters
            if weight.grad is not None
        ]
        self.left -= 1
        if not gradients:
            return self.left == 0
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients]).mul_(self.weight)
        blocks = 1
        while self._sums and self._sums[-1][0] == blocks:
            flat = self._sums.pop()[1].add_(flat)
            blocks *= 2
        self._sums.append((blocks, flat))
        if self.left:
            return False
        self._sums.clear()
        _set(gradients, self._over_ranks(flat))
        return True

    def _over_ranks(self, flat: Tensor) -> Tensor:
        """The sum over the ranks: with the neighbour, then with the neighbouring pair, and so on.
        Both of two ranks add the same two numbers, which gives the same bits.
        """
        distance = 1
        while distance < self._channel.count:
            other, theirs = self._channel.rank ^ distance, torch.empty_like(flat)
            with self._channel.waiting():
                both = (dist.P2POp(dist.isend, flat, other), dist.P2POp(dist.irecv, theirs, other))
                for work in dist.batch_isend_irecv(list(both)):
                    work.wait()
            flat = flat + theirs
            distance *= 2
        return flat


def _set(gradients: Sequence[Tensor], flat: Tensor) -> None:
    """Set gradients to those in one flat buffer."""
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
