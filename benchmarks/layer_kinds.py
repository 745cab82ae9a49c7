"""Images a second of one convolution and one self-attention layer that learn by Forward-Forward:
fftui, the same layer written plainly, and its matrix products alone.

Written plainly is how public scripts train: torch's own modules, for every batch separate positive
and negative passes through autograd, the default Adam, float32, data that lie ready in memory.
"Products alone" is the time of the products and convolutions that fftui's step cannot do without.
The rows of one repeat run one after the other, so that a machine whose speed drifts still gives
honest ratios.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from epoch import CPU, make_trainer, our_epoch, timed
from figure import Figure, say, skip
from torch import Tensor, nn
from torch.nn import functional

from fftui.data.catalogue import SETS
from fftui.experiment import Convolution, ForwardForward, Label, LayerConfig, Model, SelfAttention
from fftui.learning.device import has_bfloat16

BATCH = 128
SHAPE, CLASSES = SETS["mnist"].shape, SETS["mnist"].classes
PHASE = ForwardForward(
    batch_size=BATCH, learning_rate=0.003, loss="swish", sharpness=6.0, negatives="fixed"
)

Product = Callable[[], object]


class PlainConvolution(nn.Module):
    """Batch norm, a convolution that sees a plane of the label, ReLU, pooling; their goodness."""

    def __init__(self, spec: Convolution, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        self.norm = nn.BatchNorm2d(shape[0], affine=False)
        self.convolution = nn.Conv2d(shape[0] + 1, spec.channels, spec.kernel, padding=spec.padding)
        self.register_buffer("planes", torch.randn(CLASSES, 1, *shape[1:]))

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        seen = torch.cat((self.norm(x.view(-1, *self.shape)), self.planes[labels]), 1)
        z = functional.max_pool2d(torch.relu(self.convolution(seen)), 2)
        return z.flatten(1).pow(2).mean(1)


class PlainAttention(nn.Module):
    """Patches and a token of the label, a transformer's encoder layer, units; their goodness."""

    def __init__(self, spec: SelfAttention) -> None:
        super().__init__()
        self.patch, width = spec.patch, spec.width
        tokens = (SHAPE[1] // spec.patch) ** 2 + 1
        self.embedding = nn.Linear(spec.patch**2, width)
        self.labels = nn.Embedding(CLASSES, width)
        self.positions = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.encoder = nn.TransformerEncoderLayer(
            width, spec.heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.units = nn.Linear(tokens * width, spec.units)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        patches = functional.unfold(x.view(-1, *SHAPE), self.patch, stride=self.patch)
        tokens = self.embedding(patches.transpose(1, 2))
        tokens = torch.cat((tokens, self.labels(labels)[:, None]), 1) + self.positions
        flat = self.encoder(tokens).flatten(1)
        flat = flat / (flat.pow(2).mean(1, keepdim=True).sqrt() + 1e-4)
        return torch.relu(self.units(flat)).pow(2).mean(1)


def plain_epoch(layer: nn.Module, adam: torch.optim.Adam, x: Tensor, labels: Tensor) -> None:
    """One pass; a wrong label is the next one."""
    for index in torch.randperm(len(x)).split(BATCH):
        positive = layer(x[index], labels[index])
        negative = layer(x[index], (labels[index] + 1) % CLASSES)
        loss = functional.silu(-6.0 * (positive - negative)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()


def convolution_products(
    spec: Convolution, shape: tuple[int, ...], rows: int, dtype: torch.dtype
) -> Iterator[Product]:
    """The convolution and the gradient of its weights, for `rows` images of a batch."""
    channels, height, width = shape
    last = torch.channels_last
    x = torch.rand(rows, channels, height, width).to(dtype, memory_format=last)
    weight = torch.rand(spec.channels, channels, spec.kernel, spec.kernel).to(
        dtype, memory_format=last
    )
    over = torch.rand(rows, spec.channels, height, width).to(dtype, memory_format=last)
    pad, ones = [spec.padding] * 2, [1, 1]
    yield lambda: functional.conv2d(x, weight, padding=spec.padding)
    yield lambda: torch.ops.aten.convolution_backward(
        over, x, weight, None, ones, pad, ones, False, [0, 0], 1, [False, True, False]
    )


def attention_products(spec: SelfAttention, rows: int, dtype: torch.dtype) -> Iterator[Product]:
    """Those of every linear map, of queries with keys and of weights with values, and of their
    gradients; images need none.
    """
    patches, width, heads = (SHAPE[1] // spec.patch) ** 2, spec.width, spec.heads
    tokens = patches + 1
    yield from linear_products(rows * patches, spec.patch**2, width, dtype, inputs_learn=False)
    for inputs, outputs in ((width, 3 * width), (width, width), (width, 4 * width)):
        yield from linear_products(rows * tokens, inputs, outputs, dtype)
    yield from linear_products(rows * tokens, 4 * width, width, dtype)
    yield from linear_products(rows, tokens * width, spec.units, dtype)
    part = torch.rand(rows * heads, tokens, width // heads).to(dtype)
    likeness = torch.rand(rows * heads, tokens, tokens).to(dtype)
    for one, other in ((part, part.transpose(1, 2)), (likeness, part)) * 3:
        yield lambda one=one, other=other: torch.bmm(one, other)


def linear_products(
    rows: int, inputs: int, outputs: int, dtype: torch.dtype, *, inputs_learn: bool = True
) -> Iterator[Product]:
    """A linear map of `rows` rows, and the gradients of its weights and inputs."""
    x, over = torch.rand(rows, inputs).to(dtype), torch.rand(rows, outputs).to(dtype)
    weight = torch.rand(inputs, outputs).to(dtype)
    yield lambda: x @ weight
    yield lambda: x.t() @ over
    if inputs_learn:
        yield lambda: over @ weight.t()


@dataclass(frozen=True)
class Case:
    """A layer, number `stage` (from 0) of `layers`: written plainly over inputs of `shape`, and
    its products in a batch.
    """

    title: str
    layers: tuple[LayerConfig, ...]
    label: Label
    stage: int
    shape: tuple[int, ...]
    plain: Callable[[], nn.Module]
    products: Callable[[torch.dtype], Iterator[Product]]


def cases() -> list[Case]:
    """The layers of presets `cnn` (the first two) and `attention` (the first)."""
    first, second = Convolution(channels=32), Convolution(channels=64)
    attention = SelfAttention()
    deeper = first.output_shape(SHAPE)
    plane, token = Label(encoding="random-plane"), Label(encoding="label-token")
    return [
        Case(
            "convolution 1→32 of 28x28",
            (first,),
            plane,
            0,
            SHAPE,
            lambda: PlainConvolution(first, SHAPE),
            lambda dtype: convolution_products(first, SHAPE, BATCH, dtype),
        ),
        Case(
            "convolution 32→64 of 14x14",
            (first, second),
            plane,
            1,
            deeper,
            lambda: PlainConvolution(second, deeper),
            lambda dtype: convolution_products(second, deeper, 2 * BATCH, dtype),
        ),
        Case(
            "self-attention, 17 tokens of 64",
            (attention,),
            token,
            0,
            SHAPE,
            lambda: PlainAttention(attention),
            lambda dtype: attention_products(attention, 2 * BATCH, dtype),
        ),
    ]


def products_epoch(products: Sequence[Product], images: int) -> None:
    """All products of every batch."""
    for _ in range(-(-images // BATCH)):
        for product in products:
            product()


def compare(case: Case, images: int, repeats: int) -> dict[str, list[float]]:
    """Images a second of every repeat, by row; the plain layer first."""
    layer = case.plain()
    adam = torch.optim.Adam(layer.parameters(), lr=0.003)
    x, labels = torch.rand(images, *case.shape).flatten(1), torch.randint(0, CLASSES, (images,))
    rows: dict[str, Callable[[], None]] = {
        "written plainly, float32": lambda: plain_epoch(layer, adam, x, labels)
    }
    model = Model(layers=case.layers, label=case.label)
    for dtype in (torch.float32, torch.bfloat16)[: 1 + has_bfloat16(CPU)]:
        name = str(dtype).removeprefix("torch.")
        trainer = make_trainer(model, PHASE, case.stage, images, dtype)
        rows[f"fftui, {name}"] = lambda trainer=trainer: our_epoch(trainer, images, BATCH)
        products = [*case.products(dtype)]
        rows[f"products alone, {name}"] = lambda products=products: products_epoch(products, images)
    speeds: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(repeats):
        for name, epoch in rows.items():
            speeds[name].append(images / timed(epoch))
    return speeds


def report(title: str, speeds: dict[str, list[float]]) -> None:
    """A Markdown table of medians, and fftui's figures."""
    plain, *others = speeds
    print(f"\n| {title} | images/s | times as fast as written plainly |\n|---|---|---|")
    for name, found in speeds.items():
        ratio = median_ratio(found, speeds[plain])
        print(f"| {name} | {statistics.median(found):.0f} | {ratio:.2f} |")
    print()
    for name in others:
        if not name.startswith("fftui"):
            continue
        for base in (plain, name.replace("fftui", "products alone")):
            mine, its = statistics.median(speeds[name]), statistics.median(speeds[base])
            ratio = median_ratio(speeds[name], speeds[base])
            say(Figure(f"{title}, {name}", mine, "images/s", base, its, ratio))


def median_ratio(some: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios, repeat by repeat."""
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


def main() -> None:
    """A table a layer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="layers whose title has it")
    arguments = parser.parse_args()
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads,"
        f" {torch.backends.cpu.get_cpu_capability()}"
    )
    if not has_bfloat16(CPU):
        skip("bfloat16", "this processor has no instructions for it")
    for case in cases():
        if arguments.only in case.title:
            report(case.title, compare(case, arguments.images, arguments.repeats))


if __name__ == "__main__":
    main()
