"""Gradients added up over the ranks: those of each group of parameters in one flat buffer."""

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

    def finish(self) -> None:
        """Wait for the sums of all groups and set the gradients to them."""
        for number in range(len(self._groups)):
            if number not in self._begun:
                self.begin(number)
        for begun in self._begun.values():
            if begun is None:
                continue
            with self._channel.waiting():
                begun.work.wait()
            parts = torch.split(begun.flat, [gradient.numel() for gradient in begun.gradients])
            for gradient, part in zip(begun.gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))
        self._begun.clear()
