"""Telemetry of the other ranks on its way to rank 0, by the store that joins the ranks: it
interrupts no step and waits for nobody. Each rank replaces its newest sample there; rank 0 takes
those that are new, about once a second.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from fftui import events as ev

MOST_HZ = 1.0  # a sample of each rank, as of the GPUs that do not learn


class Store(Protocol):
    """What is used of a store of torch.distributed; any thread may use it."""

    def set(self, key: str, value: str) -> None:
        """Replace the value of `key`."""

    def check(self, keys: list[str]) -> bool:
        """Whether all `keys` have a value."""

    def multi_get(self, keys: list[str]) -> list[bytes]:
        """Their values; waits for those that have none."""


class SampleSender:
    """Takes what the sampler of `rank`, on a machine named `host`, states."""

    def __init__(self, store: Store, rank: int, host: str) -> None:
        self._store = store
        self._rank = rank
        self._host = host

    def __call__(self, event: ev.Event) -> None:
        """Put the machine and its newest sample into the store. Raises RuntimeError where rank 0
        is gone.
        """
        if isinstance(event, ev.MachineDescribed):
            self._put("machine", ev.RankDescribed(self._rank, self._host, event))
        elif isinstance(event, ev.TelemetrySampled):
            self._put("sample", ev.RankSampled(self._rank, event))

    def _put(self, what: str, event: ev.Event) -> None:
        self._store.set(_key(what, self._rank), ev.to_json(time.time(), event))


class SampleReader:
    """What the ranks from 1 to `count` - 1 have put there; in one thread."""

    def __init__(self, store: Store, count: int) -> None:
        self._store = store
        self._ranks = range(1, count)
        self._described: set[int] = set()
        self._seen: dict[int, bytes] = {}

    def read(self, moment: ev.Moment) -> Iterator[ev.RankDescribed | ev.RankSampled]:
        """Samples that are new, as taken at `moment` of the run; before the first one of a rank,
        its machine.
        """
        for rank in self._ranks:
            keys = [_key("machine", rank), _key("sample", rank)]
            if not self._store.check(keys):
                continue  # it has not begun
            machine, sample = self._store.multi_get(keys)
            if self._seen.get(rank) == sample:
                continue
            self._seen[rank] = sample
            if rank not in self._described:
                self._described.add(rank)
                _, described = ev.from_json(machine)
                assert isinstance(described, ev.RankDescribed)
                yield described
            _, sampled = ev.from_json(sample)
            assert isinstance(sampled, ev.RankSampled)
            yield replace(sampled, sample=replace(sampled.sample, **moment._asdict()))


def _key(what: str, rank: int) -> str:
    return f"fftui/{what}/{rank}"
