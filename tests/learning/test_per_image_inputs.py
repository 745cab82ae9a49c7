"""Images read one by one: the same batches and weights as from the tensor, and time that counts as
data.
"""

import time
from collections.abc import Callable

import pytest
import torch

from fftui import events as ev
from fftui.data.catalogue import SETS, Normalisation
from fftui.data.normalisation import scale_of
from fftui.experiment import Experiment
from fftui.learning.images import Images
from fftui.learning.per_image_inputs import PerImageInputs
from fftui.learning.training import Training, train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
FIXED = FORWARD_FORWARD | {"negatives": "fixed"}


def images_of(name: str, normalisation: Normalisation, count: int = 256) -> Images:
    """Images of every brightness, in the shape of a data set."""
    info = SETS[name]
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, *info.shape), dtype=torch.uint8, generator=generator)
    labels_N = torch.arange(count) % info.classes
    return Images(pixels, labels_N, scale_of(info, normalisation), info, 1.0)


@pytest.mark.parametrize("normalisation", ["none", "unit", "standard", "paper"])
@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_batches_are_those_of_the_tensor_bit_by_bit(
    name: str, normalisation: Normalisation
) -> None:
    images = images_of(name, normalisation)
    index_B = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    read_BD = PerImageInputs(images).inputs(index_B)
    assert read_BD.dtype == torch.float32
    assert read_BD.is_contiguous()
    assert torch.equal(read_BD, images.inputs(index_B))


def test_reading_draws_nothing_from_the_global_generator() -> None:
    inputs = PerImageInputs(images_of("mnist", "unit", 4))
    state = torch.get_rng_state()
    inputs.inputs(torch.tensor([2, 0]))
    assert torch.equal(torch.get_rng_state(), state)


def experiments(small: Make, phase: dict[str, object], **fields: object) -> list[Experiment]:
    """The same experiment with either loader."""
    data = {"normalisation": "standard", "train_images": 240, "test_images": 20}
    return [
        small(phase, data=data | {"loader": loader}, **fields) for loader in ("tensor", "per-image")
    ]


def trained(experiment: Experiment) -> dict[str, torch.Tensor]:
    """The weights after learning."""
    training = train(experiment, device="cpu")
    for _ in training:
        pass
    return training.network.state_dict()


@pytest.mark.parametrize(
    "phase",
    [BACKPROP, FIXED, FORWARD_FORWARD, PARALLEL, LOCAL],
    ids=lambda phase: str(phase["rule"]),
)
@pytest.mark.parametrize("cache_bytes", [2_000_000_000, 0])
def test_the_weights_are_the_same_bits_with_either_loader(
    small: Make, phase: dict[str, object], cache_bytes: int
) -> None:
    tensor, per_image = (
        trained(each) for each in experiments(small, phase, cache_bytes=cache_bytes)
    )
    assert tensor.keys() == per_image.keys()
    for name in tensor:
        assert torch.equal(tensor[name], per_image[name]), name


def test_a_run_that_stopped_within_an_epoch_goes_on_bit_by_bit(small: Make) -> None:
    _, experiment = experiments(small, BACKPROP)
    first = train(experiment, device="cpu")
    next(event for event in first if isinstance(event, ev.Stepped) and event.step == 2)
    rest = train(experiment, device="cpu", state=first.state())
    for _ in rest:
        pass
    for name, tensor in trained(experiment).items():
        assert torch.equal(rest.network.state_dict()[name], tensor), name


class SlowReading:
    """A clock on which a batch takes 2 s to be read, and everything else next to nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.images: list[int] = []
        read = PerImageInputs.inputs

        def slow(inputs: PerImageInputs, index_B: torch.Tensor) -> torch.Tensor:
            self.now += 2.0
            self.images.append(len(index_B))
            return read(inputs, index_B)

        monkeypatch.setattr(time, "perf_counter", self.tick)
        monkeypatch.setattr(PerImageInputs, "inputs", slow)

    def tick(self) -> float:
        """The time, a microsecond later at every call."""
        self.now += 1e-6
        return self.now


def epochs_of(training: Training) -> list[ev.EpochFinished]:
    return [event for event in training if isinstance(event, ev.EpochFinished)]


@pytest.mark.parametrize(
    ("phase", "read"),
    [
        (BACKPROP, [3, 3]),
        (PARALLEL, [3, 3]),
        (FIXED, [3, 3, 0, 0]),  # the second layer learns from inputs that are kept
        (FORWARD_FORWARD, [3, 3, 3, 3]),  # new negatives in every epoch: images are read again
    ],
    ids=["backprop", "parallel", "fixed negatives", "random negatives"],
)
def test_reading_counts_as_data_and_never_as_computing(
    small: Make, monkeypatch: pytest.MonkeyPatch, phase: dict[str, object], read: list[int]
) -> None:
    _, experiment = experiments(small, phase)
    clock = SlowReading(monkeypatch)
    training = train(experiment, device="cpu")
    epochs = epochs_of(training)
    expected = pytest.approx([2.0 * batches for batches in read], abs=0.01)
    assert [epoch.data_s for epoch in epochs] == expected
    assert [epoch.epoch_s for epoch in epochs] == expected
    assert all(epoch.compute_s < 0.01 for epoch in epochs)
    assert sum(clock.images) == sum(read) * 80
    ended = training.ended("finished")
    assert ended.data_s == pytest.approx(ended.train_s, abs=0.01)


def test_evaluation_reads_no_image_by_itself(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    _, experiment = experiments(small, BACKPROP)
    clock = SlowReading(monkeypatch)
    for event in train(experiment, device="cpu"):
        if isinstance(event, ev.Evaluated):
            assert event.evaluation_s < 0.01
    assert sum(clock.images) == 2 * 240
