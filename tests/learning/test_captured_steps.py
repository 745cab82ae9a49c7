"""Which steps of an epoch are issued, captured and launched, without a GPU: graphs and streams are
stand-ins that note what is asked of them (see test_on_cuda for the real ones).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import torch
from torch import Generator, Tensor

from fftui.learning.captured_steps import AloneOnCuda
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer
from fftui.telemetry.clocks import MonotonicClock

CUDA = torch.device("cuda", 0)


class Gpu:
    """What was done, in order; `captures` while a graph is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.captures = False
        self.pools = 0
        gpu = self

        class Graph:
            def __init__(self) -> None:
                self.generators: list[Generator] = []

            def register_generator_state(self, generator: Generator) -> None:
                self.generators.append(generator)

            def pool(self) -> str:
                return self.own

            def capture_begin(self, pool: str | None, *, capture_error_mode: str) -> None:
                assert capture_error_mode == "thread_local"
                assert gpu.beside == 1  # the default stream cannot be captured
                gpu.pools += pool is None
                self.own = pool or f"pool {gpu.pools}"
                gpu.captures = True
                gpu.done.append("capture")

            def capture_end(self) -> None:
                gpu.captures = False

            def replay(self) -> None:
                assert gpu.beside == 0
                gpu.done.append("launch")

        class Stream:
            def __init__(self, device: torch.device) -> None:
                assert device == CUDA

            def wait_stream(self, other: "Stream") -> None:
                assert other is not self

        @contextmanager
        def on(_: Stream) -> Iterator[None]:
            gpu.beside += 1
            try:
                yield
            finally:
                gpu.beside -= 1

        self.beside = 0
        default = Stream(CUDA)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
        monkeypatch.setattr(torch.cuda, "Stream", Stream)
        monkeypatch.setattr(torch.cuda, "stream", on)
        monkeypatch.setattr(torch.cuda, "device", lambda _: on_device())
        monkeypatch.setattr(torch.cuda, "current_stream", lambda _: default)


@contextmanager
def on_device() -> Iterator[None]:
    yield


class NotedSteps(StageTrainer):
    """Notes its steps; `waits`: its work cannot be captured."""

    in_place = True

    def __init__(self, gpu: Gpu, *, waits: bool = False) -> None:
        super().__init__(torch.zeros(1), {}, [])
        self._gpu = gpu
        self._waits = waits
        self.prepared: list[int] = []
        self.generator = Generator()
        self.state_before = self.generator.get_state()

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn."""

    def prepare(self, step: int) -> None:
        self.prepared.append(step)

    def compute(self, index_B: Tensor) -> None:
        if self._gpu.captures:
            if self._waits:
                raise RuntimeError("operation not permitted when stream is capturing\nand more")
            return
        assert self._gpu.beside == 1
        self._gpu.done.append(f"issue {len(index_B)}")

    def means(self) -> EpochMeans:
        return EpochMeans(0.0)

    @property
    def generators(self) -> Sequence[Generator]:
        return (self.generator,)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    return Gpu(monkeypatch)


def learned(alone: AloneOnCuda, trainer: NotedSteps, epoch: int, rows: Sequence[int]) -> list[int]:
    """The numbers of the steps of an epoch with batches of so many images."""
    alone.begin_epoch(epoch)
    steps = list(range((epoch - 1) * len(rows), epoch * len(rows)))
    for step, count in zip(steps, rows, strict=True):
        alone.step(trainer, torch.arange(count), step)
    return steps


def test_an_epoch_is_issued_once_captured_once_and_launched(gpu: Gpu) -> None:
    alone, trainer = AloneOnCuda(CUDA, MonotonicClock()), NotedSteps(gpu)
    alone.take(trainer)
    steps = learned(alone, trainer, 1, [8, 8, 8, 3])
    once = ["issue 8", "capture", "launch", "launch", "issue 3"]
    assert gpu.done == once
    steps += learned(alone, trainer, 2, [8, 8, 8, 3])
    assert gpu.done == once * 2  # what was drawn for the epoch lies elsewhere
    assert trainer.prepared == steps
    assert gpu.pools == 1
    assert not alone.notes()


def test_what_cannot_be_captured_is_issued_and_said_once_a_stage(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, trainer = AloneOnCuda(CUDA, MonotonicClock()), NotedSteps(gpu, waits=True)
    replaced: list[object] = []
    monkeypatch.setattr(
        trainer,
        "generator",
        type("Drawn", (), {"device": "cpu", "graphsafe_set_state": replaced.append}),
    )
    alone.take(trainer)
    learned(alone, trainer, 1, [8, 8, 8])
    learned(alone, trainer, 2, [8, 8, 8])
    assert gpu.done == ["issue 8", "capture", *["issue 8"] * 5]
    assert trainer.prepared == [0, 1, 1, 2, 3, 4, 5]  # what has other generators is seeded again
    assert len(replaced) == 1
    (note,) = alone.notes()
    assert "cannot be captured (operation not permitted when stream is capturing)" in note
    assert not alone.notes()
    alone.take(trainer)
    learned(alone, trainer, 1, [8, 8])
    assert len(alone.notes()) == 1


def test_the_memory_of_the_graph_is_given_back_at_the_end(gpu: Gpu) -> None:
    alone, trainer = AloneOnCuda(CUDA, MonotonicClock()), NotedSteps(gpu)
    learned(alone, trainer, 1, [8, 8])
    alone.end()
    learned(alone, trainer, 2, [8, 8])
    assert gpu.pools == 2


class SilentSteps(NotedSteps):
    """Says nothing of itself."""


def test_what_another_package_adds_is_captured_where_it_says_so(gpu: Gpu) -> None:
    alone, silent = AloneOnCuda(CUDA, MonotonicClock()), SilentSteps(gpu)
    alone.take(silent)
    learned(alone, silent, 1, [8, 8, 8])
    assert gpu.done == ["issue 8"] * 3
    (note,) = alone.notes()
    assert "kernel by kernel: SilentSteps does not say in_place = True" in note
