"""Convolution layers against torch's own modules, in float64."""

import itertools

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fftui.data.encodings import LabelEncoding
from fftui.data.label_encoding import LabelInput, label_planes
from fftui.experiment import Activation, Convolution, ForwardForward, LayerNormalisation
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.layers.convolution import ConvolutionLayer
from fftui.learning.layers.layer import Layer
from fftui.learning.objective import ObjectiveValue

from ..reference import pair_objective, reference_loss

CLASSES, SHAPE, SEED = 4, (2, 7, 6), 11
ACTIVATE = {
    "relu": torch.relu,
    "leaky-relu": functional.leaky_relu,
    "gelu": functional.gelu,
    "tanh": torch.tanh,
}
ENCODINGS: list[LabelEncoding] = ["none", "overlay", "random-plane", "one-hot-plane"]
LABELS = torch.tensor([0, 3, 4, 1, 2, 2])  # 4 is the neutral one


def generator(seed: int = SEED) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make(
    encoding: LabelEncoding = "none",
    dtype: torch.dtype = torch.float64,
    seed: int = SEED,
    **fields: object,
) -> ConvolutionLayer:
    spec = Convolution.model_validate({"channels": 3, "kernel": 3, "padding": 1} | fields)
    layer = ConvolutionLayer(
        spec, SHAPE, LabelInput(encoding, CLASSES, 0.7), dtype, generator(seed)
    )
    return layer.to(dtype)


def images(count: int = len(LABELS)) -> Tensor:
    return torch.rand(count, 2 * 7 * 6, dtype=torch.float64, generator=generator(1))


def reference(layer: ConvolutionLayer, spec: Convolution, x_ND: Tensor, labels_N: Tensor) -> Tensor:
    """Norm → label planes as channels → convolution → activation → pooling, one module after the
    other.
    """
    if layer.label.encoding == "overlay":
        codes = torch.cat((torch.eye(CLASSES), torch.full((1, CLASSES), 1 / CLASSES))).double()
        factor = layer.normaliser((x_ND[:, CLASSES:].square().sum(1) + 0.7**2).sqrt())
        x_ND = torch.cat((codes[labels_N] * 0.7, x_ND[:, CLASSES:]), 1) * factor[:, None]
    elif spec.normalisation in ("l2", "rms"):
        size = 1 if spec.normalisation == "l2" else x_ND.shape[1] ** 0.5
        x_ND = size * x_ND / (x_ND.norm(dim=1, keepdim=True) + 1e-4)
    elif spec.normalisation == "layer":
        centred_ND = x_ND - x_ND.mean(1, keepdim=True)
        x_ND = centred_ND / (centred_ND.square().mean(1, keepdim=True).sqrt() + 1e-4)
    elif spec.normalisation == "group":  # two channels are fewer than four classes: one group
        x_ND = functional.group_norm(x_ND, 1)
    x = x_ND.view(-1, *SHAPE)
    if spec.normalisation == "batch":
        x = functional.batch_norm(x, None, None, training=True)
    if layer.label.encoding in ("random-plane", "one-hot-plane"):
        x = torch.cat(
            (x, label_planes(layer.label, 7, 6, generator=generator()).double()[labels_N]), 1
        )
    steps = spec.stride, spec.padding, 1, spec.channel_groups
    z = ACTIVATE[spec.activation](functional.conv2d(x, layer.weight, layer.bias, *steps))
    if spec.pooling == "before-goodness":
        window = spec.pool_size, spec.pool_stride, spec.pool_padding
        z = {"max": functional.max_pool2d, "average": functional.avg_pool2d}[spec.pool](z, *window)
    if spec.output_normalisation == "batch":
        z = functional.batch_norm(z, None, None, training=True, eps=1e-4)
    return z.flatten(1)


CASES = [
    *((encoding, {"pooling": "before-goodness"}) for encoding in ENCODINGS),
    *((encoding, {"pooling": "after-goodness", "normalisation": "l2"}) for encoding in ENCODINGS),
    *(
        ("random-plane", {"activation": a, "pooling": p})
        for a, p in itertools.product(ACTIVATE, ["before-goodness"])
    ),
    *(
        ("one-hot-plane", {"normalisation": n, "pooling": "none"})
        for n in ("l2", "rms", "batch", "none")
    ),
    ("none", {"padding": 0, "kernel": 5, "pooling": "none"}),
    ("none", {"stride": 2, "channels": 4, "channel_groups": 2, "normalisation": "group"}),
    ("random-plane", {"stride": 2, "pool_size": 3, "pool_stride": 1, "pool_padding": 1}),
    ("none", {"pool": "average", "pool_size": 3, "pool_stride": 2, "normalisation": "layer"}),
    ("none", {"output_normalisation": "batch", "init": "kaiming"}),
    ("none", {"bias": False, "init": "kaiming", "pool": "average"}),
]


@pytest.mark.parametrize(("encoding", "fields"), CASES)
def test_a_layer_is_the_modules_it_names(
    encoding: LabelEncoding, fields: dict[str, object]
) -> None:
    """Value and gradients, the label neutral for one of the images."""
    layer = make(encoding, **fields)
    spec = Convolution.model_validate({"channels": 3, "kernel": 3, "padding": 1} | fields)
    phase = ForwardForward(loss="swish", goodness="position-mean-square", peer_normalisation=0.0)
    z = reference(layer, spec, images(3).repeat(2, 1), LABELS)
    loss = reference_loss(z, phase, layer.shape)
    parameters = [each for each in (layer.weight, layer.bias) if each is not None]
    expected = torch.autograd.grad(loss, parameters)
    objective = pair_objective(phase, layer.shape)
    outcome = layer.learn_per_label(layer.encode(images(3)), objective, *LABELS.chunk(2))
    torch.testing.assert_close(outcome.activities.flatten(1), z.detach())
    torch.testing.assert_close(outcome.loss, loss.detach())
    for parameter, gradient in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("normalisation", ["rms", "batch", "none"])
