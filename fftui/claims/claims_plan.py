"""The runs that give the claims' set-ups their outcomes: trials of the studies, and a few of their
own.

At the quick scale they learn from the digits that ship with fftui, in networks made small; other
sets take part with a few thousand images if they are here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from fftui.claims import CLAIMS, Setup
from fftui.claims.accuracy_claims import ALL_SETS, CORRECTED, FAITHFUL
from fftui.claims.architecture_claims import CNN_FACTORS
from fftui.claims.hybrid_claims import HYBRID_FACTORS
from fftui.claims.sample_claims import SIZES
from fftui.claims.settings_claims import activation_setup, threshold_setup
from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.experiment import Backprop, Experiment, PhaseConfig, per_layer_text
from fftui.experiment.field_errors import validated
from fftui.studies.small_scale import small_scale_changes
from fftui.studies.study import Condition, Scale, Study, Trial, experiment_of
from fftui.studies.study_catalogue import STUDIES
from fftui.studies.sweeps import ACTIVATIONS, PAPER_THRESHOLDS, THRESHOLDS

# images of the sets that do not ship with fftui, at the quick scale
QUICK_TRAIN, QUICK_TEST = 5_000, 2_000
AS_IT_IS = "as it is"
QUICK_EPOCHS_TIMED = 1  # of the paper's networks in full size: their times are scaled up
QUICK_EPOCHS_PLAIN = 3
QUICK_MEASURED = 500  # training images on which these networks are measured
# The paper's FF with as many updates as 20,000 images give it, for which the paper reports 90.68 %
# on MNIST.
QUICK_FAITHFUL: Mapping[str, Any] = {
    "model.layers.*.units": 300,
    "phases.0.epochs": 240,
    "evaluation.every": 60,
    "evaluation.images": 200,
    "evaluation.final_train_images": 1_000,
}
QUICK_FROZEN = 2_000  # images for the paper's frozen attention, of which only the power is wanted

# values of a condition; a callable accepts those for which it returns True
Wanted = Mapping[str, object]


@dataclass(frozen=True)
class PlannedRuns:
    """The runs of one set-up, one a seed; `scale_s` scales their learning time up to that of the
    whole set-up.
    """

    setup: Setup
    experiments: tuple[Experiment, ...]
    scale_s: float = 1.0

    @property
    def condition(self) -> Condition:
        """The row of a study's table that they fill."""
        return Condition((("setup", self.setup.text),))


@dataclass(frozen=True)
class ClaimsPlan:
    """Runs of every set-up, and the reason where a set-up has none."""

    scale: Scale
    seeds: int
    planned: tuple[PlannedRuns, ...]
    absent: Mapping[Setup, str]

    def study(self) -> Study:
        """The runs as a study: cheap and light ones first, so that those that follow find little
        memory taken.
        """
        trials = tuple(
            Trial(runs.condition, each) for runs in self.planned for each in runs.experiments
        )
        return Study("claims", "The paper's claims", "Which of the paper's claims hold?", trials)


def plan(scale: Scale, present: Collection[DataName], seeds: int) -> ClaimsPlan:
    """The plan for all claims, with the data sets that are `present`; seeds 0 to `seeds` − 1.

    Raises ExperimentError where a preset cannot be read or changed.
    """
    source = _Source(scale, frozenset(present), seeds)
    wanted = dict.fromkeys(setup for claim in CLAIMS for setup in claim.needs)
    planned: dict[Setup, PlannedRuns] = {}
    for runs in (*_own_runs(source), *_study_runs(source)):
        if runs.setup in wanted:
            planned.setdefault(runs.setup, runs)
    return ClaimsPlan(
        scale,
        seeds,
        tuple(planned.values()),
        {setup: source.why_not(setup) for setup in wanted if setup not in planned},
    )


def described(experiment: Experiment) -> str:
    """What an experiment does, in a few words."""
    data, layers = experiment.data, "-".join(each.short_name for each in experiment.model.layers)
    images = "all images" if data.train_images is None else f"{data.train_images:,} images"
    phases = " then ".join(map(_phase_text, experiment.phases))
    return f"{data.name}, {images}, layers {layers}, {phases}"


def _phase_text(phase: PhaseConfig) -> str:
    text = (
        f"{phase.rule}, {phase.epochs} epoch{'s' if phase.epochs > 1 else ''}, batch"
        f" {phase.batch_size:,}"
    )
    if phase.shown_threshold is not None:
        text += f", θ {per_layer_text(phase.shown_threshold)}"
    return text


