"""Which steps of an epoch are issued, captured and launched, without a GPU: graphs, streams and
events are stand-ins that note what is asked of them (see test_on_cuda for the real ones).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest
import torch
from torch import Generator, Tensor

from fftui.experiment.values import parse_overrides
from fftui.learning import captured_steps
from fftui.learning.captured_steps import AloneOnCuda
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer
from fftui.learning.training import train
from fftui.presets import load_preset
from fftui.telemetry.clocks import MonotonicClock

CUDA = torch.device("cuda", 0)
HOST = "the host waits"


class Gpu:
    """What was done, in order; `captured_B` are the images of the step that was captured last."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.stream = "default"
        self.pools = 0
        self.captures = False
        self.captured_B = torch.zeros(0)
        self.registered: list[object] = []
        self.given_back: list[object] = []

    def new_pool(self) -> int:
        self.pools += 1
        return self.pools

    def give_back(self, *pool: object) -> None:
        self.given_back.append(pool)

    @contextmanager
    def on(self, stream: "Stream") -> Iterator[None]:
        self.stream = stream.name
        try:
            yield
        finally:
            self.stream = "default"

    @property
    def steps(self) -> list[str]:
        return [each for each in self.done if not each.endswith("waits")]


class Graph:
    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu

    def register_generator_state(self, generator: object) -> None:
        self._gpu.registered.append(generator)

    def pool(self) -> int:
        return self._pool

    def capture_begin(self, pool: int, *, capture_error_mode: str) -> None:
        assert capture_error_mode == "thread_local"
        assert self._gpu.stream == "side"  # the default stream cannot be captured
        self._pool = pool
        self._gpu.captures = True
        self._gpu.done.append(f"capture in {pool}")

    def capture_end(self) -> None:
        self._gpu.captures = False

    def replay(self) -> None:
        assert self._gpu.stream == "default"
        self._gpu.done.append(f"launch {self._gpu.captured_B.tolist()}")


class Stream:
    def __init__(self, gpu: Gpu, name: str) -> None:
        self._gpu = gpu
        self.name = name

    def wait_stream(self, other: "Stream") -> None:
        assert other.name != self.name
        self._gpu.done.append(f"{self.name} waits")


class Event:
    def __init__(self, gpu: Gpu, *, blocking: bool) -> None:
        assert blocking
        self._gpu = gpu

    def record(self) -> None:
        assert self._gpu.stream == "default"

    def synchronize(self) -> None:
        self._gpu.done.append(HOST)


class Drawn:
    """A generator: of a seed, and of what state it has now."""

    def __init__(self, seed: int = -1) -> None:
        self.seed = seed
        self.state = self

    def manual_seed(self, seed: int) -> None:
        self.seed = seed

    def initial_seed(self) -> int:
        return self.seed

    def graphsafe_set_state(self, other: "Drawn") -> None:
        self.state = other


