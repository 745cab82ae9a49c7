"""Outcomes drawn from known truths, to count how often a claim's rule errs.

A truth says for each set-up what an endless number of seeds and images would give. `exact` makes
evidence of it that leaves nothing open, so that the rule itself says what the right verdict is;
`draws` makes evidence as runs give it: few seeds that differ, finitely many images, of which some
are difficult for every network and some for one. Letters in shapes: R draws, S seeds, N images.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from fftui.claims import Accuracies, Claim, Measures, Outcome, Outcomes, Repeats, Setup
from fftui.claims.attention_claims import ON_ATTENTION
from fftui.claims.memory_claims import ON_MEMORY
from fftui.claims.outcomes import Curve, LayerMeasures
from fftui.claims.power_claims import ON_POWER
from fftui.claims.time_claims import ON_TIME
from fftui.studies.paper_tables import QUICK_SIZES

CLASSES = 10
SEEDS, IMAGES = 3, 1000  # as the quick scale has them
ENDLESS = 10**9  # images
# Shares of the variance of "how nearly wrong is this image": common to all networks, to one set-up,
# and of one seed alone.
COMMON, OWN, ONCE = 0.5, 0.2, 0.3
# Accuracies that a truth may have: levels, and how far from them; both sides of each margin
LEVELS = (0.97, 0.9, 0.6)
STEPS = (0.0, -0.002, -0.009, -0.011, -0.02, -0.06)
RAISED = (0.009, 0.011, 0.02, 0.03)
CHANCES = (0.1, 0.19, 0.21)
DEPTH_STEPS = (-0.02, 0.0, 0.009, 0.011, 0.03)
SPREADS = (0.001, 0.004, 0.015)  # standard deviation of seeds
GAPS = (0.0, 0.009, 0.011, 0.049, 0.051, 0.1)  # train - test
# By number of images, fewest first; and how far one method is from the other with few, with many
RISING = (0.6, 0.84, 0.9, 0.94, 0.96)
LEADS, AFTERWARDS = (0.011, 0.02, 0.06, 0.009, -0.02), (0.0, -0.009, -0.011, -0.03, 0.011)
# Times, memory, power: factors of one another
FACTORS = (1.0, 1.09, 1.11, 1.3, 1.49, 1.51, 3.0)
NOISES = (0.01, 0.05, 0.2)  # of repeats, as a share
LOSSES = (0.3, 0.89, 0.91, 1.0)  # of ln C
LAYERS = 4
CURVE_POINTS = 12
CURVE_IMAGES = 500  # that a curve is measured on
ON_MACHINES = frozenset(claim.id for claim in (*ON_TIME, *ON_MEMORY, *ON_POWER, *ON_ATTENTION))
ON_CHOICES = frozenset({"threshold-tunes", "activation-functions"})


@dataclass(frozen=True)
class Truth:
    """What endless seeds and images would give of one set-up."""

    accuracy: float
    spread: float
    gap: float
    depth_steps: tuple[float, ...]  # that each further layer adds, to the accuracy of all
    factor: float  # of times, memory and power
    layer_factors: tuple[float, ...]
    noise: float
    loss: float  # of ln C

    @property
    def depths(self) -> tuple[float, ...]:
        """Accuracy of the first 1, 2, … layers."""
        steps = self.depth_steps
        below = (self.accuracy - sum(steps[depth:]) for depth in range(len(steps)))
        return (*(min(max(each, 0.01), 0.999) for each in below), self.accuracy)


Truths = dict[Setup, Truth]


def _one(generator: np.random.Generator, values: Sequence[float]) -> float:
    return float(generator.choice(values))


def truth_of(generator: np.random.Generator, *, hopeless: float) -> Truth:
    """A truth at random; with probability `hopeless` its accuracy is about chance."""

    def one(values: Sequence[float]) -> float:
        return _one(generator, values)

    level = one(CHANCES) if generator.random() < hopeless else one(LEVELS[:1]) + one(STEPS)
    if generator.random() < 0.2 and level > max(CHANCES):
        level = one(LEVELS) + one(STEPS)
    # In every second truth the amounts of others are factors of its own.
    factor = one(FACTORS) if generator.random() < 0.5 else 1.0
    alike = (one((*FACTORS, *(1 / each for each in FACTORS))), *(1.0,) * (LAYERS - 1))
    return Truth(
        accuracy=level,
        spread=one(SPREADS) if level > max(CHANCES) else min(SPREADS),
        gap=_possible(one(GAPS), level),
        depth_steps=tuple(one(DEPTH_STEPS) for _ in range(LAYERS - 1)),
        factor=factor,
        layer_factors=(
            alike if generator.random() < 0.5 else tuple(one(FACTORS) for _ in range(LAYERS))
        ),
        noise=one(NOISES),
        loss=one(LOSSES),
    )


def _possible(gap: float, accuracy: float) -> float:
    return min(gap, 0.999 - accuracy)


def _each_alone(setups: Sequence[Setup], generator: np.random.Generator) -> Truths:
    """Every set-up by itself."""
    hopeless = _one(generator, (0.0, 0.3, 0.9))
    return {setup: truth_of(generator, hopeless=hopeless) for setup in setups}


def _of_names(setups: Sequence[Setup], generator: np.random.Generator) -> Truths:
    """A method is as good on every set and from every number of images: one answer of all."""
    hopeless = _one(generator, (0.0, 0.3, 0.9))
    names = sorted({setup.name for setup in setups})
    of_name = {name: truth_of(generator, hopeless=hopeless) for name in names}
    return {setup: of_name[setup.name] for setup in setups}


def _of_kinds(setups: Sequence[Setup], generator: np.random.Generator) -> Truths:
    """Variants of a method are alike, but for one of them in most methods: often the first, which
    stands beside its controls; it is as much ahead, or behind, in every method.
    """
    step = _one(generator, (*STEPS, *RAISED))
    kinds: dict[str, list[Setup]] = {}
    for setup in setups:
        kinds.setdefault(setup.name.split(", ")[0], []).append(setup)
    found: Truths = {}
    for variants in kinds.values():
        truth = truth_of(generator, hopeless=_one(generator, (0.0, 0.3, 0.9)))
        found |= dict.fromkeys(variants, truth)
        if generator.random() < 0.8:
            at = generator.integers(len(variants)) if generator.random() < 0.4 else 0
            accuracy = min(max(truth.accuracy + step, min(CHANCES)), 0.99)
            found[variants[at]] = replace(
                truth,
                accuracy=accuracy,
                gap=_possible(truth.gap, accuracy),
                factor=truth.factor * _one(generator, FACTORS),
            )
    return found


def _rising(setups: Sequence[Setup], generator: np.random.Generator) -> Truths:
    """Accuracy rises with the number of images; one method may be ahead with few of them."""
    sizes = sorted({setup.images or 0 for setup in setups})
    lead = {kind: _one(generator, LEADS) for kind in ("paper", "corrected")}
    later = {kind: _one(generator, AFTERWARDS) for kind in ("paper", "corrected")}
    of_name = {
        name: truth_of(generator, hopeless=0.0) for name in sorted({each.name for each in setups})
    }
    found: Truths = {}
    for setup in setups:
        truth, at = of_name[setup.name], sizes.index(setup.images or 0)
        kind = "paper" if setup.name.startswith("paper/") else "corrected"
        ahead = lead[kind] if at == 0 and len(sizes) > 1 else later[kind]
        is_ff = "backprop" not in setup.name
        level = RISING[min(at * 2, len(RISING) - 1) if len(sizes) > 1 else -1]
        accuracy = level + (ahead if is_ff else 0.0)
        found[setup] = replace(
            truth,
            accuracy=accuracy,
            gap=_possible(truth.gap, accuracy),
            spread=min(truth.spread, SPREADS[1]),
        )
    return found


WAYS: tuple[Callable[[Sequence[Setup], np.random.Generator], Truths], ...] = (
    _each_alone,
    _of_names,
    _of_kinds,
    _rising,
)


def truths(claim: Claim, count: int, seed: int) -> Iterator[Truths]:
    """Truths of the set-ups of a claim, at the quick scale's numbers of images, in turn of each
    way.
    """
    generator = np.random.default_rng(seed)
    setups = [setup for setup in claim.needs if setup.images in (None, *QUICK_SIZES)]
    for number in range(count):
        yield WAYS[number % len(WAYS)](setups, generator)


def exact(truth: Truths) -> Outcomes:
    """Evidence of a truth that leaves nothing open."""
    return Outcomes({setup: _exact(setup, each) for setup, each in truth.items()}, {})


def draws(claim: Claim, truth: Truths, count: int, seed: int) -> Iterator[Outcomes]:
    """Evidence as runs give it, `count` times: of what the claim's rule asks for."""
    generator = np.random.default_rng(seed)
    common_RN = {
        split: generator.standard_normal((count, 1, IMAGES), np.float32)
        for split in ("test", "validation")
    }
    drawn = {
        setup: _drawn(claim, setup, each, common_RN, generator) for setup, each in truth.items()
    }
    for number in range(count):
        yield Outcomes({setup: each[number] for setup, each in drawn.items()}, {})


