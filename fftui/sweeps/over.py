"""`--over PATH=VALUES`: the settings that a sweep searches, and the values that each may have.

phases.0.learning_rate=log(1e-4,1e-1)    a real number, its logarithm drawn evenly
phases.0.sharpness=uniform(1,10)         a real number, drawn evenly
model.layers.*.units=int(100,2000,100)   a whole number, in steps of 100 (1 where none is given)
model.layers.*.units=logint(100,2000)    a whole number, its logarithm drawn evenly
phases.0.loss=swish|softplus             one of these
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from fftui.errors import ExperimentError, RequestError, one_of, shown
from fftui.experiment.values import parse_value

LARGEST = (
    2**53
)  # whole numbers up to here are exact as floating-point numbers, as Optuna keeps them
MOST_CHOICES = 1_000
FORM = "write it as PATH=log(1e-4,1e-1), uniform(0,1), int(1,9), logint(8,512) or a|b|c"
N = TypeVar("N", int, float)
_RANGE = re.compile(r"([A-Za-z]+)\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Choices:
    """One of several values, written as `--set` takes them."""

    texts: tuple[str, ...]

    @property
    def probes(self) -> tuple[object, ...]:
        """Values that tell whether the field takes the others: here, all."""
        return tuple(map(parse_value, self.texts))


@dataclass(frozen=True)
class Real:
    """A real number from `low` to `high`; `log`: its logarithm is drawn evenly."""

    low: float
    high: float
    log: bool

    @property
    def probes(self) -> tuple[object, ...]:
        """Both ends."""
        return self.low, self.high


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, in steps; `log`: its logarithm is drawn evenly."""

    low: int
    high: int
    log: bool
    step: int = 1

    @property
    def probes(self) -> tuple[object, ...]:
        """Both ends."""
        return self.low, self.high


Domain = Choices | Real | Whole


@dataclass(frozen=True)
class Over:
    """A setting that a sweep searches: its path, as `--set` takes it, `*` for every entry of a
    list, and its values.
    """

    path: str
    domain: Domain


def parse_overs(texts: Sequence[str]) -> tuple[Over, ...]:
    """The settings of `--over`, in order. Raises RequestError where one has another form, two have
    the same path, or there are none.
    """
    overs = tuple(map(parse_over, texts))
    paths = [over.path for over in overs]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        msg = f"--over {shown(twice)} is given twice: write all its values in one"
        raise RequestError(msg)
    if not overs:
        msg = f"nothing to search: name a setting with --over; {FORM}"
        raise RequestError(msg)
    return overs


def parse_over(text: str) -> Over:
    """The setting that a text such as `phases.0.learning_rate=log(1e-4,1e-1)` names. Raises
    RequestError where it has another form.
    """
    path, equals, values = (part.strip() for part in text.partition("="))
    if not (path and equals and values):
        msg = f"--over {shown(text)}: {FORM}"
        raise RequestError(msg)
    try:
        found = _RANGE.fullmatch(values)
        return Over(path, _range(found[1], found[2]) if found else _choices(values))
    except (ValueError, ExperimentError, RequestError) as error:
        msg = f"--over {shown(text)}: {error}"
        raise RequestError(msg) from None


def _choices(values: str) -> Choices:
    texts = tuple(each.strip() for each in values.split("|"))
    if len(texts) < 2 or not all(texts):
        msg = f"it has one value, or an empty one: {FORM}"
        raise ValueError(msg)
    if len(texts) > MOST_CHOICES:
        msg = f"{len(texts):,} values: at most {MOST_CHOICES:,}"
        raise ValueError(msg)
    if len({repr(parse_value(each)) for each in texts}) < len(texts):
        msg = "a value stands there twice"
        raise ValueError(msg)
    return Choices(texts)


def _range(kind: str, inside: str) -> Domain:
    kind = one_of("range", kind, ("log", "uniform", "int", "logint"))
    numbers = [each.strip() for each in inside.split(",")]
    if kind in ("log", "uniform"):
        return _real(kind, numbers)
    return _whole(kind, numbers)


def _real(kind: str, numbers: Sequence[str]) -> Real:
    if len(numbers) != 2:
        msg = f"{kind} takes two numbers, the least and the greatest"
        raise ValueError(msg)
    low, high = (_number(each, float) for each in numbers)
    _check_ends(kind, low, high)
    return Real(low, high, kind == "log")


def _whole(kind: str, numbers: Sequence[str]) -> Whole:
    most = 3 if kind == "int" else 2
    if not 2 <= len(numbers) <= most:
        msg = f"{kind} takes the least and the greatest" + (", and a step" if most == 3 else "")
        raise ValueError(msg)
    low, high, step = (*(_number(each, int) for each in numbers), 1)[:3]
    _check_ends(kind, low, high)
    if step < 1 or (high - low) % step:
        msg = f"a step of {step} does not lead from {low} to {high}"
        raise ValueError(msg)
    return Whole(low, high, kind == "logint", step)


def _number(text: str, kind: type[N]) -> N:
    wanted = "a whole number" if kind is int else "a number"
    try:
        value = kind(text)
    except ValueError:
        msg = f"{shown(text)} is not {wanted}"
        raise ValueError(msg) from None
    if not math.isfinite(value) or (kind is int and abs(value) > LARGEST):
        msg = f"{shown(text)} is not {wanted} that a setting can have"
        raise ValueError(msg)
    return value


def _check_ends(kind: str, low: float, high: float) -> None:
    if low >= high:
        msg = f"the least value {low:g} is not below the greatest, {high:g}"
        raise ValueError(msg)
    if kind.startswith("log") and low <= 0:
        msg = f"{low:g} has no logarithm: begin above 0"
        raise ValueError(msg)
