"""A state between two events: all it takes to go on, bit by bit, as if nothing had stopped."""

from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from fftui.learning.timekeeping import Times


@dataclass(frozen=True)
class Position:
    """Where learning stands. Everything counts what is done: 0 at the start, `step` within the current epoch."""

    phase: int = 0
    stretch: int = 0
    epoch: int = 0
    step: int = 0
    done: int = 0  # optimiser steps of the whole run
    times: Times = field(default_factory=Times)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Position":
        """The position that `to_json` described. Raises TypeError and KeyError on other keys."""
        return cls(**{**values, "times": Times(**values["times"])})


@dataclass(frozen=True)
class TrainingState:
    """Weights and, while something learns, its optimiser state and sums; names start with `network.` or `learner.`."""

    tensors: dict[str, Tensor]
    position: Position