def _exact(setup: Setup, truth: Truth) -> Outcome:
    def of(accuracy: float) -> Accuracies:
        return Accuracies((accuracy,) * SEEDS, ENDLESS)

    return Outcome(
        label=setup.text,
        test=of(truth.accuracy),
        train=of(truth.accuracy + truth.gap),
        chance=1 / CLASSES,
        validation=of(truth.accuracy),
        depths=tuple(map(of, truth.depths)),
        losses=((truth.loss * math.log(CLASSES),) * 2,) * SEEDS,
        measures=_measures(
            truth, np.ones((SEEDS, 1 + LAYERS)), np.full((SEEDS, CURVE_POINTS), 0.0)
        ),
    )


def _drawn(
    claim: Claim,
    setup: Setup,
    truth: Truth,
    common: dict[str, NDArray[np.float32]],
    generator: np.random.Generator,
) -> list[Outcome]:
    count = len(common["test"])
    seeds_RS1 = generator.normal(0, truth.spread, (count, SEEDS, 1))
    depths = truth.depths if claim.id == "four-layers" else (truth.accuracy,)
    test = _rightness(depths, seeds_RS1, common["test"], generator)
    validation: list[NDArray[np.bool_]] = []
    if claim.id in ON_CHOICES:
        validation = _rightness((truth.accuracy,), seeds_RS1, common["validation"], generator)
    train_RS = np.clip(truth.accuracy + truth.gap + seeds_RS1[:, :, 0], 0, 1)
    train_RS = generator.binomial(IMAGES, train_RS) / IMAGES
    losses_RS = truth.loss * np.exp(generator.normal(0, 0.02, (count, SEEDS))) * math.log(CLASSES)
    measures = [Measures()] * count
    if claim.id in ON_MACHINES:
        noise = np.maximum(generator.normal(1, truth.noise, (count, SEEDS, 1 + LAYERS)), 0.1)
        curves = generator.standard_normal((count, SEEDS, CURVE_POINTS))
        measures = [_measures(truth, *of_draw) for of_draw in zip(noise, curves, strict=True)]
    return [
        Outcome(
            label=setup.text,
            test=_accuracies(test[-1][number]),
            train=Accuracies(tuple(train_RS[number].tolist()), IMAGES),
            chance=1 / CLASSES,
            validation=_accuracies(validation[0][number]) if validation else None,
            depths=tuple(_accuracies(depth[number]) for depth in test),
            losses=tuple((loss, loss) for loss in losses_RS[number].tolist()),
            measures=measures[number],
        )
        for number in range(count)
    ]


