"""How many optimiser steps a run has: of an epoch, of a stage, and of all its phases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fftui.experiment import Phase
from fftui.learning.rules.phase_rule import PhaseRule
from fftui.learning.state import Progress


@dataclass(frozen=True)
class Steps:
    """Steps over so many images: of an epoch of each phase, and of each stage in turn."""

    images: int
    batch_sizes: tuple[int, ...]
    of_epochs: tuple[int, ...]
    of_stages: tuple[int, ...]

    @classmethod
    def of(cls, phases: Sequence[Phase], rules: Sequence[PhaseRule], images: int) -> "Steps":
        """Those of phases that learn by their rules."""
        batch_sizes = tuple(phase.batch_size for phase in phases)
        of_epochs = tuple(math.ceil(images / size) for size in batch_sizes)
        of_stages = (
            phase.epochs * steps
            for phase, rule, steps in zip(phases, rules, of_epochs, strict=True)
            for _ in range(rule.stages)
        )
        return cls(images, batch_sizes, of_epochs, tuple(of_stages))

    @property
    def total(self) -> int:
        """Those of the whole run."""
        return sum(self.of_stages)

    def taken(self, progress: Progress) -> int:
        """Those that the current stage has taken."""
        return progress.epoch * self.of_epochs[progress.phase] + progress.step

    def images_seen(self, progress: Progress) -> int:
        """How many images the current epoch has seen."""
        return min(progress.step * self.batch_sizes[progress.phase], self.images)
