"""Studies on screen: the list, one study and what it came to, and the thread that carries it out."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.presets import load_preset
from fftui.runs.view import RunView
from fftui.studies.matching import KnownRuns
from fftui.studies.runner import Progress
from fftui.studies.study import Condition, Scale, Study, Trial
from fftui.tui import studies
from fftui.tui.app import FFTUIApp
from fftui.tui.screens.ask import Ask
from fftui.tui.screens.live import LiveScreen
from fftui.tui.screens.presets import PresetsScreen
from fftui.tui.screens.studies import StudiesScreen
from fftui.tui.screens.study import StudyScreen
from fftui.tui.studies import StudyBench, StudyFacts, StudyRun, StudyTable, facts_of
from fftui.tui.widgets.layers import LayerTable
from fftui.tui.widgets.painted import Painted
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.status import ProgressLine, RunHead
from fftui.tui.widgets.study import StudyHead, columns_of
from fftui.tui.widgets.text import Paragraphs

SMALL, LARGE = (80, 24), (200, 50)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])


def text_of(widget: Painted) -> str:
    lines = widget.rows(widget.size.width, widget.size.height)
    return "\n".join("".join(text for text, _ in line.pieces) for line in lines)


async def until(pilot: Pilot, true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.05)
    raise AssertionError("it does not come true")


def experiment(seed: int = 0, epochs: int = 1) -> Experiment:
    return load_preset("quickstart", overrides=[f"phases.0.epochs={epochs}"], seed=seed)


@pytest.fixture
def study() -> Study:
    """Two conditions at two seeds."""
    one = Condition((("method", "paper/ff at equal updates"), ("θ", 2.0)), 97.14, 99.0)
    other = Condition((("method", "ff"), ("θ", None)))
    trials = tuple(
        Trial(condition, experiment(seed, epochs)) for seed in (0, 1) for epochs, condition in ((1, one), (2, other))
    )
    return Study("threshold", "The threshold θ", "How sensitive is it?", trials, ("svhn is not on this machine",))


@dataclass
class FakeRun:
    """A study's thread that stands still."""

    study: Study
    progress: Progress | None = None
    over: tuple[Progress, ...] = ()
    problem: str = ""
    view: RunView = field(default_factory=RunView)
    alive: bool = True
    stopping: bool = False
    paused: bool = False

    def stop(self) -> None:
        self.stopping = True

    def is_alive(self) -> bool:
        return self.alive


@dataclass
class FakeBench:
    """Studies that stand as told."""

    study: Study
    run: FakeRun
    done: int = 1
    table_read: int = 0

    def survey(self, scale: Scale) -> list[StudyFacts]:
        return [self.look_at(self.study)]

    def look_at(self, study: Study) -> StudyFacts:
        return StudyFacts(study, self.done, tuple(t.experiment for t in study.trials[self.done :]))

    def table(self, study: Study) -> StudyTable:
        self.table_read += 1
        head = ("method", "θ", "test accuracy %", "paper %", "learned for", "seeds", "note")
        one = ("paper/ff at equal updates", "2", "96.80 ± 0.31", "97.14", "2:13", "2", "")
        return StudyTable(head, (one, ("ff", "", "", "", "", "", "2 not run")))

    def start(self, study: Study) -> FakeRun:
        self.run.alive = True
        return self.run


@pytest.fixture
def bench(study: Study) -> FakeBench:
    return FakeBench(study, FakeRun(study))


@pytest.fixture
def study_app(new_app: Callable[..., FFTUIApp], bench: FakeBench, monkeypatch: pytest.MonkeyPatch) -> FFTUIApp:
    app = new_app()
    monkeypatch.setattr(app, "studies", lambda: bench)
    return app


def at(study: Study, index: int, state: str = "running", view: RunView | None = None, **more: object) -> Progress:
    return Progress(index, len(study.trials), study.trials[index - 1], state, view, "the-run", **more)  # type: ignore[arg-type]


