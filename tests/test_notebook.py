"""The notebook of the docs, run as a script is."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.runs.folder import RunFolder
from fftui.studies.study_catalogue import STUDIES

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.py"


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_draws_table_1(
    finished_run: Callable[..., RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("marimo")
    trials = STUDIES["table-1"].build("quick", ["mnist-mini"], 1).trials
    for trial in trials:
        finished_run(trial.experiment)
    monkeypatch.setenv("FFTUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FFTUI_SCALE", "quick")
    spec = importlib.util.spec_from_file_location("notebook", NOTEBOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _, found = module.app.run()
    assert found["runs"].height == len(trials)
    assert found["table"]["test accuracy %"].to_list() == [90.0] * len(trials)
    assert [each.name for each in found["drawn"]] == ["table-1"]
