"""Invented evidence for the rules of the claims: accuracies (in percent), outcomes and set-ups.

The images are in order of difficulty: a network that labels 97 % of them rightly labels the first
97 % rightly. So two set-ups differ by as many images as their accuracies differ, and every seed of
a set-up is right on almost the same images.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fftui.claims import Accuracies, Measures, Outcome, Outcomes, Platform, Setup

TEST_IMAGES, TRAIN_IMAGES = 10_000, 60_000
SPREAD = 0.05  # points that a seed lies above or below the mean

Percent = float | Sequence[float]  # one a seed, or the mean of three seeds that lie `SPREAD` apart
Value = Outcome | Percent | str  # an outcome, its test accuracy, or the reason why there is none


def accuracies(
    percent: Percent, *, images: int = TEST_IMAGES, spread: float = SPREAD
) -> Accuracies:
    """With the images labelled rightly; a `spread` of several points leaves most things open."""
    by_seed = _by_seed(percent, spread)
    order_N = np.arange(images)
    correct_SN = np.stack([order_N < round(each * images) for each in by_seed])
    return Accuracies(by_seed, images, correct_SN)


def unpaired(percent: Percent, *, images: int = TRAIN_IMAGES, spread: float = SPREAD) -> Accuracies:
    """Without them: those of training images, and of runs that did not keep them."""
    return Accuracies(_by_seed(percent, spread), images)


def outcome(
    label: str,
    test: Percent,
    *,
    train: Percent | None = None,
    validation: Percent | None = None,
    depths: Sequence[Percent] = (),
    images: int = TEST_IMAGES,
    spread: float = SPREAD,
    chance: float = 0.1,
    losses: tuple[tuple[float, ...], ...] = (),
    measures: Measures | None = None,
    platform: Platform | None = None,
) -> Outcome:
    """`train` is the test accuracy unless given; no validation images, no depths unless given."""
    return Outcome(
        label,
        accuracies(test, images=images, spread=spread),
        unpaired(test if train is None else train, spread=spread),
        chance,
        TRAIN_IMAGES,
        None if validation is None else accuracies(validation, images=images // 2, spread=spread),
        tuple(accuracies(each, images=images, spread=spread) for each in depths),
        losses,
        measures or Measures(),
        platform,
    )


def outcomes(values: Mapping[Setup, Value]) -> Outcomes:
    """Each set-up with its outcome, labelled with its name and set; text is the reason why there is
    none.
    """
    return Outcomes(
        {
            setup: _outcome(setup, each)
            for setup, each in values.items()
            if not isinstance(each, str)
        },
        {setup: each for setup, each in values.items() if isinstance(each, str)},
    )


def of_setups(
    *names: str, data: str = "mnist", images: int | None = None
) -> Callable[..., Outcomes]:
    """Makes outcomes of the set-ups with these names from a value each:
    `of_setups("ff", "backprop")(98.0, 97.0)`.
    """
    setups = [Setup(name, data, images) for name in names]
    return lambda *values: outcomes(dict(zip(setups, values, strict=True)))


def together(*parts: Outcomes) -> Outcomes:
    """All of several."""
    return Outcomes(
        {setup: each for part in parts for setup, each in part.by_setup.items()},
        {setup: each for part in parts for setup, each in part.absent.items()},
    )


def _outcome(setup: Setup, value: Outcome | Percent) -> Outcome:
    return value if isinstance(value, Outcome) else outcome(setup.text, value)


def _by_seed(percent: Percent, spread: float) -> tuple[float, ...]:
    if isinstance(percent, Sequence):
        return tuple(each / 100 for each in percent)
    return tuple((percent + each) / 100 for each in (-spread, 0.0, spread))