def _rightness(
    accuracies: Sequence[float],
    seeds_RS1: NDArray[np.float64],
    common_R1N: NDArray[np.float32],
    generator: np.random.Generator,
) -> list[NDArray[np.bool_]]:
    """For each accuracy (R, S, N): which images are labelled rightly, by networks that agree on
    which are difficult.
    """
    count, seeds = seeds_RS1.shape[:2]
    own_R1N = generator.standard_normal((count, 1, IMAGES), np.float32)
    once_RSN = generator.standard_normal((count, seeds, IMAGES), np.float32)
    hard_RSN = (
        math.sqrt(COMMON) * common_R1N + math.sqrt(OWN) * own_R1N + math.sqrt(ONCE) * once_RSN
    )
    return [
        hard_RSN < ndtri(np.clip(accuracy + seeds_RS1, 1e-6, 1 - 1e-6)) for accuracy in accuracies
    ]


def _accuracies(correct_SN: NDArray[np.bool_]) -> Accuracies:
    return Accuracies(tuple(correct_SN.mean(axis=1).tolist()), correct_SN.shape[1], correct_SN)


def _measures(
    truth: Truth, noise_SL: NDArray[np.float64], curves_SE: NDArray[np.float64]
) -> Measures:
    """Times, memory and power of a set-up with noise; the first column is that of the whole run.

    `curves_SE` is the noise of the accuracy of each run after each epoch, in standard errors.
    """

    def of(scale: float, noise_S: NDArray[np.float64]) -> Repeats:
        return Repeats(tuple((scale * noise_S).tolist()))

    whole_S = noise_SL[:, 0]
    layers = tuple(
        LayerMeasures(
            title=f"layer {number}",
            epoch_s=of(factor, noise_S),
            power_w=of(50 * factor, noise_S),
            utilization_percent=of(20 * factor, noise_S),
            memory_utilization_percent=of(10 * factor, noise_S),
            peak_memory_bytes=of(1e8 * factor, noise_S),
        )
        for number, (factor, noise_S) in enumerate(
            zip(truth.layer_factors, noise_SL[:, 1:].T, strict=True), 1
        )
    )
    whole = of(truth.factor, whole_S)
    return Measures(
        e2e_s=whole,
        train_s=whole,
        data_s=of(truth.factor / 10, whole_S),
        memory_bytes=of(1e9 * truth.factor, whole_S),
        power_w=of(60 * truth.factor, whole_S),
        power_spread_w=of(5 * truth.factor, whole_S),
        layers=layers,
        curves=tuple(map(_curve, (truth,) * SEEDS, whole_S, curves_SE)),
    )


