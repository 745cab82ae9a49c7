"""Outcomes of runs, as claims compare them: small frozen values. Nothing here learns, reads or
writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fftui.claims.estimates import Accuracies, Gap, Repeats


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
class Platform:
    """What a run ran on; only runs of one platform are compared."""

    host: str | None
    device: str | None
    precision: str | None

    @property
    def text(self) -> str:
        """Host, device and precision in a few words."""
        return ", ".join(each for each in (self.device, self.precision, self.host) if each)


@dataclass(frozen=True)
class LayerMeasures:
    """What one layer took while it learned, a repeat a run. None: not measured.

    `epoch_s` is the time on the device of one epoch; percentages and watts are means while it
    learned, `power_w` from the table `energy`.
    """

    title: str
    epoch_s: Repeats | None = None
    power_w: Repeats | None = None
    utilization_percent: Repeats | None = None
    memory_utilization_percent: Repeats | None = None
    peak_memory_bytes: Repeats | None = None


@dataclass(frozen=True)
class Curve:
    """How one run's validation accuracy rose: after so many seconds, of which `data_s` were spent
    on the images of batches.
    """

    accuracy: tuple[float, ...]
    train_s: tuple[float, ...]
    data_s: tuple[float, ...]


@dataclass(frozen=True)
class Measures:
    """What the runs of a set-up asked of the machine, a repeat a run. None: not measured.

    `e2e_s` is the whole run, `train_s` learning alone, `data_s` of it the images of batches;
    `memory_bytes` what the process (or the board) held at most above what it held before the run;
    watts and percentages are of learning alone. `disturbed` says what else ran beside them, empty
    where the machine was quiet; `shares` what of the machine they might use, each once.
    """

    e2e_s: Repeats | None = None
    train_s: Repeats | None = None
    data_s: Repeats | None = None
    memory_bytes: Repeats | None = None
    power_w: Repeats | None = None
    power_spread_w: Repeats | None = None
    layers: tuple[LayerMeasures, ...] = ()
    curves: tuple[Curve, ...] = ()
    disturbed: str = ""
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """Results of the runs of one set-up over their seeds.

    `label` names what was run, `train_images` how many images it learned from. `depths` are the
    accuracies on the test images of the first 1, 2, … layers together. `validation` is on images
    that are neither learned from nor reported on, for choices; None: none were kept apart.
    `losses` are the last training losses of each phase, a tuple a seed. `runs` are the runs' ids.
    """

    label: str
    test: Accuracies
    train: Accuracies
    chance: float
    train_images: int = 0
    validation: Accuracies | None = None
    depths: tuple[Accuracies, ...] = ()
    losses: tuple[tuple[float, ...], ...] = ()
    measures: Measures = Measures()
    platform: Platform | None = None
    runs: tuple[str, ...] = ()

    @property
    def seeds(self) -> int:
        """Number of its runs."""
        return len(self.test.by_seed)

    @property
    def gap(self) -> Gap:
        """Training accuracy minus test accuracy."""
        return Gap(self.train, self.test)


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
            msg = f"{setup.text}: {self.why_absent(setup)}"
            raise AbsentError(msg)
        return outcome

    def why_absent(self, setup: Setup) -> str:
        """Why a set-up has no outcome."""
        return self.absent.get(setup, "not run")

    def __contains__(self, setup: Setup) -> bool:
        return setup in self.by_setup

    def only(self, setups: Sequence[Setup]) -> "Outcomes":
        """The outcomes, and reasons, of `setups` only."""
        return replace(
            self,
            by_setup={setup: self.by_setup[setup] for setup in setups if setup in self.by_setup},
            absent={setup: self.absent[setup] for setup in setups if setup in self.absent},
        )