def test_images_shared_by_labels_have_the_same_activities(
    encoding: LabelEncoding, normalisation: LayerNormalisation
) -> None:
    layer = make(encoding, normalisation=normalisation)
    x = layer.encode(images(3))
    labels = LABELS.chunk(2)
    torch.testing.assert_close(
        layer.activities_per_label(x, *labels), Layer.activities_per_label(layer, x, *labels)
    )
    phase = ForwardForward()
    objective = pair_objective(phase, layer.shape)
    shared = layer.learn_per_label(x, objective, *labels)
    gradient = layer.weight.grad
    apart = Layer.learn_per_label(layer, x, objective, *labels)
    torch.testing.assert_close(shared.activities, apart.activities)
    torch.testing.assert_close(gradient, layer.weight.grad)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("normalisation", ["rms", "batch", "none"])
def test_activities_are_those_of_backprop(
    encoding: LabelEncoding, normalisation: LayerNormalisation
) -> None:
    layer = make(encoding, normalisation=normalisation, pooling="after-goodness")
    phase = ForwardForward()
    objective = pair_objective(phase, layer.shape)
    layer.learn_per_label(layer.encode(images(3)), objective, *LABELS.chunk(2))
    z = layer.activities_per_label(layer.encode(images()), LABELS)
    layer.eval()
    torch.testing.assert_close(layer.pooled(z), layer(images(), LABELS).detach())


def test_weights_are_initialised_as_in_conv2d() -> None:
    seen = torch.get_rng_state()
    layer, again, other = (
        make("random-plane", channels=64),
        make("random-plane", channels=64),
        make(seed=12),
    )
    assert torch.equal(torch.get_rng_state(), seen)
    bound = 1 / (3 * 3 * 3) ** 0.5  # two channels and a plane
    for one, same in zip(layer.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, same)
        assert one.abs().max() <= bound
        assert one.abs().max() > 0.9 * bound
    assert not torch.equal(other.weight, make().weight)
    kept = nn.Conv2d(3, 64, 3)
    assert abs(layer.weight.std() - kept.weight.std()) < 0.01


def test_shapes_and_titles() -> None:
    x, labels = images(), LABELS
    sizes = {"none": (3, 7, 6), "before-goodness": (3, 3, 3), "after-goodness": (3, 7, 6)}
    for pooling, shape in sizes.items():
        layer = make(pooling=pooling)
        z = layer.activities(layer.normalise(x), labels)
        assert layer.shape == shape
        assert z.shape == (len(x), layer.outputs)
        assert layer.pooled(z).shape == (len(x), torch.Size(layer.output_shape).numel())
    layer = make(pooling="after-goodness")
    z = layer.activities(layer.normalise(x), labels)
    assert layer.pooled(z)[0, 0] == z.view(-1, 3, 7, 6)[0, 0, :2, :2].max()
    assert layer.title == "2×7×6→3×3×3"
    assert make(pooling="none").title == "2×7×6→3×7×6"


def test_planes_come_from_the_seed_and_are_not_saved() -> None:
    assert sorted(make("random-plane", normalisation="none").state_dict()) == ["bias", "weight"]


def test_batch_statistics_are_remembered_while_learning_only() -> None:
    layer = make()
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    layer.activities(layer.normalise(images()), LABELS)
    assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())
    objective = pair_objective(ForwardForward(), layer.shape)
    layer.learn(layer.normalise(images()), LABELS, objective)
    mean = images().view(-1, *SHAPE).mean((0, 2, 3))
    torch.testing.assert_close(layer.state_dict()["_batch_norm._norm.running_mean"], 0.1 * mean)


def test_one_value_a_channel_is_normalised_by_what_is_remembered() -> None:
    layer = make(kernel=6, padding=0, pooling="none", stride=2, output_normalisation="batch")
    assert layer.shape == (3, 1, 1)

    def mean_after(count: int) -> Tensor:
        x_ND = layer.normalise(images(count))
        layer.learn(x_ND, LABELS[:count], lambda z: ObjectiveValue(z.sum(), z[:, 0], z, z))
        return layer.state_dict()["_output_norm.running_mean"].clone()

    before = mean_after(2)
    assert torch.equal(mean_after(1), before)
    assert not torch.equal(mean_after(2), before)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bfloat16_products_stay_near_float32(encoding: LabelEncoding) -> None:
    x, z = images().float(), {}
    for dtype in (torch.float32, torch.bfloat16):
        layer = make(encoding, dtype=torch.float32)
        layer.dtype = dtype
        inputs = layer.encode(x)
        z[dtype] = layer.activities_per_label(inputs, LABELS)
        objective = pair_objective(ForwardForward(), layer.shape)
        layer.learn_per_label(inputs, objective, LABELS, LABELS.flip(0))
        assert layer.weight.grad is not None
        assert layer.weight.grad.dtype == torch.float32
    assert z[torch.bfloat16].dtype == torch.bfloat16
    torch.testing.assert_close(z[torch.bfloat16].float(), z[torch.float32], atol=0.03, rtol=0.05)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_pooling_before_or_behind_the_activation_is_the_same(activation: Activation) -> None:
    """What `_pools_first` relies on: an activation that is said to be monotone never falls."""
    a = torch.linspace(-3, 3, 200)
    falls = bool((ACTIVATIONS[activation].apply(a).diff() < 0).any())
    assert not (make(activation=activation)._pools_first and falls)
