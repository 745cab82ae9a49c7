"""What ranks say to each other beside gradients and activities: commands, and tensors by name.

By gloo on the CPU, whatever device learns: these are few, and none is waited for on a GPU.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor

from fftui.errors import FFTUIError

COMMANDS_AHEAD = 8  # that the leading rank has sent and no other has taken


class RankLostError(FFTUIError):
    """Another rank of the run does not answer any more."""


class Command(IntEnum):
    """What the leading rank lets the others do; each has up to two numbers."""

    BEGIN_STAGE = 1  # phase, stage; then weights and the trainer's state
    BEGIN_EPOCH = 2  # epoch
    STEP = 3  # step of the stage
    COLLECT = 4
    CLEAR = 5
    END = 6


@dataclass(frozen=True)
class Order:
    """A command and its numbers."""

    command: Command
    first: int = 0
    second: int = 0


class Channel:
    """Commands and tensors among `count` ranks of the process `group`; this is number `rank`.

    `waited_s` are the seconds in which this rank waited for others. Raises RankLostError where
    another one is gone.
    """

    def __init__(self, rank: int, count: int, group: dist.ProcessGroup) -> None:
        self.rank = rank
        self.count = count
        self.waited_s = 0.0
        self._group = group
        self._sent: deque[tuple[dist.Work, Tensor]] = deque()

    def send_order(self, order: Order) -> None:
        """Give the others an order; waits only where they are far behind."""
        message = torch.tensor([order.command, order.first, order.second])
        with self.waiting():
            work = dist.broadcast(message, 0, group=self._group, async_op=True)
            assert work is not None  # this rank is of the group
            self._sent.append((work, message))
            self._wait_for_sent(COMMANDS_AHEAD)

    def settle(self) -> None:
        """Wait until the others have taken all orders."""
        with self.waiting():
            self._wait_for_sent(0)

    def next_order(self) -> Order:
        """Wait for the next order of the leading rank."""
        message = torch.zeros(3, dtype=torch.int64)
        with self.waiting():
            dist.broadcast(message, 0, group=self._group)
        command, first, second = message.tolist()
        return Order(Command(command), first, second)

    def broadcast(self, tensors: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """The tensors that the leading rank gives, on the CPU, in every rank."""
        return load(self._broadcast_bytes(None if tensors is None else _packed(tensors)))

    def broadcast_text(self, text: str | None = None) -> str:
        """The text that the leading rank gives, in every rank."""
        return self._broadcast_bytes(None if text is None else text.encode()).decode()

    def gather_text(self, text: str) -> list[str]:
        """In the leading rank, the text of each other one; elsewhere nothing."""
        if self.rank > 0:
            self._send_bytes(text.encode(), 0)
            return []
        return [self._received_bytes(rank).decode() for rank in range(1, self.count)]

    def send(self, tensors: Mapping[str, Tensor], rank: int) -> None:
        """Send tensors to `rank`."""
        self._send_bytes(_packed(tensors), rank)

    def receive(self, rank: int) -> dict[str, Tensor]:
        """The tensors that `rank` sends, on the CPU."""
        return load(self._received_bytes(rank))

    def sum_of(self, tensor: Tensor) -> Tensor:
        """In the leading rank, the sum of every rank's `tensor`, on the CPU; elsewhere of no
        meaning.
        """
        total = tensor.detach().to("cpu", copy=True)
        with self.waiting():
            dist.reduce(total, 0, group=self._group)
        return total

    def _broadcast_bytes(self, data: bytes | None) -> bytes:
        size = torch.tensor([0 if data is None else len(data)])
        with self.waiting():
            dist.broadcast(size, 0, group=self._group)
            shared = (
                _buffer(data) if data is not None else torch.empty(int(size), dtype=torch.uint8)
            )
            if int(size):
                dist.broadcast(shared, 0, group=self._group)
        return _bytes(shared) if int(size) else b""

    def _send_bytes(self, data: bytes, rank: int) -> None:
        with self.waiting():
            dist.send(torch.tensor([len(data)]), rank, group=self._group)
            if data:
                dist.send(_buffer(data), rank, group=self._group)

    def _received_bytes(self, rank: int) -> bytes:
        size = torch.zeros(1, dtype=torch.int64)
        with self.waiting():
            dist.recv(size, rank, group=self._group)
            data = torch.empty(int(size), dtype=torch.uint8)
            if len(data):
                dist.recv(data, rank, group=self._group)
        return _bytes(data)

    def _wait_for_sent(self, left: int) -> None:
        while len(self._sent) > left:
            self._sent.popleft()[0].wait()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of waiting for others. Raises RankLostError where one is gone."""
        began = time.perf_counter()
        try:
            yield
        except RuntimeError as error:  # all that torch.distributed raises where a peer is gone
            reason = str(error).splitlines()[0][:200]
            msg = (
                f"rank {self.rank} of {self.count} lost the others ({reason}): the output of the"
                " one that ended first says why; go on with fftui resume"
            )
            raise RankLostError(msg) from error
        finally:
            self.waited_s += time.perf_counter() - began


def _packed(tensors: Mapping[str, Tensor]) -> bytes:
    """Tensors with their names: what a safetensors file holds, no pickle."""
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})


def _buffer(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.empty(0)


def _bytes(data: Tensor) -> bytes:
    return data.numpy().tobytes()
