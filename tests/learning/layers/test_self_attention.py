"""Self-attention layers against torch's own modules, and the inputs that each part depends on."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fftui.data.encodings import LabelEncoding
from fftui.data.label_encoding import LabelInput
from fftui.experiment import ForwardForward, SelfAttention
from fftui.learning.layers import self_attention
from fftui.learning.layers.self_attention import (
    MLP_RATIO,
    Attention,
    Block,
    PatchEmbedding,
    SelfAttentionLayer,
)

from ..reference import pair_objective, reference_loss

CLASSES, SIZE, PATCH, WIDTH, HEADS = 4, 8, 4, 6, 2
TOKENS: list[LabelEncoding] = ["every-token", "first-token", "label-token"]
LABELS = torch.tensor([0, 3, 4, 1, 2, 2])  # 4 is the neutral one
KINDS: list[dict[str, Any]] = [
    {},
    {
        "embedding": "frozen",
        "positions": False,
        "residual": False,
        "summary": "mean",
        "normalisation": "l2",
    },
    {"embedding": "shifted", "activation": "gelu", "normalisation": "none"},
]


def generator(seed: int = 11) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spec_of(**fields: Any) -> SelfAttention:
    small = {"units": 7, "patch": PATCH, "width": WIDTH, "heads": HEADS}
    return SelfAttention.model_validate(small | fields)


def make(
    encoding: LabelEncoding = "every-token",
    *,
    channels: int = 1,
    dtype: torch.dtype = torch.float64,
    seed: int = 11,
    **fields: Any,
) -> SelfAttentionLayer:
    label = LabelInput(encoding, CLASSES, 0.7)
    layer = SelfAttentionLayer(
        spec_of(**fields), (channels, SIZE, SIZE), label, dtype, generator(seed)
    )
    return layer.to(dtype)


def images(count: int = len(LABELS), channels: int = 1) -> Tensor:
    return torch.rand(count, channels * SIZE**2, dtype=torch.float64, generator=generator(1))


def tokens_seen(layer: SelfAttentionLayer, label: int) -> Tensor:
    """The tokens (T, W) of the first image that attention gets."""
    seen: list[Tensor] = []
    hook = layer._attention.register_forward_pre_hook(
        lambda _, arguments: seen.append(arguments[0])
    )
    layer.activities_per_label(layer.encode(images(1)), torch.tensor([label]))
    hook.remove()
    return seen[0][0]


def test_attention_is_torchs() -> None:
    attention = Attention(WIDTH, HEADS, generator()).double()
    torchs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64)
    given = dict(attention.named_parameters())
    torchs.load_state_dict(
        {
            "in_proj_weight": given["_into.weight"],
            "in_proj_bias": given["_into.bias"],
            "out_proj.weight": given["_out.weight"],
            "out_proj.bias": given["_out.bias"],
        }
    )
    tokens = torch.randn(3, 5, WIDTH, dtype=torch.float64, generator=generator())
    expected, _ = torchs(tokens, tokens, tokens, need_weights=False)
    torch.testing.assert_close(attention(tokens), expected)


def test_attention_is_initialised_as_in_torch() -> None:
    attention, torchs = Attention(64, HEADS, generator()), nn.MultiheadAttention(64, HEADS)
    given = dict(attention.named_parameters())
    assert not given["_into.bias"].any()
    assert not given["_out.bias"].any()
    torch.testing.assert_close(
        given["_into.weight"].std(), torchs.in_proj_weight.std(), rtol=0.05, atol=0
    )
    torch.testing.assert_close(
        given["_out.weight"].std(), torchs.out_proj.weight.std(), rtol=0.05, atol=0
    )


def test_a_block_is_torchs_pre_norm_encoder_layer() -> None:
    block = Block(Attention(WIDTH, HEADS, generator()), WIDTH, generator(2)).double()
    torchs = nn.TransformerEncoderLayer(
        WIDTH,
        HEADS,
        MLP_RATIO * WIDTH,
        0.0,
        "gelu",
        batch_first=True,
        norm_first=True,
        dtype=torch.float64,
    )
    for own, other in zip(block.parameters(), _in_our_order(torchs), strict=True):
        own.data.normal_(generator=generator(own.numel()))
        other.data.copy_(own.data)
    tokens = torch.randn(3, 5, WIDTH, dtype=torch.float64, generator=generator())
    torch.testing.assert_close(block(tokens), torchs(tokens))


def _in_our_order(torchs: nn.TransformerEncoderLayer) -> list[nn.Parameter]:
    parts = [torchs.norm1, torchs.self_attn, torchs.norm2, torchs.linear1, torchs.linear2]
    return [parameter for part in parts for parameter in part.parameters()]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("embedding", ["learned", "frozen"])
def test_patches_are_embedded_as_by_a_strided_convolution(channels: int, embedding: str) -> None:
    patches = PatchEmbedding(spec_of(embedding=embedding), channels, generator())
    convolution = nn.Conv2d(channels, WIDTH, PATCH, stride=PATCH)
    convolution.weight.data.copy_(patches.state_dict()["_map.weight"].view_as(convolution.weight))
    convolution.bias.data.copy_(patches.state_dict()["_map.bias"])  # type: ignore[union-attr]
    x = images(channels=channels).float().view(-1, channels, SIZE, SIZE)
    torch.testing.assert_close(patches(x), convolution(x).flatten(2).mT)


def test_a_frozen_embedding_is_saved_and_never_learned() -> None:
    layer = make(embedding="frozen")
    assert not any("_embedding" in name for name, _ in layer.named_parameters())
    assert {"_embedding._map.weight", "_embedding._map.bias"} <= set(layer.state_dict())
    assert any("_embedding" in name for name, _ in make(embedding="learned").named_parameters())


def test_a_shifted_embedding_sees_the_image_and_four_copies() -> None:
    """One bright pixel in the middle of its patch, and where it went: unshifted, right, left, down,
    up.
    """
    patches = PatchEmbedding(spec_of(embedding="shifted"), 1, generator())
    seen: list[Tensor] = []
    patches._norm.register_forward_hook(lambda _, arguments, __: seen.append(arguments[0]))
    x = torch.zeros(1, 1, SIZE, SIZE)
    x[0, 0, 1, 2] = 1
    patches(x)
    first = seen[0][0, 0].view(5, PATCH, PATCH)
    assert first.nonzero().tolist() == [[0, 1, 2], [1, 1, 3], [2, 1, 1], [3, 2, 2], [4, 0, 2]]
    assert not seen[0][0, 1:].any()


@pytest.mark.parametrize(
    ("encoding", "reached"),
    [
        ("every-token", [1, 1, 1, 1]),
        ("first-token", [1, 0, 0, 0]),
        ("label-token", [0, 0, 0, 0, 1]),
    ],
)
def test_a_label_reaches_the_tokens_that_it_should(
    encoding: LabelEncoding, reached: list[int]
) -> None:
    layer = make(encoding)
    tokens = [tokens_seen(layer, label) for label in range(CLASSES + 1)]
    assert (tokens[1] - tokens[0]).any(1).int().tolist() == reached
    torch.testing.assert_close(tokens[CLASSES], torch.stack(tokens[:CLASSES]).mean(0))


def test_label_vectors_are_about_as_long_as_the_label_is_strong() -> None:
    layer = make("label-token", width=600, heads=2)
    assert layer._labels is not None
    torch.testing.assert_close(
        layer._labels.norm(dim=1), torch.full((CLASSES,), 0.7).double(), atol=0.1, rtol=0
    )


def test_an_overlay_stands_among_the_pixels() -> None:
    layer = make("overlay")
    first, second = (tokens_seen(layer, label) for label in (0, 1))
    assert (first - second).any(1).tolist() == [True, False, False, False]


def test_without_positions_a_bag_of_patches_hides_labels() -> None:
    """The paper's attention: in a blank corner, labels that are a patch apart differ by their
    position alone.
    """
    x = torch.rand(2, 64, dtype=torch.float64, generator=generator(3))
    x[:, :32] = 0
    for positions, alike in ((False, True), (True, False)):
        label = LabelInput("overlay", 8, 1.0)
        spec = spec_of(positions=positions, residual=False, summary="mean", activation="tanh")
        layer = SelfAttentionLayer(
            spec, (1, SIZE, SIZE), label, torch.float64, generator()
        ).double()
        z = [
            layer.activities_per_label(layer.encode(x), torch.full((2,), number))
            for number in (0, 4, 1)
        ]
        assert torch.allclose(z[0], z[1], atol=1e-9) == alike
        assert not torch.allclose(z[0], z[2], atol=1e-9)


@pytest.mark.parametrize("fields", KINDS)
@pytest.mark.parametrize("encoding", [*TOKENS, "overlay", "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_learning_is_autograds(
    encoding: LabelEncoding, fields: dict[str, Any], channels: int
) -> None:
    """`forward`, `activities` and `learn` are one function; gradients are those of the loss as
    papers write it.
    """
    layer, phase = make(encoding, channels=channels, **fields), ForwardForward(loss="symba")
    x = images(3, channels)
    z = layer(x.repeat(2, 1), LABELS)
    torch.testing.assert_close(
        layer.activities_per_label(layer.encode(x), *LABELS.chunk(2)), z.detach()
    )
    loss = reference_loss(z, phase)
    expected = torch.autograd.grad(loss, list(layer.parameters()))
    objective = pair_objective(phase, layer.shape)
    outcome = layer.learn_per_label(layer.encode(x), objective, *LABELS.chunk(2))
    torch.testing.assert_close(outcome.loss, loss.detach())
    for (name, parameter), gradient in zip(layer.named_parameters(), expected, strict=True):
        torch.testing.assert_close(
            parameter.grad, gradient, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_rows_in_slices_learn_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    results, calls = [], []
    for rows in (len(LABELS), 4):  # the second slice is a shorter one
        layer = make()
        layer._embedding.register_forward_hook(
            lambda _, arguments, __: calls.append(len(arguments[0]))
        )
        monkeypatch.setattr(self_attention, "SLICE_FLOATS", rows * layer.floats_per_sample)
        z = layer(images(), LABELS)
        results.append(
            (z.detach(), *torch.autograd.grad(z.square().sum(), list(layer.parameters())))
        )
    assert calls == [6, 4, 2]
    torch.testing.assert_close(results[0], results[1])


@pytest.mark.parametrize("fields", KINDS)
def test_the_seed_makes_the_weights(fields: dict[str, Any]) -> None:
    seen = torch.get_rng_state()
    layer, again, other = make(**fields), make(**fields), make(seed=12, **fields)
    assert torch.equal(torch.get_rng_state(), seen)
    for name, tensor in layer.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert any(
        not torch.equal(tensor, other.state_dict()[name])
        for name, tensor in layer.state_dict().items()
    )


@pytest.mark.parametrize(("normalisation", "norm"), [("l2", 1.0), ("rms", 24**0.5)])
def test_the_summary_is_normalised(normalisation: str, norm: float) -> None:
    layer = make(normalisation=normalisation)
    seen: list[Tensor] = []
    layer._units.register_forward_hook(lambda _, arguments, __: seen.append(arguments[0]))
    layer.activities_per_label(layer.encode(images()), LABELS)
    torch.testing.assert_close(
        seen[0].norm(dim=1), torch.full((len(LABELS),), norm).double(), rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("fields", KINDS)
def test_bfloat16_products_stay_near_float32(fields: dict[str, Any]) -> None:
    z = {}
    for dtype in (torch.float32, torch.bfloat16):
        layer = make(dtype=torch.float32, **fields)
        layer.dtype = dtype
        x = layer.encode(images().float())
        z[dtype] = layer.activities_per_label(x, LABELS)
        objective = pair_objective(ForwardForward(), layer.shape)
        layer.learn_per_label(x, objective, LABELS, LABELS.flip(0))
        assert {parameter.grad.dtype for parameter in layer.parameters()} == {torch.float32}  # type: ignore[union-attr]
    assert z[torch.bfloat16].dtype == torch.bfloat16
    torch.testing.assert_close(z[torch.bfloat16].float(), z[torch.float32], atol=0.05, rtol=0.05)


def test_title() -> None:
    assert make(channels=3).title == "3×8×8→7"
