"""Reports as HTML files: whole, escaped, asking for nothing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fftui.cli.report_commands import _of_study
from fftui.comparison.compared import LETTERS
from fftui.errors import RequestError
from fftui.report.html_report import MOST_RUNS, USUAL, ReportRequest, report, study_report
from fftui.report.study_section import study_section
from fftui.runs.annotations import annotate
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.studies.figures import make
from fftui.studies.figures.accuracy_figures import StudyTable
from fftui.studies.results import summary_table
from fftui.studies.study import Study

from .html_check import read_page

HOSTILE = "</title><script src=//x.invalid></script><img src=x onerror=alert(1)> \x1b[2J {{ 7*7 }}"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "runs")


def test_two_runs_are_compared_and_nothing_of_theirs_is_markup(
    new_run: Callable[..., RunFolder], workspace: Workspace
) -> None:
    folders = (
        new_run("wide", losses=(0.5, 0.25, 0.125)),
        new_run("narrow", changes={"model.layers.0.units": 9}, losses=(2.0, 1.0), wrong=40),
    )
    annotate(folders[1].path, note=HOSTILE.replace("\x1b", ""), add_tags=("<b>",))
    record = folders[1].record().model_copy(update={"name": HOSTILE, "source_revision": HOSTILE})
    folders[1].write_record(record)
    content = report(ReportRequest(folders, workspace, title=HOSTILE))
    page = read_page(content)
    text = "".join(page.texts)
    assert page.scripts == 0
    assert "\x1b" not in content.decode()
    assert "49" not in re.findall(r"\{\{.{0,9}", text)
    assert HOSTILE.replace("\x1b", "�") in text
    for said in ("model.layers.0.units", "90.00", "−10.00 ± ", "fftui run --config"):
        assert said.replace("−", "-") in text, said
    assert {"outcomes", "differences", "energy", "machine", "reproduce", "run-A"} <= set(page.ids)


def test_one_run_has_its_curves_layers_and_settings(
    new_run: Callable[..., RunFolder], workspace: Workspace
) -> None:
    page = read_page(report(ReportRequest((new_run("alone"),), workspace)))
    text = "".join(page.texts)
    assert "The run" in text
    assert "phases.0.threshold" in text
    assert any(each.startswith("run-curves") for each in page.ids)
    assert "outcomes" not in page.ids


def test_a_study_has_its_table_its_runs_and_its_command(
    study: Study, finished_run: Callable[..., RunFolder], workspace: Workspace
) -> None:
    with pytest.raises(RequestError, match="study small has no finished run"):
        study_report(study, workspace)
    for trial in study.trials[:3]:
        finished_run(trial.experiment)
    asked = study_report(study, workspace)
    assert len(asked.folders) == 3


def test_the_figures_are_of_the_seeds_of_the_table(
    fifty_runs: tuple[Study, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, workspace = fifty_runs
    study = replace(whole, trials=tuple(t for t in whole.trials if t.experiment.seed == 0))
    drawn: list[pl.DataFrame] = []

    def draw(table: StudyTable) -> Iterator[None]:
        drawn.append(table.summary)
        yield from ()

    monkeypatch.setattr(make, "accuracy_figures", draw)
    study_section(study, workspace)
    assert_frame_equal(drawn[0], summary_table(study, workspace.runs_dir))


def test_a_quick_study_is_reported_at_the_seeds_that_it_runs_by_itself(
    fifty_runs: tuple[Study, Workspace],
) -> None:
    for asked, seeds in ((None, {0}), (2, {0, 1})):
        made = _of_study("threshold", fifty_runs[1], (True, asked), (None, USUAL))
        assert made.study is not None
        assert {trial.experiment.seed for trial in made.study.trials} == seeds


def test_a_study_of_fifty_runs_is_below_three_megabytes(
    fifty_runs: tuple[Study, Workspace],
) -> None:
    content = report(study_report(*fifty_runs))
    page = read_page(content)
    assert len(content) < 3_000_000
    assert {f"run-{letter}" for letter in LETTERS[:50]} <= set(page.ids)
    assert "fftui study threshold --quick" in "".join(page.texts)


def test_more_runs_than_letters_are_refused(workspace: Workspace) -> None:
    folders = tuple(RunFolder(Path(f"/nowhere/{number}")) for number in range(MOST_RUNS + 1))
    with pytest.raises(RequestError, match="at most 52 runs, not 53"):
        report(ReportRequest(folders, workspace))
