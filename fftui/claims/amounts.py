"""How claims compare what runs took of the machine: time, memory, power. An answer needs enough
repeats, made on one platform that was quiet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fftui.claims.estimates import REPEATS, Answer, Repeats, is_more_than
from fftui.claims.outcomes import AbsentError, LayerMeasures, Measures, Outcome, Outcomes, Setup
from fftui.claims.verdicts import AMOUNTS, Observation, ensure_comparable
from fftui.text.format import duration, short, size

# Forward-Forward first. As the paper ran them: its networks, and backprop behind its loader.
TIMED = (Setup("paper/ff, timed"), Setup("paper/backprop-per-image, timed"))
# Networks, epochs and batches of one size, images as tensors; the layers of FF in parallel.
PLAIN = (Setup("ff, plain"), Setup("backprop, plain"))
ONE_BY_ONE = Setup("ff, plain, layer after layer")
# and nothing kept of what other layers answered: `cache_bytes` 0
NOTHING_KEPT = Setup("ff, plain, layer after layer, inputs not kept")

Ask = Callable[[Repeats, Repeats], Answer]


@dataclass(frozen=True)
class Quantity:
    """Something that runs take of the machine: how it is read (None: not measured) and written, and
    what measuring it needs; `needs_quiet` where other processes change it.
    """

    read: Callable[[Measures], Repeats | None]
    written: Callable[[float], str]
    needs: str
    needs_quiet: bool = True

    def of(self, outcome: Outcome) -> Repeats:
        """Its repeats in an outcome. Raises AbsentError where it was not measured."""
        repeats = self.read(outcome.measures)
        if repeats is None or not repeats.values:
            msg = f"{outcome.label}: not measured ({self.needs})"
            raise AbsentError(msg)
        return repeats

    def text(self, repeats: Repeats) -> str:
        """The median, and the least and the greatest of several."""
        middle = self.written(repeats.median)
        if len(repeats.values) < 2:
            return middle
        return (
            f"{middle} ({self.written(min(repeats.values))} to {self.written(max(repeats.values))})"
        )


def watts(value: float) -> str:
    """A power in words."""
    return f"{value:.1f} W"


def percentage(value: float) -> str:
    """A percentage in words."""
    return f"{value:.0f} %"


GPU = "needs an NVIDIA GPU"
ENERGY = "needs an NVIDIA GPU, or a CPU whose energy may be read"
LEARNING_TIME = Quantity(lambda measures: measures.train_s, duration, "needs finished runs")
MEMORY = Quantity(
    lambda measures: measures.memory_bytes, size, "needs telemetry", needs_quiet=False
)
POWER = Quantity(lambda measures: measures.power_w, watts, ENERGY)
POWER_SPREAD = Quantity(lambda measures: measures.power_spread_w, watts, ENERGY)

LayerFigure = Callable[[LayerMeasures], Repeats | None]


def of_first_layer(figure: LayerFigure) -> Callable[[Measures], Repeats | None]:
    """Reads the figure of the first layer."""
    return lambda measures: figure(measures.layers[0]) if measures.layers else None


def mean_of_layers(figure: LayerFigure, begin: int = 0) -> Callable[[Measures], Repeats | None]:
    """Reads the mean over the layers from index `begin` on, a value a run; None where one of them
    was not measured in each run.
    """

    def read(measures: Measures) -> Repeats | None:
        found = [figure(layer) for layer in measures.layers[begin:]]
        values = [each.values for each in found if each is not None]
        if not values or len(values) < len(found) or len({len(each) for each in values}) > 1:
            return None
        return Repeats(tuple(sum(of_run) / len(of_run) for of_run in zip(*values, strict=True)))

    return read


@dataclass(frozen=True)
class Amount:
    """A quantity of an outcome, as one side of a comparison; `name` tells what was measured."""

    quantity: Quantity
    outcome: Outcome
    name: str = ""

    @property
    def repeats(self) -> Repeats:
        """Its measurements, a repeat each. Raises AbsentError where there is none."""
        return self.quantity.of(self.outcome)

    @property
    def text(self) -> str:
        """What was measured and its median."""
        return f"{self.name or self.outcome.label} {self.quantity.text(self.repeats)}"


def is_more(one: Repeats, other: Repeats) -> Answer:
    """Whether one is over a tenth more than the other."""
    return is_more_than(AMOUNTS, one, other)


def compared(one: Amount, other: Amount, ask: Ask) -> Observation:
    """What `ask` answers on two amounts; open where something hinders an answer.

    Raises AbsentError where one was not measured.
    """
    text = amounts_text(one, other)
    pair = (one.outcome, other.outcome)
    hint = _incomparable(pair, _fewest(one.repeats, other.repeats))
    if one.quantity.needs_quiet:
        hint = hint or _disturbed(pair)
    return (
        Observation("open", text, hint)
        if hint
        else Observation(ask(one.repeats, other.repeats), text)
    )


def compared_pair(
    outcomes: Outcomes, pair: tuple[Setup, Setup], quantity: Quantity, ask: Ask
) -> Observation:
    """What `ask` answers on a quantity of two set-ups. Raises AbsentError as `compared` does."""
    one, other = (Amount(quantity, outcomes[setup]) for setup in pair)
    return compared(one, other, ask)


def amounts_text(one: Amount, other: Amount) -> str:
    """Both amounts, and how many times the second the first one is."""
    below = other.repeats.median
    ratio = f" ({short(one.repeats.median / below)} times)" if below else ""
    return f"{one.text}; {other.text}{ratio}"


def hindrance(outcomes: Sequence[Outcome], repeats: int) -> str:
    """Why these measurements answer nothing, and what would; empty where nothing hinders.

    `repeats` is the smallest number of them.
    """
    return _incomparable(outcomes, repeats) or _disturbed(outcomes)


def _incomparable(outcomes: Sequence[Outcome], repeats: int) -> str:
    """Other platforms or shares of the machine, or too few repeats."""
    try:
        for outcome in outcomes[1:]:
            ensure_comparable(outcomes[0], outcome)
    except AbsentError as differ:
        return str(differ)
    shares = sorted({share for outcome in outcomes for share in outcome.measures.shares})
    if len(shares) > 1:
        return f"runs with as many cores would tell: these had {' or '.join(shares)}"
    return f"{REPEATS} repeats would tell more: here are {repeats}" if repeats < REPEATS else ""


def _disturbed(outcomes: Sequence[Outcome]) -> str:
    """What else ran beside them."""
    found = next((each for each in outcomes if each.measures.disturbed), None)
    if found is None:
        return ""
    return f"a quiet machine would tell ({found.label}: {found.measures.disturbed})"


def _fewest(*repeats: Repeats) -> int:
    return min(len(each.values) for each in repeats)
