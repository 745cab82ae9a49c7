"""A state between two events: all it takes to go on, bit by bit, as if nothing had stopped."""

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Position:
    """Where learning stands. Everything counts what is done: 0 at the start, `step` within the current epoch."""

    phase: int = 0
    stretch: int = 0
    epoch: int = 0
    step: int = 0
    done: int = 0  # optimiser steps of the whole run
    train_s: float = 0.0
    layer_s: float = 0.0
    epoch_s: float = 0.0
    compute_s: float = 0.0

    def to_json(self) -> dict[str, int | float]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Position":
        """The position that `to_json` described. Raises TypeError on other keys."""
        return cls(**values)


@dataclass(frozen=True)
class TrainingState:
    """Weights and, while something learns, its optimiser state and sums; names start with `network.` or `learner.`."""

    tensors: dict[str, Tensor]
    position: Position
