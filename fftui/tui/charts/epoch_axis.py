"""The epochs of a run one after the other, over all its stages, and the steps and seconds of
each.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from fftui.events import Evaluated
from fftui.runs.curve_metrics import XName
from fftui.runs.layer_view import EpochView, Stage
from fftui.runs.view import RunView


@dataclass(frozen=True)
class EpochAxis:
    """The epochs of all stages one after the other: the epochs before each (phase, layer), the
    newest epoch, and the last one as far as it is known.
    """

    offsets: dict[tuple[int | None, int | None], int]
    newest: int
    right: float

    @classmethod
    def of(cls, view: RunView) -> Self:
        """The axis of a run."""
        offsets: dict[tuple[int | None, int | None], int] = {}
        total = 0
        for stage in view.stages:
            numbers = (stage.layer, *stage.parallel)
            offsets |= dict.fromkeys(((stage.phase, number) for number in numbers), total)
            total += stage.epochs
        ends = [offsets.get((r.phase, r.number), 0) + r.epoch for r in view.layers if r.phase]
        right = total + _epochs_ahead(view, offsets)
        return cls(offsets, max(ends, default=0), float(max(right, 2)))

    @property
    def boundaries(self) -> tuple[float, ...]:
        """The places between two stages."""
        return tuple(sorted({each + 0.5 for each in self.offsets.values() if each}))

    def epoch(self, phase: int | None, layer: int | None, epoch: int) -> int:
        """The place of an epoch of a layer."""
        return self.offsets.get((phase, layer), 0) + epoch

    def epoch_of(self, evaluation: Evaluated) -> int:
        """The place of an evaluation: the newest epoch where it is of the whole network, at the
        end of a phase.
        """
        key = (evaluation.phase, evaluation.layer)
        if evaluation.final or key not in self.offsets:
            return self.newest
        return self.offsets[key] + evaluation.epoch


@dataclass(frozen=True)
class RunClock:
    """The optimiser steps and the seconds of learning at the end of each epoch of the run, from
    epoch 0 on.
    """

    epochs: tuple[float, ...] = (0.0,)
    steps: tuple[float, ...] = (0.0,)
    seconds: tuple[float, ...] = (0.0,)

    @classmethod
    def of(cls, view: RunView) -> Self:
        """The clock of a run."""
        epochs, steps, seconds = [0.0], [0.0], [0.0]
        axis = EpochAxis.of(view)
        for stage in view.stages:
            before_steps, before_s = steps[-1], seconds[-1]
            for each in _epochs_of(view, stage):
                before_s += each.epoch_s or 0.0
                epochs.append(float(axis.epoch(stage.phase, stage.layer, each.epoch)))
                steps.append(before_steps + (each.step or 0))
                seconds.append(before_s)
        return cls(tuple(epochs), tuple(steps), tuple(seconds))

    def knows(self, name: XName) -> bool:
        """Whether epochs can be placed by `name`: older journals are without steps."""
        return name == "epoch" or self._values(name)[-1] > 0

    def at(self, epoch: float, name: XName) -> float:
        """The value of `name` at an epoch of the run, on a straight line between two epochs."""
        return epoch if name == "epoch" else _mapped(epoch, self.epochs, self._values(name))

    def epoch_at(self, value: float, name: XName) -> float:
        """The epoch of the run at a value of `name`."""
        return value if name == "epoch" else _mapped(value, self._values(name), self.epochs)

    def _values(self, name: XName) -> tuple[float, ...]:
        return self.steps if name == "step" else self.seconds


def _epochs_of(view: RunView, stage: Stage) -> Iterator[EpochView]:
    """The finished epochs of a stage: those of the row that has most, since layers in parallel may
    end one after the other.
    """
    rows = (row for row in view.layers if row.number in stage.rows)
    row = max(rows, key=lambda each: len(each.history), default=None)
    return (each for each in (row.history if row else ()) if each.phase == stage.phase)


def _mapped(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """The y of `x` on the line through (xs, ys); beyond its end at its mean slope."""
    if x >= xs[-1]:
        return ys[-1] + (x - xs[-1]) * (ys[-1] / xs[-1] if xs[-1] else 1.0)
    index = max(1, bisect_left(xs, x))
    (x0, x1), (y0, y1) = xs[index - 1 : index + 1], ys[index - 1 : index + 1]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0) if x1 > x0 else y1


def _epochs_ahead(view: RunView, offsets: dict[tuple[int | None, int | None], int]) -> int:
    """The epochs of the layers of this phase that have not begun, where they learn one after the
    other.
    """
    phase = view.phase
    if phase is None or not any(
        stage.phase == phase.phase and stage.layer is not None for stage in view.stages
    ):
        return 0
    waiting = [r for r in view.layers if r.number and (phase.phase, r.number) not in offsets]
    return phase.epochs * len(waiting)
