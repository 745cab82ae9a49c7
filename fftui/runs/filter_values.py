"""The values in a filter of runs: how a text is read as an amount, a date or a word, and how it is
compared.
"""

import math
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeGuard

from fftui.errors import FilterError
from fftui.runs.run_fields import Kind

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~", "!~"]
Test = Callable[[object], bool]  # of one value that a run has
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
UNITS: dict[str, dict[str, float]] = {
    "fraction": {"%": 1},
    "seconds": {"ms": 1e-3, **SECONDS},
    "age": dict(SECONDS),
    "bytes": {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    "joules": {"mJ": 1e-3, "J": 1, "kJ": 1e3, "MJ": 1e6},
    "count": {},
}
FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
NONE = "none"
AS_SHOWN = 0.005  # percent: accuracies are shown with two digits behind the point
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def test_of(kind: Kind, op: Operator, text: str, at: int) -> Test:
    """Whether one value of that kind is as `op` and `text` want it; negations are the caller's.

    Raises FilterError, with the place `at`, where `text` is no such value.
    """
    if op == "~" or (op == "=" and kind == "text"):
        return _text_test(op, text)
    if op == "=" and text.casefold() == NONE:
        return lambda value: value is None
    if kind == "text":
        msg = f"text has no order: write = or ~ in the place of {op}"
        raise FilterError(msg, at)
    if kind == "flag":
        return _flag_test(op, text, at)
    if kind == "date":
        return _date_test(op, text, at)
    wanted = amount(kind, text, at)
    scale = 100.0 if kind == "fraction" else 1.0
    if op == "=":
        exact = AS_SHOWN if kind == "fraction" else 0.0
        return lambda value: _number(value) and _close(scale * value, wanted, exact)
    compare = _ORDERS[op]
    return lambda value: _number(value) and compare(scale * value, wanted)


def setting_test(op: Operator, text: str, at: int) -> Test:
    """Whether one value of a setting, which may be a number, a word or a truth, is as wanted.

    Raises FilterError where an order is asked for and `text` is no number.
    """
    number = _float(text)
    if op in _ORDERS:
        if number is None:
            msg = f"{_shown(text)} is no number: only numbers have an order"
            raise FilterError(msg, at)
        compare = _ORDERS[op]
        return lambda value: _number(value) and compare(value, number)
    if op == "~":
        return _text_test(op, text)
    word, flag = text.casefold(), FLAGS.get(text.casefold())

    def equal(value: object) -> bool:
        if isinstance(value, bool):
            return value is flag
        if number is not None and _number(value):
            return _close(value, number)
        return (value is None and word == NONE) or str(value).casefold() == word

    return equal


def amount(kind: Kind, text: str, at: int) -> float:
    """A number with or without one of the kind's units, such as `97`, `5m`, `2GB`, in percent,
    seconds, bytes, joules. Raises FilterError.
    """
    units = UNITS[kind]
    plain = _float(text)
    if plain is not None:
        return plain
    for unit in sorted(units, key=len, reverse=True):
        number = _float(text[: -len(unit)]) if text.endswith(unit) else None
        if number is not None:
            return number * units[unit]
    more = f", with or without {', '.join(units)}" if units else ""
    msg = f"{_shown(text)} is no number{more}"
    raise FilterError(msg, at)


def _text_test(op: Operator, text: str) -> Test:
    word = text.casefold()
    if op == "~":
        return lambda value: value is not None and word in str(value).casefold()
    if word == NONE:
        return lambda value: value is None
    return lambda value: value is not None and str(value).casefold() == word


def _flag_test(op: Operator, text: str, at: int) -> Test:
    flag = FLAGS.get(text.casefold())
    if op != "=" or flag is None:
        msg = f"{_shown(text)} does not fit: it is either yes or no"
        raise FilterError(msg, at)
    return lambda value: value is flag


def _date_test(op: Operator, text: str, at: int) -> Test:
    try:
        begin = datetime.fromisoformat(text)
        seconds = begin.timestamp()
    except (ValueError, OverflowError, OSError) as error:
        msg = f"{_shown(text)} is no date such as 2026-11-23 or 2026-11-23T08:15"
        raise FilterError(msg, at) from error
    length = 86_400.0 if len(text) <= len("2026-11-23") else 60.0 if text.count(":") == 1 else 1.0
    # a day is all of it: > begins after its end
    begins, ends = seconds, seconds + length
    tests: dict[str, Test] = {
        "=": lambda value: _number(value) and begins <= value < ends,
        "<": lambda value: _number(value) and value < begins,
        "<=": lambda value: _number(value) and value < ends,
        ">": lambda value: _number(value) and value >= ends,
        ">=": lambda value: _number(value) and value >= begins,
    }
    return tests[op]


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _close(value: float, wanted: float, exact: float = 0.0) -> bool:
    return abs(value - wanted) < exact or math.isclose(value, wanted, rel_tol=1e-9)


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
