"""A refusal, once the display is open, leaves the terminal as it was: a bar hides the cursor."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from fftui.cli import study_headless, sweep_headless
from fftui.errors import RequestError
from fftui.executors.local import LocalExecutor
from fftui.runs.workspace import Workspace
from fftui.studies.study import Study
from fftui.sweeps import sweeping
from fftui.text import headless


def refuse(*_: Any, **__: Any) -> None:
    raise RequestError("no room")


@pytest.mark.parametrize("of", ["study", "sweep", "run"])
def test_a_refusal_closes_the_display(
    of: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, workspace = Mock(), Workspace(tmp_path, device="cpu")
    for module in (study_headless, sweep_headless, headless):
        monkeypatch.setattr(module, "display_here", lambda: shown)
    monkeypatch.setattr(study_headless, "run_study", refuse)
    monkeypatch.setattr(sweeping, "run_sweep", refuse)
    with pytest.raises(RequestError, match="no room"):
        if of == "study":
            study_headless.follow(study, workspace, LocalExecutor())
        elif of == "sweep":
            trials = Mock(all=(), of_grid=None)
            sweep_headless._follow(Mock(), Mock(), workspace, 1, LocalExecutor(), trials)
        else:
            headless.run_experiment(Mock(start=refuse))
    shown.close.assert_called_once_with()
