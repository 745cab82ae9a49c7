"""The training state between two events: all that is needed to resume bit by bit."""

from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from fftui.events import MAX_AMOUNT, MAX_COUNT
from fftui.learning.stopwatch import Times

# before the names of tensors: the network's, its trainer's, and the best ones of validation
NETWORK, LEARNER, BEST = "network.", "learner.", "best."


@dataclass(frozen=True)
class Progress:
    """Completed phases, stages of the phase, epochs of the stage, steps of the epoch, and times;
    all 0 at the start.
    """

    phase: int = 0
    stage: int = 0
    epoch: int = 0
    step: int = 0
    done: int = 0  # optimiser steps of the whole run
    times: Times = field(default_factory=Times)

    def is_before(self, phase: int) -> bool:
        """Whether nothing of that phase (from 0) has been learned."""
        within = (self.stage, self.epoch, self.step)
        return phase > self.phase or (phase == self.phase and within == (0, 0, 0))

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Progress":
        """The progress that `to_json` wrote; `stretch`, an older name of `stage`, is read too.

        Raises TypeError and KeyError on other keys, ValueError on values that none can have.
        """
        renamed = {"stage" if key == "stretch" else key: value for key, value in values.items()}
        counts = [value for key, value in renamed.items() if key != "times"]
        for value in counts:
            if type(value) is not int or not 0 <= value <= MAX_COUNT:
                msg = f"{value!r:.40} is no count"
                raise ValueError(msg)
        for value in values["times"].values():
            if type(value) not in (int, float) or not 0 <= value <= MAX_AMOUNT:
                msg = f"{value!r:.40} is no time in seconds"
                raise ValueError(msg)
        return cls(**{**renamed, "times": Times(**values["times"])})


@dataclass(frozen=True)
class TrainingState:
    """Weights (`network.…`) and, while a stage is trained, its trainer's optimiser state and sums
    (`learner.…`) and, where validation images decide, its best weights (`best.…`).
    """

    tensors: dict[str, Tensor]
    progress: Progress

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with `prefix`, by the rest of their names."""
        return {
            name.removeprefix(prefix): each
            for name, each in self.tensors.items()
            if name.startswith(prefix)
        }
