"""A sample run, a control that records its calls, and apps that show them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app import FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.run_sources import LiveSource
from fftui.tui.system.this_machine import Machine

BEGUN = 1_790_000_000.0
MACHINE = Machine(cores=2, memory_bytes=8_000_000_000)
GPU: dict[str, Any] = {
    "gpu_utilization_percent": 88.0,
    "gpu_memory_utilization_percent": 41.0,
    "gpu_memory_used_bytes": 9_000_000_000,
    "gpu_memory_total_bytes": 40_000_000_000,
    "power_w": 230.0,
    "power_limit_w": 400.0,
}


@pytest.fixture(autouse=True)
def refreshes_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own work, in the thread that draws, does not put the next refresh off."""
    monkeypatch.setattr("fftui.tui.pace.SHARE", 1000.0)


def sample_events(
    layers: int = 4,
    epochs: int = 20,
    *,
    until: tuple[int, int] | None = None,
    gpu: bool = False,
    validation: bool = False,
    finish: bool = True,
) -> Iterator[tuple[float, ev.Event]]:
    """The events of a Forward-Forward run on MNIST, up to `until` (layer, epoch) if given."""
    draw = random.Random(0)
    at = BEGUN
    steps = 40
    labels = tuple(f"{784 if n == 0 else 2000}→2000" for n in range(layers))
    yield (
        at,
        ev.RunStarted(
            "r", "ff", "mnist", "cpu x86_64, 2 threads", "bfloat16", labels,
            layers * epochs * steps, 60_000, 5_000 if validation else 0, 10_000, False,
        ),
    )  # fmt: skip
    yield at, ev.PhaseStarted(1, "forward-forward", epochs)
    others = ("NVIDIA A100", "NVIDIA A100") if gpu else ()
    yield (
        at,
        ev.MachineDescribed(
            1.0, 2, 8_000_000_000, "NVIDIA H100" if gpu else None, other_gpus=others
        ),
    )
    if gpu:
        yield (
            at,
            ev.OtherGpusSampled(
                (7, None), (5_000_000_000, None), (40_000_000_000, None), (61.0, None)
            ),
        )
    else:
        metrics = ("gpu_utilization_percent", "gpu_memory_used_bytes", "power_w")
        yield (
            at + 0.4,
            ev.MetricsUnavailable(metrics, "no NVIDIA GPU: this run learns on another device"),
        )
    done = 0
    alone: list[float] = []
    for layer in range(1, layers + 1):
        yield at, ev.LayerStarted(1, layer, epochs, 15.0)
        for epoch in range(1, epochs + 1):
            share = 1 - 0.85**epoch
            positive = 2 + 22 * share + draw.gauss(0, 0.4)
            negative = 2 + 6 * share / layer + draw.gauss(0, 0.3)
            for step in (steps // 2, steps):
                at += 0.8
                done += steps // 2
                yield (
                    at,
                    ev.Stepped(
                        1, layer, epoch, step, steps, done, layers * epochs * steps, 24_000.0
                    ),
                )
                yield (
                    at,
                    ev.TelemetrySampled(
                        1, layer, epoch, interval_s=0.8,
                        process_cpu_percent=150 + draw.gauss(0, 12), host_cpu_percent=80.0,
                        process_memory_bytes=1_200_000_000 + 3_000_000 * epoch,
                        host_memory_used_bytes=4_000_000_000,
                        **(GPU if gpu else {}), gpu_energy_j=230.0 * (at - BEGUN) if gpu else None,
                    ),
                )  # fmt: skip
            accuracy = 0.9 + 0.07 * share + draw.gauss(0, 0.002)
            yield (
                at,
                ev.EpochFinished(
                    1, layer, epoch, epoch * steps, 0.9 - 0.6 * share, positive, negative,
                    15.0, accuracy, 24_000.0, 1.6, 1.4,
                ),
            )  # fmt: skip
            split = "validation" if validation else "test"
            yield (
                at,
                ev.Evaluated(
                    1, layer, epoch, split, False, accuracy - 0.008,
                    (*alone, accuracy - 0.01 - 0.004 * layer), (), (), 0.1,
                ),
            )  # fmt: skip
            if until == (layer, epoch):
                return
        alone.append(accuracy - 0.01 - 0.004 * layer)
        yield at, ev.LayerFinished(1, layer, epochs, 1.6 * epochs, False)
        yield at, ev.Checkpointed(1, layer, epochs, 0.2)
    if finish:
        yield (
            at,
            ev.Evaluated(
                1, layers, epochs, "test", True, 0.9712, tuple(alone), (10,) * 10, (11,) * 10, 1.0
            ),
        )
        yield at, ev.RunFinished("finished", 0.9712, tuple(alone), at - BEGUN, None)


CONVOLUTIONS = ("1×28×28→32×14×14", "32×14×14→64×7×7", "64×7×7→128×7×7")


def parallel_events(
    labels: tuple[str, ...] = CONVOLUTIONS,
    epochs: int = 20,
    *,
    until: int | None = None,
    head: bool = True,
) -> Iterator[tuple[float, ev.Event]]:
    """The events of convolutions that learn in parallel, up to the epoch `until` if given."""
    draw = random.Random(0)
    at, steps, numbers = BEGUN, 40, tuple(range(1, len(labels) + 1))
    yield (
        at,
        ev.RunStarted(
            "r",
            "cnn",
            "mnist",
            "cpu x86_64, 2 threads",
            "bfloat16",
            labels,
            epochs * steps,
            60_000,
            0,
            10_000,
            False,
        ),
    )
    yield at, ev.PhaseStarted(1, "forward-forward", epochs)
    yield at, ev.LayerStarted(1, None, epochs, None, numbers)
    alone: tuple[float, ...] = ()
    for epoch in range(1, epochs + 1):
        share = 1 - 0.85**epoch
        at += 9.0
        yield at, ev.Stepped(1, None, epoch, steps, steps, epoch * steps, epochs * steps, 6_600.0)
        for number in numbers:
            positive, negative = (
                1 + number * share + draw.gauss(0, 0.02),
                1 + share / number + draw.gauss(0, 0.02),
            )
            yield at, ev.LayerMeans(1, number, epoch, 0.3 - 0.2 * share, positive, negative, None)
        alone = tuple(0.8 + 0.19 * share - 0.05 / n for n in numbers)
        whole, head_accuracy = 0.8 + 0.19 * share, (0.79 + 0.19 * share if head else None)
        yield (
            at,
            ev.Evaluated(1, None, epoch, "train", False, whole, alone, (), (), 0.1, head_accuracy),
        )
        yield (
            at,
            ev.EpochFinished(
                1, None, epoch, epoch * steps, 0.4, None, None, None, whole, 6_600.0, 9.0, 8.0
            ),
        )
        if until == epoch:
            return
    yield at, ev.LayerFinished(1, None, epochs, 9.0 * epochs, False)
    yield (
        at,
        ev.Evaluated(
            1, None, epochs, "test", True, 0.988, alone, (10,) * 10, (11,) * 10, 1.0, 0.9889
        ),
    )
    yield at, ev.RunFinished("finished", 0.988, alone, at - BEGUN, None)


def fold(events: Iterator[tuple[float, ev.Event]]) -> RunView:
    view = RunView()
    for at, event in events:
        view = view.after(at, event)
    return view


@dataclass
class FakeControl:
    """A control with a view that records its calls."""

    view: RunView = field(default_factory=RunView)
    paused: bool = False
    calls: list[str] = field(default_factory=list)
    alive: bool = True

    def pause(self) -> None:
        self.paused = True
        self.calls.append("pause")

    def resume(self) -> None:
        self.paused = False
        self.calls.append("resume")

    def stop(self) -> None:
        self.alive = False
        self.calls.append("stop")

    def skip_layer(self) -> None:
        self.calls.append("skip")

    def request_checkpoint(self) -> None:
        self.calls.append("checkpoint")

    def is_alive(self) -> bool:
        return self.alive

    def join(self, timeout: float | None = None) -> None:
        self.calls.append("join")


@pytest.fixture
def events_of() -> Callable[..., Iterator[tuple[float, ev.Event]]]:
    return sample_events


@pytest.fixture
def view_of() -> Callable[..., RunView]:
    return lambda **options: fold(sample_events(**options))


@pytest.fixture
def parallel_view_of() -> Callable[..., RunView]:
    return lambda **options: fold(parallel_events(**options))


@pytest.fixture
def new_control() -> Callable[..., FakeControl]:
    return FakeControl


@pytest.fixture
def new_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FFTUIApp]:
    """Makes apps that never load torch; `control` is that of the run of this process."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))

    def make(
        control: FakeControl | None = None, *, runs: Path | None = None, ascii_only: bool = False
    ) -> FFTUIApp:
        source = None if control is None else LiveSource("20260921-120000-ff-mnist-7f3a", control)
        backend = Backend(Workspace(runs or tmp_path / "runs", None, "cpu"))
        return FFTUIApp(
            backend, source=source, machine=MACHINE, ascii_only=ascii_only, load_torch=False
        )

    return make


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FFTUI_PRESETS", str(tmp_path / "own"))
    return tmp_path / "own"
