"""The runs that a figure of a study is drawn from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.studies.figures import FigureRequest, Picture, SkippedFigure, pictures
from fftui.studies.figures.known_runs import method_runs, studied
from fftui.studies.figures.method_runs import FIGURE_SETS, PER_IMAGE
from fftui.studies.study_catalogue import STUDIES

Finished = Callable[..., RunFolder]


def with_times(folder: RunFolder, **times: float) -> RunFolder:
    folder.write_record(folder.record().model_copy(update=times))
    return folder


def test_of_several_seeds_the_run_of_median_time_is_shown(
    small: Any, finished_run: Finished, tmp_path: Path
) -> None:
    trials = [small.trial(8, seed, method="paper/ff") for seed in range(4)]
    for trial, e2e_s in zip(trials, (40.0, 10.0, 30.0, 20.0), strict=True):
        with_times(finished_run(trial.experiment), e2e_s=e2e_s, train_s=6.0, evaluation_s=1.0)
    (shown,) = method_runs(small.study(*trials), tmp_path / "runs")
    assert shown.method == "paper/ff"
    assert shown.e2e_range_s == (10.0, 40.0)
    assert shown.time_shares is not None
    assert shown.time_shares.e2e_s == pytest.approx(20.0)
    assert (shown.time_shares.learning_s, shown.time_shares.evaluation_s) == (6.0, 1.0)
    assert shown.time_shares.loading_s == pytest.approx(13.0)


def test_a_run_whose_journal_says_no_whole_time_has_none(
    small: Any, finished_run: Finished, tmp_path: Path
) -> None:
    trial = small.trial(8, method="paper/ff")
    finished_run(trial.experiment)
    (shown,) = method_runs(small.study(trial), tmp_path / "runs")
    assert shown.time_shares is None
    assert shown.e2e_range_s is None


@pytest.mark.parametrize("scale", ["quick", "full"])
def test_the_papers_sets_their_stand_in_and_its_pipeline_are_looked_for(scale: Any) -> None:
    study = studied(STUDIES["table-1"], scale, 2)
    seen = {tuple(value for _, value in trial.condition.values) for trial in study.trials}
    assert {data for data, _ in seen} == set(FIGURE_SETS)
    assert {(data, PER_IMAGE) for data in FIGURE_SETS} <= seen
    piped = [t.experiment for t in study.trials if ("method", PER_IMAGE) in t.condition.values]
    assert {each.data.loader for each in piped} == {"per-image"}
    assert {each.seed for each in piped} == {0, 1}


def test_a_figure_of_the_paper_is_asked_for_by_its_name(
    finished_run: Finished, tmp_path: Path
) -> None:
    study = studied(STUDIES["table-1"], "quick", 1)
    for trial in study.trials:
        if ("data", "mnist-mini") in trial.condition.values:
            folder = finished_run(trial.experiment)
            with_times(folder, e2e_s=5.0, train_s=3.0, evaluation_s=1.0)
    workspace = Workspace(tmp_path / "runs")
    made = list(pictures(FigureRequest(("figure-3",), workspace, ("svg", "png"), "quick")))
    assert [(each.name, each.file_format) for each in made if isinstance(each, Picture)] == [
        ("figure-3-times", "svg"),
        ("figure-3-times", "png"),
    ]
    text = next(each.content for each in made if isinstance(each, Picture)).decode()
    assert PER_IMAGE in text
    assert "quick scale" in text
    left = list(pictures(FigureRequest(("figure-7-power",), workspace)))
    assert [type(each) for each in left] == [SkippedFigure]
