"""Studies on screen: the list, and one study with its results."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from rich.cells import cell_len

from fftui.errors import RequestError
from fftui.events import Status
from fftui.runs.view import RunView
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Condition, Scale, Study
from fftui.tui.app import FFTUIApp
from fftui.tui.messages import HandOver, OpenRun, StartStudy
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.look_screen import LookScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.screens.queue_screen import QueueScreen
from fftui.tui.screens.run_panes import RunPanes
from fftui.tui.screens.studies_screen import StudiesScreen
from fftui.tui.screens.study_screen import StudyScreen
from fftui.tui.study_backend import StudyFacts, StudyTable
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.row_widget import RowWidget
from fftui.tui.widgets.run_status import ProgressLine, RunHeader
from fftui.tui.widgets.study_widgets import StudyHeader, columns_of

from .on_screen import LARGE, SMALL, both_sizes, text_of, until
from .study_facts import at, two_conditions


@pytest.fixture
def study() -> Study:
    return two_conditions()


@dataclass
class FakeRun:
    """A study's thread that does nothing."""

    study: Study
    progress: TrialProgress | None = None
    ended: tuple[TrialProgress, ...] = ()
    problem: str = ""
    view: RunView = field(default_factory=RunView)
    alive: bool = True
    stopping: bool = False
    paused: bool = False
    status: Status = "finished"

    def stop(self) -> None:
        self.stopping = True

    def is_alive(self) -> bool:
        return self.alive


@dataclass
class FakeStudyBackend:
    """A backend with one study of which `done` trials are done."""

    study: Study
    run: FakeRun
    done: int = 1
    table_read: int = 0
    runs: dict[Condition, str] = field(default_factory=dict)

    def load_studies(self, scale: Scale) -> list[StudyFacts]:
        return [self.load_study(self.study)]

    def load_study(self, study: Study) -> StudyFacts:
        left = tuple(t.experiment for t in study.trials[self.done :])
        return StudyFacts(study, self.done, left, runs=self.runs)

    def table(self, study: Study) -> StudyTable:
        self.table_read += 1
        columns = ("method", "θ", "test accuracy %", "paper %", "learned for", "seeds", "note")
        one = ("paper/ff at equal updates", "2", "96.80 ± 0.31", "97.14", "2:13", "2", "")
        return StudyTable(columns, (one, ("ff", "", "", "", "", "", "2 not run")))

    def start(self, study: Study) -> FakeRun:
        self.run.alive = True
        return self.run


@pytest.fixture
def backend(study: Study) -> FakeStudyBackend:
    return FakeStudyBackend(study, FakeRun(study))


@pytest.fixture
def study_app(
    new_app: Callable[..., FFTUIApp], backend: FakeStudyBackend, monkeypatch: pytest.MonkeyPatch
) -> FFTUIApp:
    app = new_app()
    monkeypatch.setattr(app, "studies", lambda: backend)
    return app


@both_sizes
async def test_studies_are_listed_with_their_trials(study_app: FFTUIApp, size) -> None:
    async with study_app.run_test(size=size) as pilot:
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(study_app.screen, StudiesScreen)
        rows, about = (
            study_app.screen.query_one(RowList),
            study_app.screen.query_one("#about", Paragraphs),
        )
        assert "sample-complexity" in text_of(rows)
        await until(pilot, lambda: "~" in text_of(rows))
        names = [row.cells[0][0] for row in rows.items]
        rows.move_to(names.index("threshold"))
        await pilot.pause()
        assert "4 trials, 1 done; runs left: 3" in text_of(about)
        assert "svhn is not on this machine" in text_of(about)
        assert "quick" in str(rows.border_title)
        await pilot.press("f")
        await pilot.pause()
        assert "full" in str(rows.border_title)
        assert "3 seeds" in str(rows.border_title)
        await pilot.press("b")
        await pilot.pause()
        assert isinstance(study_app.screen, PresetsScreen)


