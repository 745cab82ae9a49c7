"""The narrowing screen: what is checked is what is run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.runs.workspace import Workspace
from fftui.studies.study import Study
from fftui.studies.study_catalogue import STUDIES
from fftui.tui.app import FFTUIApp
from fftui.tui.screens.narrow_screen import NarrowScreen
from fftui.tui.screens.study_screen import StudyScreen
from fftui.tui.study_backend import StudyBackend, StudyRun
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, SMALL, text_of, until


class StartedStudies(StudyBackend):
    """A backend that keeps the studies it should start."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.started: list[Study] = []

    def start(self, study: Study) -> StudyRun:
        self.started.append(study)
        return StudyRun(study, self.workspace)  # whose thread is not started


@pytest.fixture
def backend(tmp_path: Path) -> StartedStudies:
    return StartedStudies(Workspace(tmp_path / "runs", tmp_path / "data", "cpu"))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
async def test_a_study_is_narrowed_and_started(
    new_app: Callable[..., FFTUIApp], backend: StartedStudies, monkeypatch, size
) -> None:
    app = new_app()
    monkeypatch.setattr(app, "studies", lambda: backend)
    study = STUDIES["table-1"].build("quick", {"mnist-mini"}, 1)
    async with app.run_test(size=size) as pilot:
        app.show_study(study)
        await pilot.pause()
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NarrowScreen))
        rows = app.screen.query_one(RowList)
        total = app.screen.query_one("#narrow-total", Paragraphs)
        await until(pilot, lambda: "4 trials, 0 done; runs left: 4" in text_of(total))
        assert "[x]    mnist-mini, paper/backprop" in text_of(rows)
        names = [row.cells[-1][0] for row in rows.items]
        rows.move_to(names.index("mnist-mini, paper/backprop"))
        await pilot.press("space")
        await until(pilot, lambda: "3 trials" in text_of(total))
        assert "[ ]    mnist-mini, paper/backprop" in text_of(rows)
        rows.move_to(2)
        await pilot.press("right")
        await until(pilot, lambda: "6 trials" in text_of(total))
        await pilot.press("g")
        await until(pilot, lambda: bool(backend.started))
        assert isinstance(app.screen, StudyScreen)
    (started,) = backend.started
    assert len(started.trials) == 6
    assert "paper/backprop" not in {dict(each.values)["method"] for each in started.conditions}


async def test_absent_sets_say_how_to_get_them_and_the_scale_is_switched(
    new_app: Callable[..., FFTUIApp], backend: StartedStudies, monkeypatch
) -> None:
    app = new_app()
    monkeypatch.setattr(app, "studies", lambda: backend)
    study = STUDIES["table-1"].build("quick", {"mnist-mini"}, 1)
    async with app.run_test(size=SMALL) as pilot:
        app.show_study(study)
        await pilot.pause()
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NarrowScreen))
        rows = app.screen.query_one(RowList)
        total = app.screen.query_one("#narrow-total", Paragraphs)
        await until(pilot, lambda: "4 trials" in text_of(total))
        rows.move_to(1)
        await pilot.press("space")
        await until(
            pilot, lambda: "svhn  not on this machine: fftui data get svhn" in text_of(rows)
        )
        await until(pilot, lambda: "0 trials" in text_of(total))
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, NarrowScreen)
        await pilot.press("end", "space")  # mnist-mini, which is here
        await until(pilot, lambda: "12 trials" in text_of(total))
        await pilot.press("a")
        await until(pilot, lambda: "0 trials" in text_of(total))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, StudyScreen))
        assert app.screen.study == study
