"""A step on CUDA without a GPU: torch's fake tensors know the device of everything, and refuse to
wait for it.

They run no kernel, but an operation over two devices fails, and so does anything that would need a
value on the host (`item()`, a boolean of a tensor, a mask of unknown size): what would synchronise
in every batch. Backprop is not here: autograd asks the driver for its context.
"""

from collections.abc import Iterator

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from fftui.data import normalisation
from fftui.data.catalogue import SETS
from fftui.data.normalisation import overlay_value, scale_of
from fftui.data.sets import DataSplit
from fftui.experiment import (
    Backprop,
    Data,
    ForwardForward,
    FullyConnected,
    Head,
    Label,
    Layer,
    LocalCrossEntropy,
    Model,
    Phase,
)
from fftui.learning import prediction
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.rules import rule_for
from fftui.learning.rules.phase_rule import PhaseRule, TrainContext
from fftui.telemetry.clocks import MonotonicClock

INFO = SETS["mnist"]
CUDA = torch.device("cuda", 0)
FULL = (
    FullyConnected(units=20),
    FullyConnected(units=20, normalisation="batch"),
    FullyConnected(units=20),
)
GELU = (FullyConnected(units=20, activation="gelu"), FullyConnected(units=20, normalisation="rms"))
PHASES: list[Phase] = [
    ForwardForward(negatives="fixed"),
    ForwardForward(negatives="random", loss="swish", goodness="sum-square"),
    ForwardForward(negatives="hard", loss="symba", goodness="mean-activation", order="parallel"),
    ForwardForward(order="parallel", goodness="position-mean-square"),
    ForwardForward(order="parallel", peer_normalisation=0.1),
    LocalCrossEntropy(),
]


@pytest.fixture
def fake() -> Iterator[None]:
    """Every tensor made inside is a fake one, those kept for later batches too."""
    normalisation.pixel_constants.cache_clear()
    adam = torch.library.Library("aten", "IMPL", "Meta")  # torch has none with a rate on the device
    adam.impl("_fused_adam_.tensor_lr", lambda *_, **__: None)
    with FakeTensorMode():
        yield
    adam._destroy()
    normalisation.pixel_constants.cache_clear()


def on_cuda(network: Network) -> Network:
    """`network.to(CUDA)`, which fake tensors refuse: they cannot be moved in place."""
    for module in network.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, torch.nn.Parameter(parameter.detach().to(CUDA)))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, buffer.to(CUDA))
    return network


def rule_on_cuda(
    phase: Phase, layers: tuple[Layer, ...], dtype: torch.dtype, cache_bytes: int
) -> tuple[PhaseRule, Images]:
    """The rule of `phase` for a network of `layers`, and its training images."""
    split = DataSplit(
        torch.zeros(64, *INFO.shape, dtype=torch.uint8),
        torch.zeros(64, dtype=torch.long),
        INFO.classes,
    )
    data = Data(name="mnist", normalisation="paper", shift=1, flip=True)
    train = Images.on(CUDA, split, data)
    assert train.scale == scale_of(SETS["mnist"], "paper")
    assert train.overlay_value == overlay_value(SETS["mnist"], "paper")
    model = Model(
        layers=layers,
        label=Label(encoding="appended" if phase.rule == "forward-forward" else "none"),
        head=Head(normalisation="rms"),
    )
    network = on_cuda(Network(model, INFO, train.overlay_value, dtype, seed=0))
    context = TrainContext(
        network, train, CUDA, dtype, 0, cache_bytes, data, data_clock=MonotonicClock()
    )
    return rule_for(phase, 1, context), train


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("layers", "dtype", "cache_bytes"),
    [  # every pair of them
        (FULL, torch.float32, 0),
        (FULL, torch.bfloat16, 2_000_000_000),
        (GELU, torch.float32, 2_000_000_000),
        (GELU, torch.bfloat16, 0),
    ],
)
@pytest.mark.usefixtures("fake")
def test_a_step_stays_on_its_device_and_never_waits(
    phase: Phase, layers: tuple[Layer, ...], dtype: torch.dtype, cache_bytes: int
) -> None:
    rule, _ = rule_on_cuda(phase, layers, dtype, cache_bytes)
    for stage in range(rule.stages):
        trainer = rule.trainer(stage, 10, [])
        trainer.begin_epoch(1)
        for step in range(2):
            trainer.step(torch.arange(8, device=CUDA), step)
        assert all(
            tensor.device == CUDA for name, tensor in trainer.state().items() if "exp_avg" in name
        )


@pytest.mark.parametrize("phase", [*PHASES, Backprop()])
@pytest.mark.usefixtures("fake")
def test_a_score_stays_on_its_device_and_never_waits(
    phase: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction, "MAX_ROWS", 200)  # several parts
    rule, images = rule_on_cuda(phase, FULL, torch.float32, 0)
    score = rule.score(images)
    assert score.correct_N.shape == (64,)
    assert score.depth_correct_LN.shape == (0 if phase.rule == "backprop" else 3, 64)
    for flags in (score.correct_N, score.layer_correct_LN, score.depth_correct_LN):
        assert (flags.device, flags.dtype) == (CUDA, torch.bool)
