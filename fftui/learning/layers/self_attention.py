"""Self-attention over the patches of an image, followed by units whose activities have the
goodness.

Image, perhaps normalised → patches → tokens (and label, and positions) → attention → summary,
normalised → units. Letters in shapes: N rows, B of them at once, T tokens, P values of a patch,
W width of a token, C labels.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from fftui.data.encodings import TOKENS
from fftui.data.label_encoding import LabelInput, with_neutral
from fftui.experiment import SelfAttention
from fftui.experiment.self_attention_config import MLP_RATIO
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.layers.autograd_layer import AutogradLayer
from fftui.learning.layers.layer import EPSILON

POSITION_STD = 0.02
# of a slice on a CPU: its tensors stay below 32 MB, where malloc hands freed memory out again
SLICE_FLOATS = 2**23
# left, right, top, bottom: pixels of zeros
SHIFTS = ((1, -1, 0, 0), (-1, 1, 0, 0), (0, 0, 1, -1), (0, 0, -1, 1))


class SelfAttentionLayer(AutogradLayer):
    """H units over self-attention on an image's patches; the whole layer learns by one goodness.

    A label encoded in tokens is a learned vector a class: added to every token or to the first
    (upper left patch, where an overlay is), or a token of its own behind the others. Weights are
    initialised as in torch (`Conv2d`/`Linear`, `MultiheadAttention`), label vectors at random with
    a length of about the label's value, which is about a patch's length where pixels are between 0
    and 1. Much longer ones would hide the image.
    """

    filters = "values of a token"

    def __init__(
        self,
        spec: SelfAttention,
        input_shape: tuple[int, ...],
        label: LabelInput,
        dtype: torch.dtype,
        generator: torch.Generator,
    ) -> None:
        # the base normalises the layer's input; `spec.normalisation` is the summary's
        super().__init__(
            input_shape=input_shape,
            shape=(spec.units,),
            normalisation=spec.image_normalisation,
            label=label,
            dtype=dtype,
        )
        channels, height, width = input_shape
        patches = (height // spec.patch) * (width // spec.patch)
        tokens = patches + (label.encoding == "label-token")
        self._embedding = PatchEmbedding(spec, channels, generator)
        self._encoding = label.encoding
        self._labels: nn.Parameter | None = None
        if label.encoding in TOKENS:
            vectors_CW = torch.randn(label.classes, spec.width, generator=generator)
            self._labels = nn.Parameter(vectors_CW * (label.value / math.sqrt(spec.width)))
        self._positions: nn.Parameter | None = None
        if spec.positions:
            self._positions = nn.Parameter(
                torch.randn(tokens, spec.width, generator=generator) * POSITION_STD
            )
        self._attention: nn.Module = Attention(spec.width, spec.heads, generator)
        if spec.residual:
            self._attention = Block(self._attention, spec.width, generator)
        self._tokens, self._width = tokens, spec.width
        self._summary = spec.summary
        self._summary_normalisation = spec.normalisation
        self._units = linear(
            spec.width * (tokens if spec.summary == "flatten" else 1), spec.units, generator
        )
        self._activation = ACTIVATIONS.find(spec.activation)

    @property
    def title(self) -> str:
        """Input shape and units, such as "1×28×28→1000"."""
        return f"{'×'.join(map(str, self.input_shape))}→{self.outputs}"

    @property
    def floats_per_sample(self) -> int:
        """Tokens, their queries, keys and values, and the hidden units of the MLP."""
        return self._tokens * self._width * (3 + 2 * MLP_RATIO) + self.outputs

    def compute_activities(self, x_ND: Tensor, labels_N: Tensor) -> Tensor:
        """z (N, H)."""
        rows = (
            len(x_ND)
            if x_ND.device.type != "cpu"
            else max(1, SLICE_FLOATS // self.floats_per_sample)
        )
        slices = zip(torch.split(x_ND, rows), torch.split(labels_N, rows), strict=True)
        with torch.autocast(x_ND.device.type, torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            return torch.cat(
                [
                    self._activities_of_slice(x_BD, labels_B).to(self.dtype)
                    for x_BD, labels_B in slices
                ]
            )

    def label_beside(self, labels_N: Tensor) -> Tensor | None:
        """The labels' vectors (N, 1, 1, W), which are learned."""
        return None if self._labels is None else with_neutral(self._labels)[labels_N][:, None, None]

    def unit_weights(self) -> tuple[nn.Parameter, int]:
        """Those over the summary (H, S)."""
        weight = self._units.weight
        assert isinstance(weight, nn.Parameter)
        return weight, 0

    def image_weights(self) -> Tensor | None:
        """The weights of each value of a token over the patch that it is of, not shifted."""
        return self._embedding.patch_weights(self.input_shape[0])

    def _activities_of_slice(self, x_BD: Tensor, labels_B: Tensor) -> Tensor:
        """z (B, H) for a slice of the rows."""
        tokens_BTW = self._with_label(self._embedding(x_BD.view(-1, *self.input_shape)), labels_B)
        if self._positions is not None:
            tokens_BTW = tokens_BTW + self._positions
        tokens_BTW = self._attention(tokens_BTW)
        summary_BS = tokens_BTW.flatten(1) if self._summary == "flatten" else tokens_BTW.mean(1)
        return self._activation.apply(self._units(self._summary_normalised(summary_BS)))

    def _with_label(self, tokens_NTW: Tensor, labels_N: Tensor) -> Tensor:
        """Tokens with the label added to them, if this layer's encoding does so."""
        if self._labels is None:
            return tokens_NTW
        # A product with one-hot rows, not an index: its gradient is a product too, and the same
        # every time on a GPU.
        codes = with_neutral(
            torch.eye(self.label.classes, device=labels_N.device, dtype=self._labels.dtype)
        )
        label_N1W = (codes[labels_N] @ self._labels).unsqueeze(1)
        if self._encoding == "every-token":
            return tokens_NTW + label_N1W
        if self._encoding == "first-token":
            return torch.cat((tokens_NTW[:, :1] + label_N1W, tokens_NTW[:, 1:]), dim=1)
        return torch.cat((tokens_NTW, label_N1W.to(tokens_NTW.dtype)), dim=1)

    def _summary_normalised(self, summary_NS: Tensor) -> Tensor:
        if self._summary_normalisation == "none":
            return summary_NS
        wide_NS = summary_NS.to(torch.promote_types(summary_NS.dtype, torch.float32))
        unit_NS: Tensor = wide_NS / (
            torch.linalg.vector_norm(wide_NS, dim=1, keepdim=True) + EPSILON
        )
        return (
            unit_NS
            if self._summary_normalisation == "l2"
            else unit_NS * math.sqrt(unit_NS.shape[1])
        )


