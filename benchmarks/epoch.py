"""One epoch of one Forward-Forward layer: fftui against the textbook loop, and against the matrix
products alone.

The textbook loop is how the paper trains: for every batch separate positive and negative passes
through autograd, the default Adam, float32. "Products alone" is the time of the products that
fftui's step cannot do without: a limit. The rows of one repeat run one after the other, so that a
machine whose speed drifts still gives honest ratios.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from figure import Figure, say, skip
from torch import Tensor, nn

from fftui.data.catalogue import SETS
from fftui.data.normalisation import overlay_value, scale_of
from fftui.experiment import Data, ForwardForward, FullyConnected, Model
from fftui.learning.device import has_bfloat16
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.rules import rule_for
from fftui.learning.rules.phase_rule import StageTrainer, TrainContext
from fftui.telemetry.clocks import MonotonicClock

BATCH = 512
CPU = torch.device("cpu")


class TextbookLayer(nn.Linear):
    """A layer with its own optimiser, as public Forward-Forward scripts write it."""

    def __init__(self, inputs: int, units: int, threshold: float) -> None:
        super().__init__(inputs, units)
        self.threshold = threshold
        self.adam = torch.optim.Adam(self.parameters(), lr=0.02)

    def forward(self, x: Tensor) -> Tensor:
        direction = x / (x.norm(2, 1, keepdim=True) + 1e-4)
        return torch.relu(direction @ self.weight.T + self.bias)

    def learn(self, positive: Tensor, negative: Tensor) -> None:
        above = self(positive).pow(2).mean(1)
        below = self(negative).pow(2).mean(1)
        loss = torch.log(
            1 + torch.exp(torch.cat([self.threshold - above, below - self.threshold]))
        ).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()


def textbook_epoch(layer: TextbookLayer, positive: Tensor, negative: Tensor) -> None:
    """One pass over data that lie ready in memory, as the paper's lay."""
    for index in torch.randperm(len(positive)).split(BATCH):
        layer.learn(positive[index], negative[index])


def our_epoch(trainer: StageTrainer, images: int, batch: int = BATCH) -> None:
    """One pass of fftui's own trainer."""
    trainer.begin_epoch(1)
    for step, index in enumerate(torch.randperm(images).split(batch)):
        trainer.step(index, step)
    trainer.means()


def products_epoch(inputs: int, units: int, images: int, dtype: torch.dtype) -> None:
    """Forward and gradient product of every batch; the first layer needs each once for
    both labels.
    """
    rows = BATCH if inputs == SETS["mnist"].inputs else 2 * BATCH
    x, delta = torch.rand(rows, inputs).to(dtype), torch.rand(rows, units).to(dtype)
    weight = torch.rand(inputs, units).to(dtype)
    activities, gradient = torch.empty_like(delta), torch.empty_like(weight)
    transposed = x.t().contiguous()
    for _ in range(-(-images // BATCH)):
        torch.mm(x, weight, out=activities)
        torch.mm(transposed, delta, out=gradient)


def make_trainer(
    model: Model, phase: ForwardForward, stage: int, images: int, dtype: torch.dtype
) -> StageTrainer:
    """fftui's trainer of layer number `stage` (from 0) on random images like MNIST's."""
    info = SETS["mnist"]
    generator = torch.Generator().manual_seed(0)
    train = Images(
        torch.randint(0, 256, (images, *info.shape), dtype=torch.uint8, generator=generator),
        torch.randint(0, info.classes, (images,), generator=generator),
        scale_of(SETS["mnist"], "paper"),
        info,
        overlay_value(SETS["mnist"], "paper"),
    )
    network = Network(model, info, train.overlay_value, dtype, seed=0)
    context = TrainContext(
        network,
        train,
        CPU,
        dtype,
        seed=0,
        cache_bytes=4_000_000_000,
        data=Data(),
        data_clock=MonotonicClock(),
    )
    return rule_for(phase, 1, context).trainer(stage, 10_000, [])


def timed(epoch: Callable[[], None]) -> float:
    """Seconds of one epoch."""
    started = time.perf_counter()
    epoch()
    return time.perf_counter() - started


def compare(stage: int, units: int, images: int, repeats: int) -> list[tuple[str, list[float]]]:
    """Seconds of every repeat, by row."""
    inputs = SETS["mnist"].inputs if stage == 0 else units
    textbook = TextbookLayer(inputs, units, 15.0)
    positive, negative = torch.rand(images, inputs), torch.rand(images, inputs)
    model = Model(layers=(FullyConnected(units=units), FullyConnected(units=units)))
    phase = ForwardForward(batch_size=BATCH, learning_rate=0.02, threshold=15.0, negatives="fixed")
    rows: list[tuple[str, Callable[[], None]]] = [
        ("textbook loop, float32", lambda: textbook_epoch(textbook, positive, negative))
    ]
    for dtype in (torch.float32, torch.bfloat16)[: 1 + has_bfloat16(CPU)]:
        name = str(dtype).removeprefix("torch.")
        trainer = make_trainer(model, phase, stage, images, dtype)
        rows.append((f"fftui, {name}", lambda trainer=trainer: our_epoch(trainer, images)))
        rows.append(
            (
                f"products alone, {name}",
                lambda dtype=dtype: products_epoch(inputs, units, images, dtype),
            )
        )
    seconds: list[tuple[str, list[float]]] = [(name, []) for name, _ in rows]
    for _ in range(repeats):
        for (_, epoch), (_, times) in zip(rows, seconds, strict=True):
            times.append(timed(epoch))
    return seconds


def report(title: str, seconds: Sequence[tuple[str, list[float]]]) -> None:
    """A Markdown table of medians, and of the median ratio to the textbook loop, repeat
    by repeat.
    """
    baseline = seconds[0][1]
    print(f"\n| {title} | s | times as fast as the textbook loop |\n|---|---|---|")
    for name, times in seconds:
        ratio = statistics.median(b / t for b, t in zip(baseline, times, strict=True))
        print(f"| {name} | {statistics.median(times):.2f} | {ratio:.2f} |")
    print()
    base = statistics.median(baseline)
    for name, times in seconds[1:]:
        ratio = statistics.median(t / b for b, t in zip(baseline, times, strict=True))
        what, taken = f"an epoch of {title}, {name}", statistics.median(times)
        say(Figure(what, taken, "s", "textbook loop, float32", base, ratio))


def main() -> None:
    """Both layer shapes, one table each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads,"
        f" {torch.backends.cpu.get_cpu_capability()}"
    )
    if not has_bfloat16(CPU):
        skip("bfloat16", "this processor has no instructions for it")
    units = arguments.units
    for stage, title in ((0, f"784→{units}"), (1, f"{units}→{units}")):
        report(title, compare(stage, units, arguments.images, arguments.repeats))


if __name__ == "__main__":
    main()