@both_sizes
async def test_studies_are_listed_with_what_is_there_of_them(study_app: FFTUIApp, size) -> None:
    async with study_app.run_test(size=size) as pilot:
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(study_app.screen, StudiesScreen)
        rows, about = study_app.screen.query_one(RowList), study_app.screen.query_one("#about", Paragraphs)
        assert "sample-complexity" in text_of(rows)
        await until(pilot, lambda: "~" in text_of(rows))
        names = [row.cells[0][0] for row in rows.items]
        rows.move_to(names.index("threshold"))
        await pilot.pause()
        assert "4 trials, 1 done; runs to come: 3" in text_of(about)
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
    study_app: FFTUIApp, bench: FakeBench, study: Study, parallel_view_of, size
) -> None:
    async with study_app.run_test(size=size) as pilot:
        study_app.push_screen(StudyScreen(study))
        await pilot.pause()
        screen = study_app.screen
        results, head = screen.query_one("#results", RowList), screen.query_one(StudyHead)
        await until(pilot, lambda: "96.80 ± 0.31" in text_of(results))
        assert "97.14" in text_of(results)
        assert "How sensitive is it?" in str(results.border_title)
        assert "1 of 4 done" in text_of(head)
        assert not screen.query_one(LayerTable).display
        await pilot.press("s")
        await pilot.pause()
        assert study_app.screen is screen
        await pilot.press("g")
        await until(pilot, lambda: "looking at what is there" in text_of(head))
        assert study_app.busy
        bench.run.view = parallel_view_of(until=7)
        bench.run.progress = at(study, 2, view=bench.run.view)
        await until(pilot, lambda: "● learning" in text_of(screen.query_one(LayerTable)))
        assert "trial 2 of 4" in text_of(head)
        assert "ff, seed 0" in text_of(head)
        assert "7/20" in text_of(screen.query_one(LayerTable))
        assert "cnn" in text_of(screen.query_one(RunHead))
        assert "left" in text_of(screen.query_one(ProgressLine))
        assert [row.cells[0][0] for row in results.items] == ["·", "●"]
        await pilot.press("2", "3", "4", "1")
        read, bench.done = bench.table_read, 2
        bench.run.over = (at(study, 2, "finished"),)
        bench.run.progress = bench.run.over[0]
        await until(pilot, lambda: bench.table_read > read and "2 of 4 done" in text_of(head))
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(study_app.screen, Ask)
        await pilot.press("s")
        await until(pilot, lambda: bench.run.stopping)
        await until(pilot, lambda: "stopping" in text_of(head))
        bench.run.alive = False
        await until(pilot, lambda: "interrupted" in text_of(head))
        assert not study_app.busy


@pytest.mark.parametrize("size", [SMALL, LARGE, (120, 25), (80, 60)])
async def test_every_row_and_line_fits_its_width(
    study_app: FFTUIApp, bench: FakeBench, study: Study, parallel_view_of, size
) -> None:
    bench.run.view = parallel_view_of(until=7)
    bench.run.progress = at(study, 1, view=bench.run.view)
    bench.run.over = (at(study, 1, "failed", error="out of memory " * 30),)
    study_app.study_run = bench.run  # type: ignore[assignment]
    async with study_app.run_test(size=size) as pilot:
        study_app.push_screen(StudyScreen(study))
        await pilot.pause()
        screen = study_app.screen
        await until(pilot, lambda: "failed: out of memory" in text_of(screen.query_one(StudyHead)))
        await until(pilot, lambda: bool(screen.query_one("#results", RowList).items))
        for widget in screen.query(Painted):
            if widget.display and widget.size.width:
                for row in text_of(widget).split("\n"):
                    assert cell_len(row) <= widget.size.width, (widget, row)


async def test_the_study_at_work_is_come_back_to_and_its_run_opened(
    study_app: FFTUIApp, bench: FakeBench, study: Study, view_of
) -> None:
    async with study_app.run_test(size=SMALL) as pilot:
        study_app.push_screen(StudyScreen(study))
        await pilot.pause()
        await pilot.press("g")
        bench.run.view = view_of(until=(1, 2))
        bench.run.progress = at(study, 1, view=bench.run.view)
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
        await pilot.pause()
        assert study_app.study_run is bench.run
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert isinstance(study_app.screen, Ask)
        await pilot.press("k")
        await pilot.pause()
    assert study_app.return_value == "keep"


