"""The paper's networks in plain torch, from what its authors ran and nothing of fftui.

Images are uint8 (N, channels, height, width). Whatever goes into a layer is divided by its length.
"""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

# means and standard deviations of the channels; CIFAR10's are the same numbers, a slip
PIXELS = {
    "mnist-mini": ((0.1307,), (0.3081,)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.4914, 0.4822, 0.4465)),
}
CLASSES = 10
Weights = Mapping[str, Tensor]


def labelled(images: Tensor, labels_N: Tensor, data: str) -> Tensor:
    """Scaled images whose first ten pixels are 0, but for the label's: the brightest there is."""
    mean, std = (torch.tensor(values)[:, None, None] for values in PIXELS[data])
    scaled = (images / 255 - mean) / std
    brightest = scaled.max()
    flat_ND = scaled.flatten(1)
    flat_ND[:, :CLASSES] = 0
    flat_ND[torch.arange(len(flat_ND)), labels_N] = brightest
    return flat_ND.view_as(scaled)


def unit(x: Tensor) -> Tensor:
    """Each row divided by its Euclidean length over everything in it."""
    length_N: Tensor = x.flatten(1).pow(2).sum(1).sqrt() + 1e-4
    return x / length_N.view(-1, *(1,) * (x.ndim - 1))


class FrozenPatches(nn.Module):
    """A random convolution of 4x4 patches, 8 heads, the mean over the tokens, units."""

    def __init__(self, channels: int, weights: Weights) -> None:
        super().__init__()
        self.patches = nn.Conv2d(channels, 64, kernel_size=4, stride=4).requires_grad_(False)
        self.attention = nn.MultiheadAttention(64, 8, batch_first=True)
        self.units = nn.Linear(64, len(weights["_units.bias"]))
        _copy(self.patches, weights, "_embedding._map")
        _copy_attention(self.attention, weights)
        _copy(self.units, weights, "_units")

    def forward(self, images: Tensor) -> Tensor:
        """Activities (N, units)."""
        tokens = self.patches(unit(images)).flatten(2).transpose(1, 2)
        attended, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        return torch.relu(self.units(unit(attended.mean(1))))


class ShiftedPatches(nn.Module):
    """4x4 patches of the image and of four copies shifted by a pixel, 2 heads, the mean, units."""

    def __init__(self, channels: int, weights: Weights) -> None:
        super().__init__()
        values = 5 * channels * 4 * 4
        self.norm = nn.LayerNorm(values)
        self.tokens = nn.Linear(values, 256)
        self.attention = nn.MultiheadAttention(256, 2, batch_first=True)
        self.units = nn.Linear(256, len(weights["_units.bias"]))
        _copy(self.norm, weights, "_embedding._norm")
        _copy(self.tokens, weights, "_embedding._map")
        _copy_attention(self.attention, weights)
        _copy(self.units, weights, "_units")

    def forward(self, images: Tensor) -> Tensor:
        """Activities (N, units)."""
        x = unit(images)
        right, left, down, up = (torch.zeros_like(x) for _ in range(4))
        right[..., 1:], left[..., :-1] = x[..., :-1], x[..., 1:]
        down[..., 1:, :], up[..., :-1, :] = x[..., :-1, :], x[..., 1:, :]
        together = torch.cat((x, right, left, down, up), dim=1)
        patches = functional.unfold(together, kernel_size=4, stride=4).transpose(1, 2)
        tokens = self.tokens(self.norm(patches))
        attended, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        return torch.relu(self.units(unit(attended.mean(1))))


class Units(nn.Module):
    """A fully connected layer of ReLUs behind the division by the length."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.linear = nn.Linear(*weights["weight"].shape)
        with torch.no_grad():
            self.linear.weight.copy_(weights["weight"].t())
            self.linear.bias.copy_(weights["bias"])

    def forward(self, x: Tensor) -> Tensor:
        """Activities (N, units)."""
        return torch.relu(self.linear(unit(x).flatten(1)))


class PooledConvolution(nn.Module):
    """A 5x5 convolution of ReLUs over images divided by their length, then maxima of 2x2."""

    def __init__(self, padding: int, weights: Weights) -> None:
        super().__init__()
        out, into = weights["weight"].shape[:2]
        self.convolution = nn.Conv2d(into, out, kernel_size=5, padding=padding)
        self.pool = nn.MaxPool2d(2)
        _copy(self.convolution, weights, "")

    def forward(self, images: Tensor) -> Tensor:
        """Pooled activities (N, channels, height, width)."""
        pooled: Tensor = self.pool(torch.relu(self.convolution(unit(images))))
        return pooled


def attention_network(first: Callable[..., nn.Module], layers: list[Weights]) -> list[nn.Module]:
    """The attention layer, `FrozenPatches` or `ShiftedPatches`, and the units behind it."""
    values = layers[0]["_embedding._map.weight"].shape[1]
    channels = values // (4 * 4) // (5 if first is ShiftedPatches else 1)
    return [first(channels, layers[0]), *(Units(weights) for weights in layers[1:])]


def convolutional_network(layers: list[Weights]) -> list[nn.Module]:
    """Two convolutions and two layers of units."""
    return [
        PooledConvolution(2, layers[0]),
        PooledConvolution(0, layers[1]),
        Units(layers[2]),
        Units(layers[3]),
    ]


@torch.no_grad()
def outputs(layers: list[nn.Module], x: Tensor) -> Iterator[Tensor]:
    """The outputs of each layer, first to last."""
    for layer in layers:
        x = layer(x)
        yield x


def goodness_of_labels(layers: list[nn.Module], images: Tensor, data: str) -> Tensor:
    """The mean of the squares of each layer's outputs with each label: (layers, N, 10)."""
    columns = []
    for label in range(CLASSES):
        x = labelled(images, torch.full((len(images),), label), data)
        columns.append(torch.stack([z.flatten(1).pow(2).mean(1) for z in outputs(layers, x)]))
    return torch.stack(columns, dim=2)


def learn(
    layer: nn.Module,
    sides: tuple[Tensor, Tensor],
    batches: list[list[Tensor]],
    *,
    rate: float,
    threshold: float,
) -> list[float]:
    """Forward-Forward by autograd and the default Adam; the mean losses of the epochs.

    `sides` are positive and negative inputs, `batches` the indices of each batch of each epoch.
    """
    adam = torch.optim.Adam([p for p in layer.parameters() if p.requires_grad], lr=rate)
    means = []
    for epoch in batches:
        total = 0.0
        for index in epoch:
            above, below = (layer(x[index]).pow(2).mean(1) for x in sides)
            exponents = torch.cat((threshold - above, below - threshold))
            loss = torch.log(1 + torch.exp(exponents)).mean()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(loss.detach()) * len(index)
        means.append(total / sum(map(len, epoch)))
    return means


def _copy(module: nn.Module, weights: Weights, prefix: str) -> None:
    with torch.no_grad():
        for name, own in module.named_parameters():
            own.copy_(weights[f"{prefix}.{name}".removeprefix(".")].reshape(own.shape))


def _copy_attention(attention: nn.MultiheadAttention, weights: Weights) -> None:
    attention.load_state_dict(
        {
            "in_proj_weight": weights["_attention._into.weight"],
            "in_proj_bias": weights["_attention._into.bias"],
            "out_proj.weight": weights["_attention._out.weight"],
            "out_proj.bias": weights["_attention._out.bias"],
        }
    )
