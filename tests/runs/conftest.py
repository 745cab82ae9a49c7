import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fftui import events as ev
from fftui.bits import pack_bits
from fftui.experiment import (
    Checkpoint,
    Data,
    Evaluation,
    Experiment,
    ForwardForward,
    FullyConnected,
    Model,
    Telemetry,
)
from fftui.learning.state import Progress, TrainingState
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Writes beyond `size` fail in this process, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def file_size_limit() -> Callable[[int], AbstractContextManager[None]]:
    return limited


@pytest.fixture
def experiment() -> Experiment:
    """Two small layers on 256 images: well under a second."""
    return Experiment(
        name="tiny",
        precision="float32",
        data=Data(
            name="mnist-mini",
            normalisation="unit",
            train_images=256,
            validation_images=32,
            test_images=64,
        ),
        model=Model(layers=(FullyConnected(units=24), FullyConnected(units=16))),
        phases=(ForwardForward(epochs=3, batch_size=64, threshold=1.0),),
        evaluation=Evaluation(images=32, final_train_images=64),
        telemetry=Telemetry(hz=0),
        checkpoint=Checkpoint(every_s=0),
    )


@pytest.fixture
def folder(tmp_path: Path, experiment: Experiment) -> RunFolder:
    return create(Workspace(tmp_path / "runs"), experiment, preset="quickstart")


class StandIn:
    """A training that states given events; an exception among them is raised."""

    epoch_key = (1, 1, 1)
    moment = ev.Moment("learning", 1, 1, 1)
    cuda_uuid = None
    is_sound = True

    def __init__(self, events: list[ev.Event | Exception]) -> None:
        self._events: Iterator[ev.Event | Exception] = iter(events)
        self.skipped = self.closed = False

    def __next__(self) -> ev.Event:
        event = next(self._events)
        if isinstance(event, Exception):
            raise event
        return event

    def sampled_elsewhere(self) -> tuple[ev.Event, ...]:
        return ()

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        return ev.RunFinished(status, None, (), 1.5, error)

    def close(self) -> None:
        self.closed = True

    def skip_layer(self) -> None:
        self.skipped = True

    def rest(self) -> None:
        pass

    def state(self) -> TrainingState:
        return TrainingState({"network.weight": torch.ones(4)}, Progress())

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        return iter(())


class Facts:
    """Events with metrics that do not matter filled in."""

    finished = ev.RunFinished("finished", 0.9, (0.8, 0.9), 2.0, None)

    @staticmethod
    def started(*, resumed: bool = False, total: int = 8) -> ev.RunStarted:
        return ev.RunStarted(
            "run",
            "tiny",
            "mnist-mini",
            "cpu",
            "float32",
            ("4→2", "2→2"),
            total,
            256,
            32,
            64,
            resumed,
        )

    @staticmethod
    def layer(number: int | None) -> ev.LayerStarted:
        return ev.LayerStarted(1, number, 3, 1.0)

    @staticmethod
    def layer_end(number: int | None, *, skipped: bool = False) -> ev.LayerFinished:
        return ev.LayerFinished(1, number, 3, 0.75, skipped)

    @staticmethod
    def epoch(
        layer: int | None, number: int, *, loss: float = 0.5, phase: int = 1
    ) -> ev.EpochFinished:
        return ev.EpochFinished(
            phase, layer, number, 4 * number, loss, 2.5, 0.5, 1.0, 0.75, 1000.0, 0.25, 0.125
        )

    @staticmethod
    def together(*, phase: int = 1) -> ev.LayerStarted:
        return ev.LayerStarted(phase, None, 3, 1.0, (1, 2))

    @staticmethod
    def means(layer: int, number: int, *, loss: float = 0.25, phase: int = 1) -> ev.LayerMeans:
        return ev.LayerMeans(phase, layer, number, loss, 2.0 + layer, 0.5, 1.0)

    @staticmethod
    def so_far(
        layer: int | None, number: int, step: int, *, loss: float = 0.625, phase: int = 1
    ) -> ev.MeansSoFar:
        return ev.MeansSoFar(phase, layer, number, step, 4, loss, 1.5, 1.0)

    @classmethod
    def shared_epoch(cls, number: int, *, phase: int = 1) -> tuple[ev.Event, ...]:
        """An epoch of both layers in parallel."""
        measured = ev.Evaluated(
            phase, None, number, "train", False, 0.75, (0.5, 0.625), (3, 4), (5, 5), 0.1, 0.875
        )
        end = ev.EpochFinished(
            phase, None, number, 4 * number, 0.5, None, None, 1.0, 0.75, 1000.0, 0.25, 0.125
        )
        return cls.means(1, number, phase=phase), cls.means(2, number, phase=phase), measured, end

    @staticmethod
    def evaluated(
        layer: int | None,
        number: int,
        accuracy: float,
        *,
        split: str = "train",
        final: bool = False,
    ) -> ev.Evaluated:
        each = (accuracy,) * (2 if final else layer or 0)
        return ev.Evaluated(1, layer, number, split, final, accuracy, each, (3, 4), (5, 5), 0.1)

    @staticmethod
    def measured(right_N: NDArray[np.bool_], *, split: str = "test") -> ev.Evaluated:
        """A split of ten images at the end: these are right by both layers together, the others by
        the first one alone.
        """
        depths_LN = np.stack([~right_N, right_N])
        accuracies = tuple(depths_LN.mean(1).tolist())
        return ev.Evaluated(
            phase=1,
            layer=None,
            epoch=3,
            split=split,
            final=True,
            accuracy=accuracies[1],
            layer_accuracies=accuracies,
            class_correct=(3, 4),
            class_images=(5, 5),
            evaluation_s=0.1,
            correct=pack_bits(right_N),
            depth_correct=tuple(map(pack_bits, depths_LN)),
            depth_accuracies=accuracies,
        )

    @staticmethod
    def step(done: int, *, total: int = 8, layer: int = 1) -> ev.Stepped:
        return ev.Stepped(1, layer, 1, done, 4, done, total, 1000.0)

    @staticmethod
    def telemetry() -> ev.TelemetrySampled:
        return ev.TelemetrySampled(1, 1, 1, process_cpu_percent=99.0, process_memory_bytes=10**9)


@pytest.fixture
def facts() -> type[Facts]:
    return Facts


@pytest.fixture
def stand_in() -> type[StandIn]:
    return StandIn
