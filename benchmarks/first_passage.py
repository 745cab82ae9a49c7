"""Seconds of learning until a preset first reaches an accuracy on the test set: the paper's own
97.14 % by default.

    python benchmarks/first_passage.py --preset ff --set phases.0.epochs=1 --seeds 3

The whole test set is evaluated by goodness every few steps; only that time is not counted: the
clock is the run's own `train_s`, which starts before the first image is used.
"""

from typing import Annotated

import typer

from fftui import events as ev
from fftui.data.splits import load_splits
from fftui.experiment import ForwardForward
from fftui.experiment.values import parse_overrides
from fftui.learning.images import Images
from fftui.learning.prediction import score_by_goodness
from fftui.learning.training import train
from fftui.presets import load_preset


def first_passage(
    preset: str, overrides: list[str], seed: int, *, target: float, every: int, split: str
) -> float:
    """Seconds until `target` is reached on `split`; not a number where it never is."""
    experiment = load_preset(
        preset, "mnist", parse_overrides(["evaluation.every=0", *overrides]), seed
    )
    phase = experiment.phases[-1]
    assert isinstance(phase, ForwardForward)
    splits = load_splits("mnist", seed=seed, validation_images=experiment.data.validation_images)
    measured = splits.test if split == "test" else splits.validation
    assert measured is not None
    training, best = train(experiment), 0.0
    images: Images | None = None
    for event in training:
        if not isinstance(event, ev.Stepped) or (event.done % every and event.done != event.total):
            continue
        layers = training.network.layers
        device = next(layers[0].parameters()).device
        images = images or Images.on(device, measured, experiment.data)
        accuracy = score_by_goodness(layers, images, phase.goodness, phase.prediction).accuracy
        best = max(best, accuracy)
        if accuracy >= target:
            print(f"seed {seed}: {accuracy:.2%} after {event.done} steps, {training.train_s:.1f} s")
            return training.train_s
    print(f"seed {seed}: never; best {best:.2%} in {training.train_s:.1f} s")
    return float("nan")


def main(
    preset: str = "ff",
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE")] = None,
    seeds: int = 3,
    target: float = 0.9714,
    every: int = 20,
    split: str = "test",
) -> None:
    """Print the time of first passage for each seed, and the mean."""
    times = [
        first_passage(preset, set_ or [], seed, target=target, every=every, split=split)
        for seed in range(seeds)
    ]
    print(
        f"mean of {seeds}: {sum(times) / len(times):.1f} s until {target:.2%} on the {split} images"
    )


if __name__ == "__main__":
    typer.run(main)
