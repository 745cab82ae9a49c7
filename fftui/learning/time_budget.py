"""How much of its learning time a stage has used, where the run may learn for so long."""

from fftui.experiment import Experiment
from fftui.experiment.cost import shares_of_time_left
from fftui.learning.stopwatch import Times


class TimeBudget:
    """The learning time of a run, shared among its stages; endless without `budget_s`."""

    def __init__(self, experiment: Experiment) -> None:
        self._budget_s = experiment.budget_s
        self._shares = shares_of_time_left(experiment)

    def used(self, stage: int, times: Times) -> float:
        """How much the stage of that number in the run (from 0) has used of its share of the time
        that was left when it began: 0 to 1 and beyond.
        """
        if self._budget_s is None:
            return 0.0
        left_s = self._budget_s - (times.train_s - times.layer_s)
        return times.layer_s / (self._shares[stage] * left_s) if left_s > 0 else 1.0