async def test_ascii_is_ascii(new_app, bench: FakeBench, study: Study, parallel_view_of, monkeypatch) -> None:
    app = new_app(ascii_only=True)
    monkeypatch.setattr(app, "studies", lambda: bench)
    bench.run.view = parallel_view_of(until=7)
    bench.run.progress = at(study, 1, view=bench.run.view)
    app.study_run = bench.run
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(StudyScreen(study))
        await pilot.pause()
        results = app.screen.query_one("#results", RowList)
        await until(pilot, lambda: bool(results.items))
        await pilot.pause(0.3)
        drawn = "".join(s.text for strip in app.screen._compositor.render_strips() for s in strip)
        assert drawn.isascii(), {c for c in drawn if not c.isascii()}
        assert "* running" in text_of(app.screen.query_one(StudyHead))


async def test_the_palette_offers_the_studies(study_app: FFTUIApp) -> None:
    async with study_app.run_test(size=LARGE) as pilot:
        await pilot.press("ctrl+p", *"studies")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(study_app.screen, StudiesScreen))


@both_sizes
async def test_no_key_dies_before_anything_is_known(study_app: FFTUIApp, bench: FakeBench, monkeypatch, size) -> None:
    def fail(*_: object) -> StudyTable:
        raise RequestError("cannot read the runs in there")

    monkeypatch.setattr(bench, "survey", fail)
    monkeypatch.setattr(bench, "table", fail)
    async with study_app.run_test(size=size) as pilot:
        await pilot.press("s", "enter", "f", "down", "end", "enter", "question_mark")
        await pilot.press("escape")
        await until(pilot, lambda: "cannot read" in text_of(study_app.screen.query_one("#about", Paragraphs)))
        study_app.push_screen(StudyScreen(bench.study))
        await pilot.press("s", "o", "2", "3", "4", "up", "down", "enter", "question_mark", "escape", "1")
        await until(pilot, lambda: "cannot read" in text_of(study_app.screen.query_one("#results", RowList)))


def test_how_a_study_stands_is_told_by_its_runs(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fftui.runs.estimate._Measured.rates", None)  # another test may have measured this machine
    facts = facts_of(study, KnownRuns())
    assert (facts.done, len(facts.to_come)) == (0, 4)
    assert facts.expected_s is None
    monkeypatch.setattr(studies, "expected_seconds", lambda experiment: 2.5)
    assert facts.expected_s == 10.0
    repeated = Study("x", "", "", (*study.trials, study.trials[0]))
    assert len(facts_of(repeated, KnownRuns()).to_come) == 4


def test_the_thread_tells_how_its_trials_stand(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view_of: Callable[..., RunView]
) -> None:
    view, go = view_of(until=(1, 2)), threading.Event()

    def carry_out(*_: object, stop: threading.Event) -> Iterator[Progress]:
        yield at(study, 1, "there")
        yield at(study, 2, view=view)
        go.wait(10)
        if stop.is_set():
            yield at(study, 2, "interrupted", view)
            return
        raise AssertionError

    monkeypatch.setattr(studies, "carry_out", carry_out)
    run = StudyBench(tmp_path, None, "cpu").start(study)
    while run.progress is None or run.progress.index < 2:
        run.join(0.01)
    assert run.view is view
    assert [progress.state for progress in run.over] == ["there"]
    run.stop()
    go.set()
    run.join(10)
    assert not run.is_alive()
    assert [progress.state for progress in run.over] == ["there", "interrupted"]
    assert run.stopping


def test_what_keeps_a_study_from_being_carried_out_is_said(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out(*_: object, stop: threading.Event) -> Iterator[Progress]:
        raise RequestError("cannot make a run\nat all")
        yield

    monkeypatch.setattr(studies, "carry_out", carry_out)
    run = StudyRun(study, StudyBench(tmp_path, None, "cpu"))
    run.run()
    assert run.problem == "cannot make a run"


def test_figures_give_way_before_what_tells_conditions_apart() -> None:
    head = ("method", "images", "test accuracy %", "paper %", "learned for", "note")
    table = StudyTable(head, (("paper/ff at equal updates", "1000", "97", "96", "12 s", "2 not run"),))
    wide = columns_of(table, ["method", "images"], 100)
    assert [column.head for column in wide if column.drop == 0] == ["", "method", "images", *head[2:4]]
    assert [column.head for column in wide if column.elastic] == ["note"]
    assert [column.right for column in wide] == [False, False, False, True, True, True, False]
    narrow = columns_of(table, ["method", "images"], 60)
    assert [column.head for column in narrow if column.elastic] == ["method"]
