"""Estimates from few seeds and finitely many images, and what can be told from them.

An accuracy varies with the seed and with the images that it is measured on, and both go into an
interval. Set-ups are measured on the same images, so their difference is taken image by image: what
is difficult for both of them cancels out. Letters in shapes: S seeds, N images.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Answer = Literal["yes", "no", "open", "absent"]

CONFIDENCE = 0.95
MOST_SEEDS = 100  # that are ever suggested
NORMAL_95 = 1.96  # standard errors on each side of a mean that hold 95 % of a normal distribution
# Where no image was labelled differently, up to 3 / N may be with other images (the rule of three).
UNSEEN = 3.0


@dataclass(frozen=True)
class Spread:
    """One source of an estimate's uncertainty: its part of the variance and the degrees of freedom.

    `seeds` is the number of them that it is averaged over; None where the source is not the seeds.
    `freedom` 0 means that the variance is unknown.
    """

    variance: float
    freedom: float
    seeds: int | None = None


@dataclass(frozen=True)
class Estimate:
    """A mean and what makes it uncertain."""

    mean: float
    spreads: tuple[Spread, ...]

    def half(self, confidence: float = CONFIDENCE) -> float:
        """Half the width of the interval: Student's, with the degrees of freedom of Welch and
        Satterthwaite; infinite where a spread is unknown.
        """
        variance = math.fsum(spread.variance for spread in self.spreads)
        if any(not spread.freedom for spread in self.spreads):
            return math.inf
        if not variance:
            return 0.0
        inverse = math.fsum(spread.variance**2 / spread.freedom for spread in self.spreads)
        freedom = variance**2 / inverse if inverse else math.inf
        return _quantile(freedom, confidence) * math.sqrt(variance)

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.mean - self.half()

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.mean + self.half()

    def exceeds(self, bound: float, confidence: float = CONFIDENCE) -> Answer:
        """Whether the true value is greater than `bound`: yes or no where the whole interval is on
        one side of it.
        """
        half = self.half(confidence)
        if self.mean - half > bound:
            return "yes"
        return "no" if self.mean + half < bound else "open"

    def seeds_to_tell(self, bound: float, confidence: float = CONFIDENCE) -> int | None:
        """With how many seeds `exceeds` would be yes or no if the means and spreads stayed; None
        where more seeds alone would not do, or more than `MOST_SEEDS`.
        """
        numbers = range(2, MOST_SEEDS + 1)  # every seed more narrows the interval

        def would_tell(seeds: int) -> bool:
            return self._with_seeds(seeds).half(confidence) < abs(self.mean - bound)

        first = bisect_left(numbers, True, key=would_tell)
        return numbers[first] if first < len(numbers) else None

    def _with_seeds(self, seeds: int) -> "Estimate":
        spreads = (
            spread
            if not spread.seeds
            else Spread(spread.variance * spread.seeds / seeds, seeds - 1, seeds)
            for spread in self.spreads
        )
        return Estimate(self.mean, tuple(spreads))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of independent estimates."""
        return Estimate(self.mean - other.mean, self.spreads + other.spreads)


def mean_of(by_seed: Sequence[float]) -> Estimate:
    """The mean of one value a seed, with the spread of the seeds alone.

    Raises ValueError where there is none.
    """
    if not by_seed:
        msg = "no value to take the mean of"
        raise ValueError(msg)
    return Estimate(math.fsum(by_seed) / len(by_seed), (_of_seeds(by_seed),))


@dataclass(frozen=True)
class Accuracies:
    """Accuracies (fractions, one a seed) of a set-up on one split of `images` images.

    `correct_SN` says for each seed and image whether it was labelled rightly; None: not kept.
    Raises ValueError where there is no accuracy.
    """

    by_seed: tuple[float, ...]
    images: int
    correct_SN: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if not self.by_seed:
            msg = "no accuracy to take the mean of"
            raise ValueError(msg)

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return math.fsum(self.by_seed) / len(self.by_seed)

    @cached_property
    def estimate(self) -> Estimate:
        """The mean, with its uncertainty from seeds and from images."""
        return Estimate(self.mean, (self._of_images(), _of_seeds(self.by_seed)))

    @property
    def half(self) -> float:
        """Half the width of its 95 % interval."""
        return self.estimate.half()

    @property
    def by_images(self) -> Estimate:
        """The mean, with its uncertainty from images alone: all that a single run can say."""
        return Estimate(self.mean, (self._of_images(),))

    def minus_by_images(self, other: "Accuracies") -> Estimate:
        """The difference of the means as `-`, with its uncertainty from images alone."""
        return Estimate(self.mean - other.mean, self._of_images_with(other))

    def __sub__(self, other: "Accuracies") -> Estimate:
        """The difference of the means: image by image where both were measured on the same ones."""
        spreads = map(_of_seeds, (self.by_seed, other.by_seed))
        return Estimate(self.mean - other.mean, (*self._of_images_with(other), *spreads))

    def within_runs(self, other: "Accuracies") -> Estimate:
        """The difference of the means of two accuracies of the same runs: as `-`, but seed by seed.

        Raises ValueError where they are not as many seeds.
        """
        by_seed = [one - another for one, another in zip(self.by_seed, other.by_seed, strict=True)]
        spreads = (*self._of_images_with(other), _of_seeds(by_seed))
        return Estimate(self.mean - other.mean, spreads)

    def _of_images_with(self, other: "Accuracies") -> tuple[Spread, ...]:
        mine, others = self.correct_SN, other.correct_SN
        if mine is None or others is None or mine.shape[1] != others.shape[1]:
            return self._of_images(), other._of_images()
        return (_of_images(mine.mean(axis=0) - others.mean(axis=0)),)

    def _of_images(self) -> Spread:
        """What other images would change; that of a proportion where it is not known which ones
        were right (Agresti and Coull 1998).
        """
        if self.correct_SN is not None:
            return _of_images(self.correct_SN.mean(axis=0))
        trials = self.images + NORMAL_95**2
        adjusted = (self.mean * self.images + NORMAL_95**2 / 2) / trials
        return Spread(adjusted * (1 - adjusted) / trials, math.inf)