@both_sizes
async def test_a_study_is_started_watched_and_stopped(
    study_app: FFTUIApp, backend: FakeStudyBackend, study: Study, parallel_view_of, size
) -> None:
    async with study_app.run_test(size=size) as pilot:
        study_app.show_study(study)
        await pilot.pause()
        screen = study_app.screen
        results, head = screen.query_one("#results", RowList), screen.query_one(StudyHeader)
        await until(pilot, lambda: "96.80 ± 0.31" in text_of(results))
        assert "97.14" in text_of(results)
        assert "How sensitive is it?" in str(results.border_title)
        assert "1 of 4 done" in text_of(head)
        assert not screen.query_one(RunPanes).display
        await pilot.press("s")
        await pilot.pause()
        assert study_app.screen is screen
        await pilot.press("g")
        await until(pilot, lambda: "checking which runs exist" in text_of(head))
        assert study_app.busy
        backend.run.view = parallel_view_of(until=7)
        backend.run.progress = at(study, 2, view=backend.run.view)
        await until(pilot, lambda: "● learning" in text_of(screen.query_one(LayerTable)))
        assert "trial 2 of 4" in text_of(head)
        assert "ff, seed 0" in text_of(head)
        assert "7/20" in text_of(screen.query_one(LayerTable))
        assert "the-run" in text_of(screen.query_one(RunHeader))
        assert "left" in text_of(screen.query_one(ProgressLine))
        assert [row.cells[0][0] for row in results.items] == ["·", "●"]
        await pilot.press("2", "3", "4", "1")
        read, backend.done = backend.table_read, 2
        backend.run.ended = (at(study, 2, "finished"),)
        backend.run.progress = backend.run.ended[0]
        await until(pilot, lambda: backend.table_read > read and "2 of 4 done" in text_of(head))
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(study_app.screen, ConfirmDialog)
        await pilot.press("s")
        await until(pilot, lambda: backend.run.stopping)
        await until(pilot, lambda: "stopping" in text_of(head))
        backend.run.alive = False
        await until(pilot, lambda: "interrupted" in text_of(head))
        assert not study_app.busy


@pytest.mark.parametrize("size", [SMALL, LARGE, (120, 25), (80, 60)])
async def test_every_row_and_line_fits_its_width(
    study_app: FFTUIApp, backend: FakeStudyBackend, study: Study, parallel_view_of, size
) -> None:
    backend.run.view = parallel_view_of(until=7)
    backend.run.progress = at(study, 1, view=backend.run.view)
    backend.run.ended = (at(study, 1, "failed", error="out of memory " * 30),)
    study_app.study_run = backend.run  # type: ignore[assignment]
    async with study_app.run_test(size=size) as pilot:
        study_app.show_study(study)
        await pilot.pause()
        screen = study_app.screen
        await until(
            pilot, lambda: "failed: out of memory" in text_of(screen.query_one(StudyHeader))
        )
        await until(pilot, lambda: bool(screen.query_one("#results", RowList).items))
        for widget in screen.query(RowWidget):
            if widget.display and widget.size.width:
                for row in text_of(widget).split("\n"):
                    assert cell_len(row) <= widget.size.width, (widget, row)


async def test_a_running_study_is_shown_again_and_its_run_opened(
    study_app: FFTUIApp, backend: FakeStudyBackend, study: Study, view_of
) -> None:
    async with study_app.run_test(size=SMALL) as pilot:
        study_app.show_study(study)
        await pilot.pause()
        await pilot.press("g")
        backend.run.view = view_of(until=(1, 2))
        backend.run.progress = at(study, 1, view=backend.run.view)
        await pilot.pause(0.4)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(study_app.screen, LiveScreen))
        await pilot.press("b")
        await pilot.pause()
        assert isinstance(study_app.screen, StudyScreen)
        await pilot.press("b", "l")
        await until(pilot, lambda: isinstance(study_app.screen, StudyScreen))
        await pilot.press("b", "enter")
        await pilot.pause()
        await pilot.press("enter")  # a run while the study learns
        await until(pilot, lambda: isinstance(study_app.screen, ConfirmDialog))
        await pilot.press("escape")
        await pilot.pause()
        assert study_app.study_run is backend.run
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert isinstance(study_app.screen, ConfirmDialog)
        await pilot.press("k")
        await pilot.pause()
    assert study_app.return_value == "keep"


async def test_the_queue_opens_a_study_as_a_study(
    study_app: FFTUIApp, backend: FakeStudyBackend, study: Study
) -> None:
    name = f"study {study.name}"
    async with study_app.run_test(size=SMALL, notifications=True) as pilot:
        study_app.post_message(StartStudy(study))
        await until(pilot, lambda: study_app.busy)
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(study_app.screen, QueueScreen))
        assert study_app.screen.current == name
        assert study_app.screen.run_shown is None, "there is no run to copy the commands of"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(study_app.screen, StudyScreen))
        study_app.post_message(HandOver(name))  # no process could go on with it
        backend.run.alive = False
        await until(pilot, lambda: bool(study_app.ended))
        assert study_app.is_running and study_app.return_value is None
        study_app.study_run = study_app.source = None  # as once a run was started later
        await pilot.press("b")
        await until(pilot, lambda: isinstance(study_app.screen, QueueScreen))
        study_app.post_message(OpenRun(name))
        await until(
            pilot, lambda: any("in the list" in n.message for n in study_app._notifications)
        )
        assert isinstance(study_app.screen, QueueScreen)