class PatchEmbedding(nn.Module):
    """Patches to tokens (N, T, W), row by row from the upper left: one linear map for all patches.

    `frozen` never learns; `shifted` takes the image and four copies of it shifted by one pixel,
    after a layer norm (shifted patch tokenisation, Lee et al. 2021, as the paper's notebooks have
    it).
    """

    def __init__(self, spec: SelfAttention, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        self._patch = spec.patch
        self._shifts = SHIFTS if spec.embedding == "shifted" else ()
        values = channels * (1 + len(self._shifts)) * spec.patch**2
        self._norm = nn.LayerNorm(values) if self._shifts else nn.Identity()
        self._map = linear(values, spec.width, generator)
        if spec.embedding == "frozen":
            freeze(self._map)

    def patch_weights(self, channels: int) -> Tensor:
        """The map's weights over a patch as it stands: (W, channels, height, width)."""
        weights_WP: Tensor = self._map.weight
        return weights_WP[:, : channels * self._patch**2].view(
            -1, channels, self._patch, self._patch
        )

    def forward(self, x_NKHW: Tensor) -> Tensor:
        """(N, T, W)."""
        x_NKHW = torch.cat(
            (x_NKHW, *(functional.pad(x_NKHW, shift) for shift in self._shifts)), dim=1
        )
        count, channels, height, width = x_NKHW.shape
        size = self._patch
        # rows 2, 3; columns 4, 5
        patches = x_NKHW.view(count, channels, height // size, size, width // size, size)
        patches_NTP = patches.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
        tokens_NTW: Tensor = self._map(self._norm(patches_NTP))
        return tokens_NTW


class Attention(nn.Module):
    """Multi-head self-attention (Vaswani et al. 2017), weights initialised as in
    `torch.nn.MultiheadAttention`.
    """

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self._heads = heads
        # Xavier's
        self._into = linear(width, 3 * width, generator, bound=math.sqrt(6 / (width + 3 * width)))
        self._out = linear(width, width, generator)
        with torch.no_grad():
            self._into.bias.zero_()
            self._out.bias.zero_()

    def forward(self, tokens_NTW: Tensor) -> Tensor:
        """(N, T, W)."""
        # 3 x (N, heads, T, width of a head)
        count, tokens, _ = tokens_NTW.shape
        parts = (
            self._into(tokens_NTW).view(count, tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        )
        # where attention in bfloat16 goes backwards six times as slowly
        if parts.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                wide = parts.to(torch.promote_types(parts.dtype, torch.float32))
                attended = functional.scaled_dot_product_attention(*wide.unbind())
        else:
            attended = functional.scaled_dot_product_attention(*parts.unbind())
        mixed_NTW: Tensor = self._out(attended.transpose(1, 2).flatten(2))
        return mixed_NTW


class Block(nn.Module):
    """Attention and a GELU network of `MLP_RATIO` times the width, each behind a layer norm and
    added to its input.
    """

    def __init__(self, attention: nn.Module, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self._attention = nn.Sequential(nn.LayerNorm(width), attention)
        self._network = nn.Sequential(
            nn.LayerNorm(width),
            linear(width, MLP_RATIO * width, generator),
            nn.GELU(),
            linear(MLP_RATIO * width, width, generator),
        )

    def forward(self, tokens_NTW: Tensor) -> Tensor:
        """(N, T, W)."""
        tokens_NTW = tokens_NTW + self._attention(tokens_NTW)
        output_NTW: Tensor = tokens_NTW + self._network(tokens_NTW)
        return output_NTW


def linear(
    inputs: int, outputs: int, generator: torch.Generator, bound: float | None = None
) -> nn.Linear:
    """A linear map with weights and bias uniform within ±`bound`, by default 1/√inputs
    as in torch.
    """
    with torch.random.fork_rng(devices=()):  # what torch draws for it is drawn anew below
        made = nn.Linear(inputs, outputs)
    bound = bound or 1 / math.sqrt(inputs)
    with torch.no_grad():
        made.weight.uniform_(-bound, bound, generator=generator)
        made.bias.uniform_(-bound, bound, generator=generator)
    return made


def freeze(module: nn.Module) -> None:
    """Turn the module's parameters into buffers: saved, never learned."""
    for name, parameter in list(module.named_parameters(recurse=False)):
        delattr(module, name)
        module.register_buffer(name, parameter.detach())
