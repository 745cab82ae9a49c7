import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui import events as ev
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.status import current_record
from fftui.runs.view import RunView
from fftui.text.notices import Notice
from fftui.tui.app import FFTUIApp
from fftui.tui.messages import OpenRun, RunEnded, StartRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.queue_screen import QueueScreen
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.run_status import RunHeader

from .on_screen import SMALL, add_run, both_sizes, text_of, until
from .pictures import signs


def queued(app: FFTUIApp, count: int) -> list[RunFolder]:
    """So many runs that wait in the app's queue."""
    folders = [app.backend.waiting(load_preset("quickstart"), "quickstart") for _ in range(count)]
    for folder in folders:
        app.queue.add(folder)
    return folders


def order(app: FFTUIApp) -> list[str]:
    return [each.folder.id for each in app.queue.waiting]


def end(view: RunView) -> RunView:
    return view.after(2e9, ev.RunFinished("finished", 0.97, (), 60.0, None))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, new_control: Callable) -> list[str]:
    """The runs that the app begins, with controls of their own."""
    ids: list[str] = []

    def begin(_: object, folder: RunFolder) -> tuple[str, object]:
        ids.append(folder.id)
        return folder.id, new_control()

    monkeypatch.setattr("fftui.tui.backend.Backend.begin", begin)
    monkeypatch.setattr("fftui.tui.launching.LOOK_EVERY_S", 0.05)
    return ids