class NotedSteps(StageTrainer):
    """Notes its steps; `waits`: its work cannot be captured."""

    in_place = True

    def __init__(self, gpu: Gpu, *parts: object, waits: bool = False) -> None:
        super().__init__(torch.zeros(1), {}, [])
        self._gpu = gpu
        self._waits = waits
        self._parts = parts
        self.prepared: list[int] = []
        self.drawn = Drawn(5)

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn."""

    def prepare(self, step: int) -> None:
        self.prepared.append(step)

    def compute(self, index_B: Tensor) -> None:
        assert self._gpu.stream == "side"
        if not self._gpu.captures:
            self._gpu.done.append(f"issue {index_B.tolist()}")
            return
        if self._waits:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        self._gpu.captured_B = index_B

    def means(self) -> EpochMeans:
        return EpochMeans(0.0)

    @property
    def parts(self) -> Sequence[object]:
        return self._parts

    @property
    def generators(self) -> Sequence[Generator]:
        return (self.drawn,)  # type: ignore[return-value]


class SilentSteps(NotedSteps):
    """Says nothing of itself."""


class NotedClock(MonotonicClock):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def repeat(self) -> None:
        self.asked.append("repeat")

    def forget_repeated(self) -> None:
        self.asked.append("forget")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    gpu = Gpu()
    default = Stream(gpu, "default")
    for name, stand_in in {
        "CUDAGraph": partial(Graph, gpu),
        "Stream": lambda _: Stream(gpu, "side"),
        "Event": partial(Event, gpu),
        "stream": gpu.on,
        "device": lambda _: nullcontext(),
        "current_stream": lambda _: default,
        "graph_pool_handle": gpu.new_pool,
        "default_generators": (Drawn(0),),
    }.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch, "Generator", lambda _: Drawn())
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", gpu.give_back)
    return gpu


@pytest.fixture
def clock() -> NotedClock:
    return NotedClock()


@pytest.fixture
def alone(gpu: Gpu, clock: NotedClock) -> AloneOnCuda:
    del gpu
    return AloneOnCuda(CUDA, clock)


def learned(alone: AloneOnCuda, trainer: NotedSteps, epoch: int, rows: Sequence[int]) -> list[int]:
    """The numbers of the steps of an epoch with batches of so many images: [0, 0 …], [1, 1 …] …"""
    alone.begin_epoch(epoch)
    steps = list(range((epoch - 1) * len(rows), epoch * len(rows)))
    for place, (step, count) in enumerate(zip(steps, rows, strict=True)):
        alone.step(trainer, torch.full((count,), place), step)
    return steps


def test_an_epoch_is_issued_once_captured_once_and_launched(
    gpu: Gpu, alone: AloneOnCuda, clock: NotedClock
) -> None:
    trainer = NotedSteps(gpu)
    alone.take(trainer)
    steps = learned(alone, trainer, 1, [2, 2, 2, 1])
    once = ["issue [0, 0]", "capture in 1", "launch [1, 1]", "launch [2, 2]", "issue [3]"]
    assert gpu.steps == once
    assert clock.asked == ["forget", "repeat", "repeat"]
    assert gpu.registered == [trainer.drawn]
    steps += learned(alone, trainer, 2, [2, 2, 2, 1])
    assert gpu.steps == once * 2  # what was drawn for the epoch lies elsewhere, the memory not
    assert trainer.prepared == steps
    assert not alone.notes()


def test_what_is_beside_the_default_stream_is_in_order_with_it(
    gpu: Gpu, alone: AloneOnCuda
) -> None:
    trainer = NotedSteps(gpu)
    alone.take(trainer)
    learned(alone, trainer, 1, [2, 2])
    in_order = ["side waits", "issue [0, 0]", "default waits", "side waits", "capture in 1"]
    assert gpu.done == [*in_order, "default waits", "launch [1, 1]"]


def test_what_cannot_be_captured_is_issued_and_said_once_a_stage(
    gpu: Gpu, alone: AloneOnCuda, clock: NotedClock
) -> None:
    trainer, sound = NotedSteps(gpu, waits=True), NotedSteps(gpu)
    alone.take(sound)
    learned(alone, sound, 1, [2, 2])
    gpu.done.clear()
    clock.asked.clear()
    alone.take(trainer)
    learned(alone, trainer, 1, [2, 2])
    learned(alone, trainer, 2, [2, 2])
    issued = ["issue [0, 0]", "issue [1, 1]"]
    assert gpu.steps == ["issue [0, 0]", "capture in 2", "issue [1, 1]", *issued]
    assert trainer.prepared == [0, 1, 1, 2, 3]  # what has other generators is seeded again
    assert clock.asked == ["forget", "forget"]
    assert gpu.given_back == [(0, 2)]
    default = torch.cuda.default_generators[0]
    for generator, seed in ((trainer.drawn, 5), (default, 0)):
        assert isinstance(generator, Drawn)
        assert generator.state is not generator
        assert generator.state.seed == seed
    (note,) = alone.notes()
    assert "cannot be captured (operation not permitted when stream is capturing)" in note
    assert not alone.notes()
    gpu.done.clear()
    alone.take(sound)  # the next stage has memory of its own
    learned(alone, sound, 1, [2, 2])
    assert gpu.steps == ["issue [0, 0]", "capture in 3", "launch [1, 1]"]


def test_what_another_package_adds_is_captured_where_it_says_so(
    gpu: Gpu, alone: AloneOnCuda
) -> None:
    for trainer in (SilentSteps(gpu), NotedSteps(gpu, torch.nn.Linear(1, 1))):
        alone.take(trainer)
        learned(alone, trainer, 1, [2, 2])
    assert gpu.steps == ["issue [0, 0]", "issue [1, 1]"] * 2
    silent, part = alone.notes()
    assert "kernel by kernel: SilentSteps does not say in_place = True" in silent
    assert "Linear" in part


def test_the_host_is_never_far_ahead(
    gpu: Gpu, alone: AloneOnCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured_steps, "AHEAD", 2)
    trainer = NotedSteps(gpu)
    alone.take(trainer)
    learned(alone, trainer, 1, [2] * 6)
    waits = [each for each in gpu.done if each == HOST or each.startswith("launch")]
    launches = [f"launch [{place}, {place}]" for place in range(1, 6)]
    assert waits == [*launches[:2], *(part for each in launches[2:] for part in (HOST, each))]


def test_the_memory_of_the_graph_is_given_back_at_the_end(gpu: Gpu, alone: AloneOnCuda) -> None:
    trainer = NotedSteps(gpu)
    alone.take(trainer)
    learned(alone, trainer, 1, [2, 2])
    alone.end()
    learned(alone, trainer, 2, [2, 2])
    assert gpu.pools == 2


@pytest.mark.parametrize("name", ["ff", "paper/ff", "backprop", "field/cafo", "field/scff"])
def test_all_of_a_preset_may_be_captured(name: str) -> None:
    few = parse_overrides(["data.train_images=60", "data.test_images=20"])
    training = train(load_preset(name, "mnist-mini", few), device="cpu")
    for number in range(len(training.experiment.phases)):
        trainer = training.stage_trainer(number, 0)
        assert len(trainer.parts) > 1
        assert all(map(captured_steps._is_in_place, trainer.parts))