async def test_a_run_of_the_condition_under_the_cursor_is_looked_into(
    study_app: FFTUIApp, backend: FakeStudyBackend, study: Study, view_of
) -> None:
    backend.runs[study.conditions[1]] = "the-other-run"
    async with study_app.run_test(size=SMALL, notifications=True) as pilot:
        study_app.show_study(study)
        await pilot.pause()
        screen = study_app.screen
        assert isinstance(screen, StudyScreen)
        await until(pilot, lambda: bool(screen.query_one("#results", RowList).items))
        await pilot.press("i")
        assert any("no run of this" in n.message for n in study_app._notifications)
        assert study_app.screen is screen
        await pilot.press("down", "i")
        await until(pilot, lambda: isinstance(study_app.screen, LookScreen))
        assert study_app.screen.title == "the-other-run"
        await pilot.press("b")
        await pilot.press("home")
        await pilot.press("g")
        backend.run.view = view_of(until=(2, 1))
        backend.run.progress = at(study, 1, view=backend.run.view)
        await until(pilot, lambda: screen.panes.selected is not None)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(study_app.screen, LookScreen))
        assert study_app.screen.title == "the-run"


async def test_ascii_is_ascii(
    new_app, backend: FakeStudyBackend, study: Study, parallel_view_of, monkeypatch
) -> None:
    app = new_app(ascii_only=True)
    monkeypatch.setattr(app, "studies", lambda: backend)
    backend.run.view = parallel_view_of(until=7)
    backend.run.progress = at(study, 1, view=backend.run.view)
    app.study_run = backend.run
    async with app.run_test(size=SMALL) as pilot:
        app.show_study(study)
        await pilot.pause()
        results = app.screen.query_one("#results", RowList)
        await until(pilot, lambda: bool(results.items))
        header = app.screen.query_one(StudyHeader)
        await until(pilot, lambda: "* running" in text_of(header))
        drawn = "".join(s.text for strip in app.screen._compositor.render_strips() for s in strip)
        assert drawn.isascii(), {c for c in drawn if not c.isascii()}


async def test_the_palette_offers_the_studies(study_app: FFTUIApp) -> None:
    async with study_app.run_test(size=LARGE) as pilot:
        await pilot.press("ctrl+p", *"studies")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(study_app.screen, StudiesScreen))


@both_sizes
async def test_no_key_fails_before_anything_is_loaded(
    study_app: FFTUIApp, backend: FakeStudyBackend, monkeypatch, size
) -> None:
    def fail(*_: object) -> StudyTable:
        raise RequestError("cannot read the runs in there")

    monkeypatch.setattr(backend, "load_studies", fail)
    monkeypatch.setattr(backend, "table", fail)
    async with study_app.run_test(size=size) as pilot:
        await pilot.press("s", "down", "enter", "f", "down", "end", "enter", "question_mark")
        await pilot.press("escape")
        await until(
            pilot,
            lambda: "cannot read" in text_of(study_app.screen.query_one("#about", Paragraphs)),
        )
        study_app.show_study(backend.study)
        await pilot.press(
            "s", "o", "2", "3", "4", "up", "down", "enter", "question_mark", "escape", "1"
        )
        await until(
            pilot, lambda: "cannot read" in text_of(study_app.screen.query_one("#results", RowList))
        )


def test_numbers_are_dropped_before_columns_that_identify_conditions() -> None:
    columns = ("method", "images", "test accuracy %", "paper %", "learned for", "note")
    table = StudyTable(
        columns, (("paper/ff at equal updates", "1000", "97", "96", "12 s", "2 not run"),)
    )
    wide = columns_of(table, ["method", "images"], 100)
    assert [column.title for column in wide if column.drop == 0] == [
        "",
        "method",
        "images",
        *columns[2:4],
    ]
    assert [column.title for column in wide if column.elastic] == ["note"]
    assert [column.right for column in wide] == [False, False, False, True, True, True, False]
    narrow = columns_of(table, ["method", "images"], 60)
    assert [column.title for column in narrow if column.elastic] == ["method"]
    no_note = StudyTable(columns[:-1], (table.rows[0][:-1],))
    whole = columns_of(no_note, ["method", "images"], 80)
    assert [(c.title, c.least) for c in whole if c.elastic] == [("images", 6)]
