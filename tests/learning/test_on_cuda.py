"""Learning on a real CUDA GPU: as on the CPU, without waiting in any step, with the same bits when
it is continued and whether steps are captured or not. Skipped where there is none (see
test_cuda_standin and test_captured_steps for what is tested everywhere).
"""

from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from torch import Tensor

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.experiment.values import parse_overrides
from fftui.learning.captured_steps import AloneOnCuda
from fftui.learning.losses import loss
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.sharing import Alone
from fftui.learning.stage_loop import StageLoop
from fftui.learning.training import Training, train
from fftui.presets import list_presets, load_preset
from fftui.telemetry.gpu_source import GpuSource

from .trainings import of, weights

if not torch.cuda.is_available():
    pytest.skip("no CUDA GPU", allow_module_level=True)

SMALL = (
    "telemetry.hz=0",
    "evaluation.images=40",
    "evaluation.final_train_images=40",
    "data.train_images=300",
    "data.validation_images=60",
    "data.test_images=60",
)
# read through loaders on the CPU, image by image: that is what it is there for
WAITS = {"paper/backprop-per-image"}
PRESETS = [preset.name for preset in list_presets() if "mnist-mini" in preset.data_sets]


def small(name: str, precision: str, *more: str) -> Experiment:
    """Preset `name` with phases of two epochs of several batches."""
    experiment = load_preset(name, "mnist-mini")
    phases = range(len(experiment.phases))
    short = [
        f"phases.{phase}.{words}" for phase in phases for words in ("epochs=2", "batch_size=50")
    ]
    # layers begin and end in different epochs, some one learns in each
    begun = [[0, 2], [0, 1], [1, 2]]
    windows = [
        f"phases.{number}.windows={(begun * 9)[: len(experiment.model.layers)]}"
        for number, phase in enumerate(experiment.phases)
        if getattr(phase, "windows", None)
    ]
    wanted = [*SMALL, f"precision={precision}", *short, *windows, *more]
    return load_preset(name, "mnist-mini", parse_overrides(wanted), 3)


def losses(training: Training) -> list[float]:
    return [event.loss for event in training if isinstance(event, ev.EpochFinished)]


def undropped(name: str) -> list[str]:
    """Settings without dropout, whose numbers are those of the device that draws them."""
    experiment = load_preset(name, "mnist-mini")
    parts = {"model.layers": experiment.model.layers, "phases": experiment.phases}
    return [
        f"{path}.{number}.dropout=0"
        for path, members in parts.items()
        for number, member in enumerate(members)
        if getattr(member, "dropout", 0)
    ]


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever waits for the GPU within a step raises RuntimeError, but for the first step, which
    makes constants.
    """
    plain = AloneOnCuda.step

    def step(self: AloneOnCuda, trainer: StageTrainer, index_B: Tensor, number: int) -> None:
        torch.cuda.set_sync_debug_mode("error" if number else "default")
        try:
            plain(self, trainer, index_B, number)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(AloneOnCuda, "step", step)
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The graphs that are launched."""
    launched: list[object] = []
    replay = torch.cuda.CUDAGraph.replay
    monkeypatch.setattr(
        torch.cuda.CUDAGraph, "replay", lambda graph: (launched.append(graph), replay(graph))
    )
    return launched


@pytest.fixture
def kernel_by_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is captured."""
    monkeypatch.setattr(StageLoop, "_alone", lambda _: Alone())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_learns_as_on_the_cpu(name: str) -> None:
    experiment = small(name, "float32", *undropped(name))
    here, there = losses(train(experiment, device="cpu")), losses(train(experiment, device="cuda"))
    assert there[0] == pytest.approx(here[0], rel=0.02, abs=1e-6)
    assert there == pytest.approx(here, rel=0.1, abs=1e-6)  # a high rate multiplies differences


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in WAITS])
def test_captured_steps_end_with_the_bits_of_issued_ones(
    name: str, request: pytest.FixtureRequest
) -> None:
    launches = request.getfixturevalue("launches")
    captured = train(small(name, "auto"), device="cuda")
    assert not [event.message for event in captured if isinstance(event, ev.Noted)]
    assert launches
    request.getfixturevalue("kernel_by_kernel")
    issued = train(small(name, "auto"), device="cuda")
    for _ in issued:
        pass
    ours, theirs = weights(captured), weights(issued)
    assert not [name for name in ours if not torch.equal(ours[name], theirs[name])]


def test_what_cannot_be_captured_is_said_and_issued(request: pytest.FixtureRequest) -> None:
    @loss("asks-the-host")
    def asks(positive_B: Tensor, negative_B: Tensor) -> Tensor:
        return (negative_B - positive_B).mean() * float(positive_B.detach().mean())

    layers = "model.layers=[{units=60,dropout=0.2},{units=50}]"
    experiment = small("ff", "auto", "phases.0.loss=asks-the-host", layers)
    refused = train(experiment, device="cuda")
    noted = [event.message for event in refused if isinstance(event, ev.Noted)]
    assert len(noted) == 1
    assert "cannot be captured" in noted[0]
    request.getfixturevalue("kernel_by_kernel")
    issued = train(experiment, device="cuda")
    for _ in issued:
        pass
    ours, theirs = weights(refused), weights(issued)
    assert not [name for name in ours if not torch.equal(ours[name], theirs[name])]


@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype:UserWarning")
@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("name", [name for name in PRESETS if name not in WAITS])
def test_no_step_waits(name: str) -> None:
    events = list(train(small(name, "auto"), device="cuda"))
    assert of(events, ev.EpochFinished)
    assert isinstance(events[-1], ev.RunFinished) and events[-1].status == "finished"


@pytest.mark.parametrize("name", PRESETS)
def test_a_continued_run_ends_with_the_same_bits(name: str) -> None:
    experiment = small(name, "auto")
    whole = train(experiment, device="cuda")
    events = list(whole)
    half = train(experiment, device="cuda")
    for _ in islice(half, len(events) // 2):
        pass
    rest = train(experiment, device="cuda", state=half.state())
    for _ in rest:
        pass
    ended, continued = weights(whole), weights(rest)
    different = [name for name in ended if not torch.equal(ended[name], continued[name])]
    assert not different


def test_float32_means_float32() -> None:
    train(small("cnn", "float32"), device="cuda")
    image, weight = torch.rand(64, 32, 28, 28), torch.rand(64, 32, 3, 3)
    exact = torch.nn.functional.conv2d(image.double(), weight.double())
    found = torch.nn.functional.conv2d(image.cuda(), weight.cuda()).double().cpu()
    assert ((found - exact).norm() / exact.norm()).item() < 1e-5  # TF32: 3e-4


def test_times_and_memory_are_the_gpus() -> None:
    events = list(train(small("ff", "auto"), device="cuda"))
    epoch = of(events, ev.EpochFinished)[-1]
    assert isinstance(epoch, ev.EpochFinished)
    assert 0 < epoch.compute_s <= epoch.epoch_s
    assert epoch.data_s is not None and epoch.data_s > 0
    layer = of(events, ev.LayerFinished)[-1]
    assert isinstance(layer, ev.LayerFinished)
    assert layer.peak_memory_bytes is not None and layer.peak_memory_bytes > 1_000_000


def test_nvml_knows_the_gpu_that_learns() -> None:
    uuid = train(small("ff", "auto"), device="cuda").cuda_uuid
    assert uuid is not None
    assert GpuSource(uuid).uuid.endswith(uuid)