async def test_a_run_that_is_started_meanwhile_waits(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.post_message(StartRun(load_preset("quickstart"), "quickstart"))
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        assert re.search(r"~[\d.]+ [MG]B of [\d.]+ GB free", app.screen.answers[1][1])
        await pilot.press("w")
        await until(pilot, lambda: bool(app.queue.waiting))
        folder = app.queue.waiting[0].folder
        assert current_record(folder).status == "waiting"
        assert folder.record().preset == "quickstart"
        assert isinstance(app.screen, LiveScreen)


async def test_a_run_may_begin_beside_in_the_background(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(
        "fftui.text.detached.start_detached", lambda folder, *_: started.append(folder.path)
    )
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.post_message(StartRun(load_preset("quickstart"), "quickstart"))
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("b")
        await until(pilot, lambda: bool(started))
        assert not app.queue.waiting


async def test_no_run_begins_beside_without_room_for_it(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.tui.launching.memory_free_bytes", lambda: 1_000_000)
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.post_message(StartRun(load_preset("quickstart"), "quickstart"))
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        assert [key for key, _ in app.screen.answers] == ["w", "escape"]
        assert app.screen.question.endswith("of 1.0 MB free.")


@both_sizes
async def test_the_queue_is_seen_reordered_and_emptied(new_app, new_control, view_of, size) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=size) as pilot:
        first, second, third = (folder.id for folder in queued(app, 3))
        app.ended = (Notice("earlier", "failed"), Notice("later", "finished", 0.9712))
        await pilot.press("Q")
        await pilot.pause()
        assert isinstance(app.screen, QueueScreen)
        rows = app.screen.query_one(RowList)
        lines = text_of(rows).splitlines()
        assert "learning" in lines[2]
        assert [line.lstrip("▌ ")[0] for line in lines[4:7]] == ["1", "2", "3"]
        assert lines.index(next(x for x in lines if "later" in x)) < lines.index(
            next(x for x in lines if "earlier" in x)
        )
        assert "97.12 %" in text_of(rows)
        assert app.screen.current == first
        await pilot.press("up", "J")  # on the run that learns: nothing
        await pilot.press("down", "J", "J", "K")
        assert order(app) == [second, first, third]
        assert app.screen.current == first
        await pilot.press("x")
        assert order(app) == [second, third]
        await pilot.press("X", "x")
        await pilot.pause()
        assert order(app) == []
        record = current_record(RunFolder(app.backend.workspace.runs_dir / first))
        assert record.status == "interrupted"


async def test_the_keys_of_a_waiting_run_are_in_sight(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=SMALL) as pilot:
        queued(app, 2)
        await pilot.press("Q")
        kept = " ⏎ Open  K Earlier  J Later  x Out{}  b Back  ? Help  q Quit"
        await until(pilot, lambda: signs(app).splitlines()[-1] == kept.format("  X All out"))
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: signs(app).splitlines()[-1] == kept.format(""))
        await pilot.press("up")  # the run that learns cannot be moved
        await until(pilot, lambda: "Earlier" not in signs(app))


async def test_the_next_begins_when_one_ends(new_app, new_control, view_of, begun) -> None:
    control = new_control(view_of(until=(1, 2)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        first, second = (folder.id for folder in queued(app, 2))
        await pilot.pause(0.2)
        assert begun == []
        control.view = view_of(until=(1, 3))
        await until(pilot, lambda: "2 wait (Q)" in text_of(app.screen.query_one(RunHeader)))
        control.view, control.alive = end(control.view), False
        await until(pilot, lambda: begun == [first])
        assert [each.status for each in app.ended] == ["finished"]
        await until(pilot, lambda: app.source.control is not None)
        assert app.source.run == first
        assert isinstance(app.screen, LiveScreen)
        assert app.screen.source.run != first  # what is looked at stays
        app.source.control.alive = False
        await until(pilot, lambda: begun == [first, second])
        assert app.queue.waiting == ()


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyError("a fault of fftui's own")], ids=str
)
async def test_a_run_that_cannot_begin_holds_up_no_other(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tried: list[str] = []

    def begin(_: object, folder: RunFolder) -> tuple[str, object]:
        tried.append(folder.id)
        raise error

    monkeypatch.setattr("fftui.tui.backend.Backend.begin", begin)
    monkeypatch.setattr("fftui.tui.launching.LOOK_EVERY_S", 0.05)
    app = new_app(new_control(view_of(until=(1, 2)), alive=False))
    async with app.run_test(size=SMALL) as pilot:
        ids = [folder.id for folder in queued(app, 2)]
        await until(pilot, lambda: len(app.ended) == 3)
        assert tried == ids
        assert [each.status for each in app.ended[1:]] == ["failed", "failed"]


async def test_quitting_asks_what_becomes_of_the_queue(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        queued(app, 2)
        await pilot.press("q")
        assert isinstance(app.screen, ConfirmDialog)
        assert "2 wait" in app.screen.question
        await pilot.press("d")
        await pilot.pause()
    assert app.return_value == "hand over"


async def test_the_end_of_a_run_rings_once(
    new_app, new_control, view_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.tui.launching.LOOK_EVERY_S", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TMUX", raising=False)
    control = new_control(view_of(until=(1, 2)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        control.view, control.alive = end(control.view), False
        await until(pilot, lambda: any("]9;" in text for text in written))
        assert [text for text in written if "]9;" in text] == [
            f"\a\x1b]9;fftui: {app.source.run} finished, test 97.00 %\a"
        ]


async def test_the_end_of_a_run_of_another_process_rings_where_it_is_watched(
    new_app, tmp_path: Path, events_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TMUX", raising=False)
    run = add_run(tmp_path / "runs", [], status="running")
    journal = JournalWriter(tmp_path / "runs" / run / "journal.jsonl")
    for _, event in events_of(until=(1, 2)):
        journal.append(event)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.post_message(OpenRun(run))
        await until(pilot, lambda: getattr(app.screen, "control", None) is not None)
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        journal.append(ev.RunFinished("failed", None, (), 60.0, "out of memory"))
        journal.close()
        await until(pilot, lambda: any("]9;" in text for text in written))
        assert f"\a\x1b]9;fftui: {run} failed\a" in written


async def test_a_waiting_run_that_is_looked_at_stays_this_processs_own(
    new_app, new_control, view_of, begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("fftui.tui.launching.run_command", lambda notice: told.append(notice.name))
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        (run,) = (folder.id for folder in queued(app, 1))
        await pilot.pause()
        app.post_message(OpenRun(run))
        await until(pilot, lambda: getattr(app.screen, "source", app.source) is not app.source)
        app.source.control.alive = False
        await until(pilot, lambda: begun == [run] and app.busy)
        assert app._learning_text(app.screen) == ""  # it is what the screen shows
        app.source.control.view = end(view_of(until=(1, 2)))
        app.post_message(RunEnded(run, app.source.view))  # the journal is read first
        await pilot.pause()
        app.source.control.alive = False
        await until(pilot, lambda: run in told)
        app.post_message(RunEnded(run, app.source.view))  # or last
        await pilot.pause(0.1)
        assert told.count(run) == 1