@dataclass(frozen=True)
class _Source:
    """Makes planned runs: from the studies at one scale, with the data sets that are `present`."""

    scale: Scale
    present: frozenset[DataName]
    seeds: int
    _studies: dict[tuple[str, DataName], Study] = field(default_factory=dict)

    def set_of(self, setup: Setup) -> DataName:
        """The data set that its runs learn from: mnist-mini for MNIST at the quick scale."""
        data = next(name for name in DATA_NAMES if name == setup.data)
        return "mnist-mini" if self.scale == "quick" and data == "mnist" else data

    def why_not(self, setup: Setup) -> str:
        """Why a set-up has no runs."""
        data = self.set_of(setup)
        if data not in self.present:
            return f"{data} is not on this machine (fftui data get {data})"
        return f"not run at the {self.scale} scale"

    def from_study(self, setup: Setup, study: str, wanted: Wanted) -> Iterator[PlannedRuns]:
        """The runs of a study's condition that has the `wanted` values; none if there is no such
        condition.
        """
        data = self.set_of(setup)
        if data not in self.present:
            return
        if (study, data) not in self._studies:
            self._studies[study, data] = STUDIES[study].build(
                self.scale, self.present, self.seeds, [data]
            )
        trials = [
            trial for trial in self._studies[study, data].trials if _fits(trial.condition, wanted)
        ]
        found = dict.fromkeys(trial.condition for trial in trials)
        if found:
            first = next(iter(found))
            experiments = [
                self._limited(trial.experiment) for trial in trials if trial.condition == first
            ]
            if (
                setup.name == "backprop"
            ):  # the control of corrected FF: the same images, augmented alike, as many epochs
                own = next(
                    self.from_study(
                        Setup("ff", setup.data, setup.images), study, {**wanted, "method": "ff"}
                    )
                )
                experiments = [
                    _with_equal_training(*pair)
                    for pair in zip(experiments, own.experiments, strict=True)
                ]
            yield PlannedRuns(setup, tuple(experiments))

    def of(self, setup: Setup, experiment: Experiment, scale_s: float = 1.0) -> PlannedRuns:
        """The runs of `experiment`, one for every seed."""
        return PlannedRuns(
            setup,
            tuple(_changed(experiment, {"seed": seed}) for seed in range(self.seeds)),
            scale_s,
        )

    def _limited(self, experiment: Experiment) -> Experiment:
        """At the quick scale no more than a few thousand images."""
        if self.scale == "full" or experiment.data.name == "mnist-mini":
            return experiment
        fewer: dict[str, object] = {"train_images": QUICK_TRAIN, "test_images": QUICK_TEST}
        return _changed(experiment, {"data": experiment.data.model_dump() | fewer})


def _fits(condition: Condition, wanted: Wanted) -> bool:
    values = dict(condition.values)
    return all(
        name in values and (asked(values[name]) if callable(asked) else values[name] == asked)
        for name, asked in wanted.items()
    )


def _study_runs(source: _Source) -> Iterator[PlannedRuns]:
    for setup, study, wanted in _setups_in_studies():
        yield from source.from_study(setup, study, wanted)


def _setups_in_studies() -> Iterator[tuple[Setup, str, Wanted]]:
    for data in ALL_SETS:
        for name in (*FAITHFUL, *CORRECTED):
            yield Setup(name, data), "table-1", {"method": name}
    for data, numbers in SIZES.items():
        for images, name in product(numbers, (*FAITHFUL, *CORRECTED)):
            wanted = {"method": name, "images": images}
            yield Setup(name, data, images), "sample-complexity", wanted
    yield from _settings()
    yield from _architectures()
    for method in ("paper/hybrid", "paper/hybrid-reverse", "hybrid", "hybrid-reverse"):
        yield Setup(method), "hybrid", {"method": method, "change": AS_IT_IS}
    for change in HYBRID_FACTORS:
        yield (
            Setup(f"paper/hybrid, {change}"),
            "hybrid",
            {"method": "paper/hybrid", "change": change},
        )
    control = {"change": "backprop from random weights, equal backprop epochs"}
    yield Setup("hybrid, second phase alone"), "hybrid", {"method": "hybrid", **control}
    control = {"change": "forward-forward from random weights"}
    yield (
        Setup("hybrid-reverse, second phase alone"),
        "hybrid",
        {"method": "hybrid-reverse", **control},
    )


def _settings() -> Iterator[tuple[Setup, str, Wanted]]:
    for name, method, values in (
        ("paper/ff", "paper/ff", PAPER_THRESHOLDS),
        ("ff, softplus", "ff", THRESHOLDS),
    ):
        for value in values:
            wanted: Wanted = {"method": method, "threshold": value}
            yield threshold_setup(name, value), "threshold", wanted
    for method, activation in product(("paper/ff", "ff"), ACTIVATIONS):
        wanted = {"method": method, "activation": activation}
        yield activation_setup(method, activation), "activation", wanted