def _curve(truth: Truth, speed: float, noise_E: NDArray[np.float64]) -> Curve:
    share = np.arange(1, CURVE_POINTS + 1) / CURVE_POINTS
    seconds = tuple((truth.factor * speed * share).tolist())
    rising = truth.accuracy * (1 - np.exp(-6 * share))
    return Curve(
        accuracy=tuple((rising + noise_E * np.sqrt(rising * (1 - rising) / CURVE_IMAGES)).tolist()),
        train_s=seconds,
        data_s=tuple(each / 10 for each in seconds),
    )


@dataclass(frozen=True)
class Rates:
    """How often a rule gives each kind of answer where `right` is the right verdict."""

    right: str
    wrong_holds: float
    wrong_fails: float
    wrong_other: float
    open: float


def right_verdict(claim: Claim, truth: Truths) -> str:
    """The verdict of the claim's own rule where nothing is uncertain."""
    return claim.judge(exact(truth)).verdict


def rates(claim: Claim, truth: Truths, count: int, seed: int) -> Rates:
    """Error rates of the claim's rule over `count` draws from one truth."""
    right = right_verdict(claim, truth)
    found = [claim.judge(outcomes).verdict for outcomes in draws(claim, truth, count, seed)]

    def share(verdict: str) -> float:
        return sum(each == verdict for each in found) / count

    wrong = {verdict: share(verdict) for verdict in set(found) - {right, "cannot tell"}}
    return Rates(
        right,
        wrong.pop("holds", 0.0),
        wrong.pop("does not hold", 0.0),
        sum(wrong.values()),
        share("cannot tell"),
    )


def worst(many: Sequence[Rates]) -> Rates:
    """The highest of each rate; the mean of those left open."""
    return replace(
        many[0],
        right="",
        wrong_holds=max(each.wrong_holds for each in many),
        wrong_fails=max(each.wrong_fails for each in many),
        wrong_other=max(each.wrong_other for each in many),
        open=sum(each.open for each in many) / len(many),
    )
