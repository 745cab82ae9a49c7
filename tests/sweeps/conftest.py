from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.experiment import Data
from fftui.runs.workspace import Workspace
from fftui.sweeps.plan import SweepPlan, open_sweep
from fftui.sweeps.trials import SweepTrials

RATES = "phases.0.learning_rate=log(1e-3,1e-1)"
UNITS = "model.layers.*.units=4|8|12"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "runs", device="cpu")


@pytest.fixture
def plan_of(small: Any) -> Callable[..., SweepPlan]:
    """A sweep of a network that learns in a fraction of a second."""

    def make(*over: str, experiment: Any = None, **fields: Any) -> SweepPlan:
        data = Data(
            name="mnist-mini",
            normalisation="unit",
            train_images=128,
            validation_images=64,
            test_images=64,
        )
        values: dict[str, Any] = {
            "preset": "tiny",
            "experiment": experiment or small.experiment(data=data),
            "over": over or (UNITS,),
            "pruner": "none",
        }
        return SweepPlan(**(values | fields))

    return make


@pytest.fixture
def trials_of(workspace: Workspace) -> Callable[[SweepPlan], SweepTrials]:
    """The trials of a sweep called `tiny`, as a process opens them."""
    return lambda plan: SweepTrials(open_sweep(workspace.runs_dir, plan, "tiny"), plan)