@dataclass(frozen=True)
class Gap:
    """Accuracy on training images minus that on test images, of the same runs."""

    train: Accuracies
    test: Accuracies

    @property
    def by_seed(self) -> tuple[float, ...]:
        """The gap of each seed."""
        pairs = zip(self.train.by_seed, self.test.by_seed, strict=True)
        return tuple(train - test for train, test in pairs)

    @property
    def estimate(self) -> Estimate:
        """The mean, with its uncertainty from seeds and from images of both kinds."""
        spreads = (self.train._of_images(), self.test._of_images(), _of_seeds(self.by_seed))
        return Estimate(self.train.mean - self.test.mean, spreads)

    def __sub__(self, other: "Gap") -> Estimate:
        """The difference of the means: image by image where both have the same ones of a kind."""
        spreads = (
            *self.train._of_images_with(other.train),
            *self.test._of_images_with(other.test),
            *map(_of_seeds, (self.by_seed, other.by_seed)),
        )
        return Estimate(self.estimate.mean - other.estimate.mean, spreads)


def _of_seeds(by_seed: Sequence[float]) -> Spread:
    """What another choice of seeds would change of the mean of one value a seed."""
    seeds = len(by_seed)
    if seeds < 2:
        return Spread(0.0, 0, seeds)
    return Spread(float(np.var(by_seed, ddof=1)) / seeds, seeds - 1, seeds)


def _of_images(value_N: NDArray[np.floating]) -> Spread:
    """What other images would change of the mean of `value_N`: at least what N images cannot
    show.
    """
    count = len(value_N)
    variance = float(np.var(value_N, ddof=1)) / count if count > 1 else math.inf
    return Spread(max(variance, (UNSEEN / count / NORMAL_95) ** 2), math.inf)


@dataclass(frozen=True)
class Repeats:
    """Measurements of one quantity, a repeat each: times, memory, power."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return float(np.median(self.values))


REPEATS = 3  # at least: from two, Student's interval is 13 standard errors wide


def is_more_than(factor: float, one: Repeats, other: Repeats) -> Answer:
    """Whether `one` is more than `factor` times `other`: where the whole 95 % interval of their
    difference says so (Welch's); open with fewer than `REPEATS` repeats of either.
    """
    if min(len(one.values), len(other.values)) < REPEATS:
        return "open"
    bound = mean_of([factor * value for value in other.values])
    return (mean_of(one.values) - bound).exceeds(0.0)


def negated(answer: Answer) -> Answer:
    """The answer to the opposite question."""
    return {"yes": "no", "no": "yes"}.get(answer, answer)  # type: ignore[return-value]


def all_yes(*answers: Answer) -> Answer:
    """Yes where all are yes, no where any is no; else open or absent."""
    return _first_of(("no", "open", "absent"), answers) or "yes"


def any_yes(*answers: Answer) -> Answer:
    """Yes where any is yes, no where all are no; else open or absent."""
    return _first_of(("yes", "open", "absent"), answers) or "no"


def confidence_of(comparisons: int) -> float:
    """The confidence of each of several comparisons, so that all of them together have 95 %
    (Bonferroni).
    """
    return 1 - (1 - CONFIDENCE) / max(1, comparisons)


def _first_of(wanted: Sequence[Answer], answers: Sequence[Answer]) -> Answer | None:
    return next((each for each in wanted if each in answers), None)


def _quantile(freedom: float, confidence: float) -> float:
    # a quarter of a second that `fftui --help` need not wait for
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415

    at = 1 - (1 - confidence) / 2
    return float(ndtri(at) if math.isinf(freedom) else stdtrit(freedom, at))