def _architectures() -> Iterator[tuple[Setup, str, Wanted]]:
    for method in ("paper/cnn", "paper/attention", "cnn", "attention"):
        yield Setup(method), "architectures", {"method": method, "change": AS_IT_IS}
    for factor in CNN_FACTORS:
        yield (
            Setup(f"paper/cnn, {factor}"),
            "architectures",
            {"method": "paper/cnn", "change": _begins(f"{factor} ")},
        )
    yield (
        Setup("paper/attention-frozen"),
        "linear-vs-attention",
        {"method": "paper/attention-frozen"},
    )
    encodings: dict[str, Wanted] = {
        "ff, label appended": {"method": "ff", "encoding": "appended", "scale": 3.0},
        "cnn, label plane": {"method": "cnn", "encoding": "random-plane", "planes": "every"},
        "attention, label in every patch": {"method": "attention", "encoding": "every-token"},
    }
    encodings |= {
        f"{method}, label overlaid": {"method": method, "encoding": "overlay"} for method in METHODS
    }
    for name, wanted in encodings.items():
        yield Setup(name), "label-encoding", wanted


METHODS = ("ff", "cnn", "attention")


def _begins(text: str) -> Callable[[object], bool]:
    return lambda value: str(value).startswith(text)


def _own_runs(source: _Source) -> Iterator[PlannedRuns]:
    """Times of the paper's networks in their own size; and of FF and backprop in networks of one
    size.

    The lighter ones come first: what a process has once taken shows in the memory of all that
    follows.
    """
    data = source.set_of(Setup(""))
    if data in source.present:
        yield source.of(Setup("paper/backprop, timed"), experiment_of("paper/backprop", data))
        yield from _plain_runs(source, data)
    if source.scale == "quick" and data in source.present:
        yield source.of(Setup("paper/ff"), experiment_of("paper/ff", data, QUICK_FAITHFUL))
        frozen = small_scale_changes("paper/attention-frozen", data, QUICK_FROZEN) | {
            "phases.0.epochs": 1
        }
        yield source.of(
            Setup("paper/attention-frozen"), experiment_of("paper/attention-frozen", data, frozen)
        )
    for name in ALL_SETS:
        setup, timed = Setup("paper/ff, timed", name), source.set_of(Setup("", name))
        if timed in source.present:
            yield _timed_runs(source, setup, timed)


def _timed_runs(source: _Source, setup: Setup, data: DataName) -> PlannedRuns:
    """The paper's FF in full size: as it is, or at the quick scale for fewer epochs."""
    if source.scale == "full":
        return source.of(setup, experiment_of("paper/ff", data))
    epochs = experiment_of("paper/ff", data).phases[0].epochs
    changes: dict[str, Any] = {
        "phases.0.epochs": QUICK_EPOCHS_TIMED,
        "evaluation.every": 0,
        "evaluation.final_train_images": QUICK_MEASURED,
    }
    if data != "mnist-mini":
        changes |= {"data.train_images": QUICK_TRAIN, "data.test_images": QUICK_TEST}
    return source.of(setup, experiment_of("paper/ff", data, changes), epochs / QUICK_EPOCHS_TIMED)


def _plain_runs(source: _Source, data: DataName) -> Iterator[PlannedRuns]:
    """FF with its layers in parallel, layer after layer, and backprop: the same layers, images,
    epochs and batches.
    """
    changes: dict[str, Any] = {
        "model.head": None,  # a layer that learns alone has no head beside it
        "phases.0.negatives": "random",
        "phases.0.prediction": "all-layers",
    }
    if source.scale == "quick":
        changes |= {"phases.0.epochs": QUICK_EPOCHS_PLAIN, "evaluation.every": 0}
    together, one_by_one = (
        experiment_of("ff", data, {**changes, "phases.0.order": order})
        for order in ("parallel", "layer-wise")
    )
    phase, usual = together.phases[0], experiment_of("backprop", data).phases[0]
    own = Backprop(
        epochs=phase.epochs,
        batch_size=phase.batch_size,
        learning_rate=usual.learning_rate,
        schedule=phase.schedule,
    )
    model = together.model.model_dump() | {
        "head": {"kind": "linear"},
        "label": {"encoding": "none"},
    }
    backprop = _changed(
        together, {"name": "backprop", "model": model, "phases": [own.model_dump()]}
    )
    yield source.of(Setup("backprop, plain"), backprop)
    yield source.of(Setup("ff, plain"), together)
    yield source.of(Setup("ff, plain, layer after layer"), one_by_one)


def _with_equal_training(experiment: Experiment, ff: Experiment) -> Experiment:
    """Backprop with the augmentation and the number of epochs of FF."""
    data = experiment.data.model_dump() | {"shift": ff.data.shift, "flip": ff.data.flip}
    phase = experiment.phases[0].model_dump() | {"epochs": ff.phases[0].epochs}
    return _changed(experiment, {"data": data, "phases": [phase]})


def _changed(experiment: Experiment, changes: Mapping[str, object]) -> Experiment:
    return validated(Experiment, {**experiment.model_dump(), **changes}, experiment.name)
