"""What tests of carrying studies out share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.executors.local import LocalExecutor
from fftui.runs.workspace import Workspace
from fftui.studies.runner import TrialProgress, run_study
from fftui.studies.study import Study


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def carry(runs: Path, fake_trainings: Any) -> Callable[..., list[TrialProgress]]:
    """Carries a study out with trainings that stand in: what came of each trial."""

    def carry(study: Study, jobs: int = 1, **options: Any) -> list[TrialProgress]:
        progress = run_study(
            study,
            Workspace(runs, device="cpu"),
            executor=LocalExecutor(jobs, fake_trainings),
            **options,
        )
        return [each for each in progress if each.over]

    return carry
