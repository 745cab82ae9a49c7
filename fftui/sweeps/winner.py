"""The trial that a sweep has found best, and its accuracy on the test images: measured once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.errors import FFTUIError, RunFailedError
from fftui.runs.folder import RunFolder
from fftui.runs.measured_test import test_accuracy
from fftui.runs.ownership import in_turn
from fftui.runs.workspace import Workspace
from fftui.sweeps.sweep_facts import TrialFacts, best_of
from fftui.sweeps.trials import SweepTrials
from fftui.sweeps.watching import facts_of

WAIT_S = 3600.0  # for another process that measures


@dataclass(frozen=True)
class Winner:
    """The best trial: its number, its accuracy on validation images, and on test images of each
    seed (empty: not measured yet).
    """

    number: int
    value: float
    tests: tuple[float, ...] = ()

    @property
    def test(self) -> float | None:
        """The mean accuracy on test images; None where it was not measured."""
        return sum(self.tests) / len(self.tests) if self.tests else None


def winner_of(
    trials: Sequence[TrialFacts], test_looks: Sequence[Mapping[str, Any]]
) -> Winner | None:
    """The finished trial with the best accuracy on validation images, of equal ones the first; None
    where none has finished.
    """
    best = best_of(trials)
    if best is None or best.accuracy is None:
        return None
    looks = [each["accuracies"] for each in test_looks if each["trial"] == best.number]
    return Winner(best.number, best.accuracy, tuple(looks[-1]) if looks else ())


def measured_winner(trials: SweepTrials, workspace: Workspace) -> Winner | None:
    """The winner with its test accuracy, measured now where it was not before; None where no trial
    has finished.

    Raises RunFailedError where its network cannot be read, DataError where the images cannot.
    """
    with in_turn(trials.folder.path, "testing", WAIT_S):
        best = winner_of(facts_of(trials), trials.test_looks)
        if best is None or best.tests:
            return best
        runs: Mapping[str, str] = trials.all[best.number].user_attrs.get("runs", {})
        tests = [_measured(workspace, run) for run in runs.values()]
        trials.look_at_test(best.number, tests)
    return Winner(best.number, best.value, tuple(tests))


def _measured(workspace: Workspace, run: str) -> float:
    folder = RunFolder(workspace.runs_dir.absolute() / Path(run).name)
    try:
        images = folder.record().images(workspace.data_folder)
        return test_accuracy(folder, data_folder=images, device=workspace.device)
    except FFTUIError as error:
        msg = f"the test images were not measured for run {folder.id}: {error}"
        raise RunFailedError(msg) from error
