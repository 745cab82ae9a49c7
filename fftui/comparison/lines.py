"""The lines of a comparison: a curve for each condition, of several seeds their mean in a band."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fftui.comparison.compared import ComparedRun, Condition
from fftui.runs.curve_metrics import RunCurve, XName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Band:
    """The smallest and the largest value of several seeds, beside each value of their mean."""

    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class ConditionLine:
    """The curve of the condition with this number (from 0): of one run, or the mean of `seeds` runs
    with its band.
    """

    number: int
    curve: RunCurve
    seeds: int = 1
    band: Band | None = None

    def part(self, x: XName, span: tuple[float, float] | None) -> "ConditionLine":
        """The line within a span of `x`; all of it where that is None."""
        if span is None:
            return self
        inside = [n for n, at in enumerate(self.curve.xs(x)) if span[0] <= at <= span[1]]
        band = self.band and Band(_at(self.band.low, inside), _at(self.band.high, inside))
        return replace(self, curve=_curve_at(self.curve, inside), band=band)


def lines_of(
    conditions: Sequence[Condition],
    runs: Sequence[ComparedRun],
    curves: Sequence[RunCurve | None],
) -> tuple[ConditionLine, ...]:
    """The lines of the conditions whose runs have a curve; `curves` are those of `runs`."""
    by_letter = {run.letter: curve for run, curve in zip(runs, curves, strict=True)}
    lines = []
    for number, condition in enumerate(conditions):
        known = [each for run in condition.runs if (each := by_letter.get(run.letter)) is not None]
        if len(known) == 1:
            lines.append(ConditionLine(number, known[0]))
        elif known:
            lines.append(ConditionLine(number, *_mean(known)))
    return tuple(lines)


def _mean(curves: Sequence[RunCurve]) -> tuple[RunCurve, int, Band]:
    """The mean of curves at the epochs that all of them have, their number, and the band. Where one
    is not finite, nor is the mean.
    """
    import numpy as np  # noqa: PLC0415 - unfolded lines do without

    aligned = _aligned(curves)
    values_SN = np.array([each.values for each in aligned])
    count, sums_N = len(curves), values_SN.sum(axis=0)
    finite_N = np.isfinite(sums_N)

    def means(columns: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
        if all(each is columns[0] or each == columns[0] for each in columns):
            return columns[0]
        return tuple((np.array(columns).sum(axis=0) / count).tolist())

    def edge(found_N: "NDArray[np.float64]") -> tuple[float, ...]:
        return tuple(np.where(finite_N, found_N, math.nan).tolist())

    mean = RunCurve(
        aligned[0].epochs,
        means([each.steps for each in aligned]),
        means([each.seconds for each in aligned]),
        tuple((sums_N / count).tolist()),
    )
    return mean, count, Band(edge(values_SN.min(axis=0)), edge(values_SN.max(axis=0)))


def _aligned(curves: Sequence[RunCurve]) -> list[RunCurve]:
    """The curves at the epochs that all of them have; of two values at one epoch the later."""
    first = curves[0]
    if all(each.epochs == first.epochs for each in curves):
        return list(curves)
    places = [{epoch: n for n, epoch in enumerate(each.epochs)} for each in curves]
    shared = sorted(set(places[0]).intersection(*places[1:]))
    return [
        _curve_at(each, [at[epoch] for epoch in shared])
        for each, at in zip(curves, places, strict=True)
    ]


def _curve_at(curve: RunCurve, places: Sequence[int]) -> RunCurve:
    return RunCurve(
        _at(curve.epochs, places),
        _at(curve.steps, places),
        _at(curve.seconds, places),
        _at(curve.values, places),
    )


def _at(values: Sequence[float], places: Sequence[int]) -> tuple[float, ...]:
    return tuple(values[n] for n in places)
