"""The paper's backprop behind either loader: what an epoch takes, and the input pipeline's share.

    python benchmarks/loader.py --data mnist --epochs 2

Runs `paper/backprop` on tensors and `paper/backprop-per-image` in turn, with the same seed, and
prints medians. The share is data_s / e2e_s of whole runs, reading the files included, evaluation
during learning left out. The weights after learning are compared: the loader may only cost time.
"""

import statistics
import sys
from dataclasses import dataclass

import torch
import typer
from figure import Figure, say

from fftui import events as ev
from fftui.experiment.values import parse_overrides
from fftui.learning.training import train
from fftui.presets import load_preset

PRESETS = {"tensor": "paper/backprop", "per-image": "paper/backprop-per-image"}


@dataclass(frozen=True)
class Timed:
    """One run: medians over its epochs in seconds, the pipeline's share of the whole, weights."""

    epoch_s: float
    data_s: float
    compute_s: float
    share: float
    weights: dict[str, torch.Tensor]


def run(loader: str, data: str, overrides: list[str]) -> Timed:
    """One run with `loader`."""
    experiment = load_preset(PRESETS[loader], "mnist", parse_overrides(overrides)).changed(
        {"data.name": data, "evaluation.every": 0}
    )
    training = train(experiment)
    events = list(training)
    epochs = [event for event in events if isinstance(event, ev.EpochFinished)]
    ended = events[-1]
    assert isinstance(ended, ev.RunFinished)
    return Timed(
        statistics.median(epoch.epoch_s for epoch in epochs),
        statistics.median(epoch.data_s for epoch in epochs),
        statistics.median(epoch.compute_s for epoch in epochs),
        ended.data_s / ended.e2e_s,
        training.network.state_dict(),
    )


def main(data: str = "mnist", epochs: int = 2, repeats: int = 3, images: int | None = None) -> None:
    """Print a Markdown table; exit code 1 where the weights differ."""
    overrides = [f"phases.0.epochs={epochs}"]
    if images is not None:
        overrides.append(f"data.train_images={images}")
    timed: dict[str, list[Timed]] = {loader: [] for loader in PRESETS}
    for _ in range(repeats):
        for loader, runs in timed.items():
            runs.append(run(loader, data, overrides))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {data}")
    print("\n| loader | s an epoch | data_s | compute_s | data_s / e2e_s |\n|---|---|---|---|---|")
    for loader, runs in timed.items():
        figures = [
            statistics.median(values)
            for values in zip(
                *((each.epoch_s, each.data_s, each.compute_s, each.share) for each in runs),
                strict=True,
            )
        ]
        *seconds, share = figures
        print(f"| {loader} | {' | '.join(f'{each:.2f}' for each in seconds)} | {share:.1%} |")
    slower = [
        each.epoch_s / quick.epoch_s
        for each, quick in zip(timed["per-image"], timed["tensor"], strict=True)
    ]
    print(f"\nan epoch takes {statistics.median(slower):.1f} times as long image by image")
    medians = [statistics.median(each.epoch_s for each in runs) for runs in timed.values()]
    ratio = 1 / statistics.median(slower)
    say(Figure(f"an epoch of {data}, tensor", medians[0], "s", "per-image", medians[1], ratio))
    differ = different(timed["tensor"][0].weights, timed["per-image"][0].weights)
    print("the weights are the same bits" if not differ else f"weights differ: {', '.join(differ)}")
    sys.exit(1 if differ else 0)


def different(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> list[str]:
    """Names of the weights that are not the same bits."""
    return [name for name, tensor in some.items() if not torch.equal(tensor, others[name])]


if __name__ == "__main__":
    typer.run(main)
