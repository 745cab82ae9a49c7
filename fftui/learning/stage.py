"""A stage: what one trainer learns for the epochs of a phase, as one layer or all in parallel."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from fftui.experiment import Phase
from fftui.learning.divergence import DivergenceGuard
from fftui.learning.network import Network
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.state import BEST, LEARNER, TrainingState
from fftui.learning.validation_watch import ValidationWatch


@dataclass(frozen=True)
class Stage:
    """A trainer of phase `number` (from 1), with what watches over it; `guard` is None where
    learning goes on without finite numbers.
    """

    number: int
    phase: Phase
    trainer: StageTrainer
    watch: ValidationWatch
    guard: DivergenceGuard | None

    @classmethod
    def of(
        cls, number: int, phase: Phase, trainer: StageTrainer, network: Network, *, on_nan: str
    ) -> "Stage":
        """The stage in which `trainer` learns the parameters that it names."""
        watch = ValidationWatch(phase, (*trainer.learned, *network.buffers()))
        guarded = on_nan != "go-on"
        guard = DivergenceGuard(phase, number, trainer, network) if guarded else None
        return cls(number, phase, trainer, watch, guard)

    @property
    def is_sound(self) -> bool:
        """Whether no number was seen that is not finite, as far as anything looks for one."""
        return self.guard is None or not self.guard.diverged

    def is_over(self, epochs: int) -> bool:
        """Whether the stage has no further epoch after so many."""
        return epochs >= self.phase.epochs or self.watch.is_over(epochs)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint needs of it, as `load` takes it."""
        return _named(LEARNER, self.trainer.state()) | _named(BEST, self.watch.state())

    def load(self, state: TrainingState) -> None:
        """Restore what `state` returned, if the checkpoint is from within the stage."""
        if tensors := state.part(LEARNER):
            self.trainer.load(tensors)
        self.watch.load(state.part(BEST))


def _named(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}
