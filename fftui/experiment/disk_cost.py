"""The room on the disk that a run of an experiment takes, derived from the experiment alone.

Checkpoints are counted; rows are estimated from the journals of runs, to a factor of about two.
"""

from dataclasses import dataclass

from fftui.experiment.cost import context_of
from fftui.experiment.cost_terms import BYTES, StageTerms
from fftui.experiment.experiment import Experiment
from fftui.experiment.memory_cost import MOMENTS
from fftui.experiment.phase_configs import PhaseConfig

RUN_BYTES = 60_000  # its record, the beginning and the end of its journal, empty tables
# in the journal and in the tables: an epoch with its windows and measurements, a layer's means
EPOCH_BYTES, MEANS_BYTES = 1800, 300
STEPS_BYTES, SAMPLE_BYTES = 200, 300  # a second of steps; a sample of the machine's metrics


@dataclass(frozen=True)
class DiskCost:
    """Bytes of the weights alone, of the largest checkpoint, of rows that do not depend on the
    time, and of rows that a second of learning adds. A checkpoint is written beside the last one.
    """

    weights: float
    checkpoint: float
    rows: float
    rows_per_s: float

    def total(self, seconds: float | None) -> float:
        """All of it at the peak, after so many `seconds` (None: not known, and not counted)."""
        return 2 * self.checkpoint + self.rows + self.rows_per_s * (seconds or 0.0)


def disk_of(experiment: Experiment) -> DiskCost:
    """The room that a run of `experiment` takes."""
    context = context_of(experiment)
    head = context.head_inputs * context.classes
    network = sum(layer.weights for layer in context.layers) + head
    stages = [(phase, each) for phase in experiment.phases for each in phase.stage_terms(context)]
    learner = max(_learner(phase, stage, head) for phase, stage in stages)
    rows = RUN_BYTES + sum(_rows(phase, stage) for phase, stage in stages)
    per_s = STEPS_BYTES + SAMPLE_BYTES * experiment.telemetry.hz
    return DiskCost(BYTES * network, BYTES * (network + learner), rows, per_s)


def _learner(phase: PhaseConfig, stage: StageTerms, head: float) -> float:
    """Floats of an optimiser's state."""
    weights = sum(layer.weights for layer in stage.layers) + head
    return MOMENTS[phase.optimizer.kind] * weights + stage.sums


def _rows(phase: PhaseConfig, stage: StageTerms) -> float:
    """Bytes of the epochs of a stage."""
    return phase.epochs * (EPOCH_BYTES + MEANS_BYTES * max(0, len(stage.layers) - 1))
