"""The claims that a page's runs decide on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.claims.claims_plan import SEEDS, plan
from fftui.claims.setup_runs import Asked
from fftui.data.catalogue import DataName
from fftui.report.claims_section import claims_sections
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace


@pytest.mark.parametrize("data", ["mnist-mini", "cifar10"])
def test_claims_of_quick_runs_are_found_on_every_set(
    data: DataName, finished_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    made = plan(Asked.of("quick", SEEDS, [data], [data]))
    folders = [
        finished_run(experiment)
        for runs in made.planned[:2]  # Forward-Forward and backprop
        for experiment in runs.experiments
    ]
    sections = list(claims_sections(folders, Workspace(tmp_path / "runs")))
    assert [section.id for section in sections] == ["claims-quick"]
