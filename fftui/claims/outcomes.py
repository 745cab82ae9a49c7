"""Outcomes of runs, as claims compare them: small frozen values. Nothing here learns, reads or
writes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

NORMAL_95 = 1.96  # standard errors on each side of a mean that hold 95 % of a normal distribution
SEEDS_FOR_T = 3  # from two seeds Student's interval is 13 standard errors wide


@dataclass(frozen=True)
class Setup:
    """A set-up that a claim compares: a named method on a data set, learned from `images` of it
    (None: all).

    At the quick scale a smaller run stands for it: mnist-mini for MNIST, fewer units or epochs.
    """

    name: str
    data: str = "mnist"
    images: int | None = None

    @property
    def text(self) -> str:
        """The set-up in a few words."""
        return f"{self.name} on {self.data}" + (f", {self.images:,} images" if self.images else "")


@dataclass(frozen=True)
class Estimate:
    """A mean, and the half width of its 95 % interval."""

    mean: float
    half: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.mean - other.mean, math.hypot(self.half, other.half))


def of_accuracies(accuracies: Sequence[float], images: int) -> Estimate:
    """The mean of accuracies (fractions, one a seed), each measured on `images` images.

    From three seeds on the interval is Student's over seeds: what learning again on the same images
    would give. From fewer it is that of a proportion (Agresti and Coull 1998, which is not zero
    where all images are right): what other test images would give. Raises ValueError where there is
    no accuracy.
    """
    if not accuracies:
        msg = "no accuracy to take the mean of"
        raise ValueError(msg)
    mean = math.fsum(accuracies) / len(accuracies)
    if len(accuracies) >= SEEDS_FOR_T:
        from fftui.studies.results import interval  # noqa: PLC0415 - Polars loads with it

        low, high = interval(accuracies)
        assert low is not None
        assert high is not None
        return Estimate(mean, (high - low) / 2)
    trials = images + NORMAL_95**2
    adjusted = (mean * images + NORMAL_95**2 / 2) / trials
    return Estimate(mean, NORMAL_95 * math.sqrt(adjusted * (1 - adjusted) / trials))


@dataclass(frozen=True)
class Outcome:
    """Results of the runs of one set-up over their seeds. Accuracies are fractions, times seconds;
    None: unknown.

    `label` names what was run. `train_s` is the learning time of the whole set-up: where only some
    of its epochs were run for it, they are scaled up. `layers` is the accuracy of each layer's
    goodness alone, `layer_s` the time on the device of one epoch of each layer. `runs` are the ids
    of the runs.
    """

    label: str
    test: Estimate
    train: Estimate
    chance: float
    train_s: float
    layers: tuple[float, ...] = ()
    layer_s: tuple[float, ...] = ()
    memory_bytes: float | None = None
    power_w: float | None = None
    runs: tuple[str, ...] = ()

    @property
    def gap(self) -> Estimate:
        """Training accuracy minus test accuracy."""
        return self.train - self.test


class AbsentError(LookupError):
    """A set-up that a claim needs has no outcome; `str` says why."""


@dataclass(frozen=True)
class Outcomes:
    """Outcomes by set-up, and for set-ups without one the reason."""

    by_setup: Mapping[Setup, Outcome]
    absent: Mapping[Setup, str]

    def __getitem__(self, setup: Setup) -> Outcome:
        """The outcome of `setup`. Raises AbsentError with the reason where there is none."""
        outcome = self.by_setup.get(setup)
        if outcome is None:
            msg = f"{setup.text}: {self.absent.get(setup, 'not run')}"
            raise AbsentError(msg)
        return outcome

    def __contains__(self, setup: Setup) -> bool:
        return setup in self.by_setup

    def only(self, setups: Sequence[Setup]) -> "Outcomes":
        """The outcomes, and reasons, of `setups` only."""
        return replace(
            self,
            by_setup={setup: self.by_setup[setup] for setup in setups if setup in self.by_setup},
            absent={setup: self.absent[setup] for setup in setups if setup in self.absent},
        )
