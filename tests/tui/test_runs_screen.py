"""The list of runs, and runs of other processes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, get_ident

from fftui import events as ev
from fftui.events import to_json
from fftui.runs.control_file import ControlFile
from fftui.runs.folder import RunFolder
from fftui.runs.listing import ListedRun
from fftui.tui.app import FFTUIApp
from fftui.tui.messages import OpenRun
from fftui.tui.screens import runs_screen
from fftui.tui.screens.columns_screen import ColumnsScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.row_widget import RowWidget
from fftui.tui.widgets.run_status import RunHeader

from .on_screen import LARGE, SMALL, add_run, both_sizes, text_of, until
from .pictures import signs

HOLD_JOURNAL = """
import sys, time
from pathlib import Path
from fftui.runs.journal_writer import JournalWriter
writer = JournalWriter(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


async def test_runs_are_sorted_filtered_and_opened(new_app, tmp_path: Path, events_of) -> None:
    runs = tmp_path / "runs"
    first = datetime(2026, 11, 23, 8, tzinfo=UTC)
    a = add_run(
        runs,
        list(events_of(epochs=3)),
        status="finished",
        test_accuracy=0.95,
        train_s=9.0,
        started=first,
    )
    b = add_run(
        runs,
        [],
        preset="paper/ff",
        status="failed",
        test_accuracy=0.97,
        started=first + timedelta(hours=1),
        error="x",
    )
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("r")
        await until(
            pilot,
            lambda: (
                isinstance(app.screen, RunsScreen) and len(app.screen.query_one(RowList).items) == 2
            ),
        )
        screen, rows = app.screen, app.screen.query_one(RowList)
        assert isinstance(screen, RunsScreen)

        def order() -> list[str]:
            return [run.id for run in screen._shown]

        assert order() == [b, a]
        await pilot.press("v")
        assert order() == [a, b]
        await pilot.press("v", "o", "o", "o", "o")
        assert "by test %" in str(rows.border_title)
        assert order() == [b, a]
        assert "✗ failed" in text_of(rows)
        assert "x" in text_of(screen.query_one(Paragraphs))
        await pilot.press("slash", *"mini fin")
        await pilot.pause()
        assert order() == [a]
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: "finished" in text_of(app.screen.query_one(RunHeader)))
        assert "3/3" in text_of(app.screen.query_one(LayerTable))
        await pilot.press("p", "s", "n", "b")
        await pilot.pause()
        assert app.screen is screen


async def test_the_newest_of_many_runs_are_there_while_the_others_are_read(
    new_app, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(runs_screen, "AT_FIRST", 2)
    first = datetime(2026, 11, 23, 8, tzinfo=UTC)
    runs = [
        add_run(tmp_path / "runs", [], status="finished", started=first + timedelta(hours=hour))
        for hour in range(3)
    ]
    app = new_app()
    go_on = Event()
    read = app.backend.listed
    monkeypatch.setattr(app.backend, "listed", lambda: go_on.wait(60) and read())
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: bool(app.screen.query(RowList)))
        rows = app.screen.query_one(RowList)
        await until(pilot, lambda: "the newest 2, reading the others" in str(rows.border_title))
        assert len(rows.items) == 2
        go_on.set()
        await until(pilot, lambda: "Runs · 3 · by newest" in str(rows.border_title))
        assert [run.id for run in app.screen._shown] == runs[::-1]


async def test_the_columns_wait_for_the_settings_of_all_runs(
    new_app, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(runs_screen, "AT_FIRST", 2)
    runs = {add_run(tmp_path / "runs", [], status="finished") for _ in range(3)}
    app = new_app()
    go_on = Event()
    read, settings = app.backend.listed, app.backend.listing.settings
    read_in: dict[str, int] = {}  # the thread that read a run's settings first

    def noted(run: ListedRun):
        read_in.setdefault(run.id, get_ident())
        return settings(run)

    monkeypatch.setattr(app.backend, "listed", lambda: go_on.wait(60) and read())
    monkeypatch.setattr(app.backend.listing, "settings", noted)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: bool(app.screen.query(RowList)))
        rows = app.screen.query_one(RowList)
        await until(pilot, lambda: len(rows.items) == 2)
        await pilot.press("K")
        await pilot.pause()
        go_on.set()
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        assert set(read_in) == runs
        assert get_ident() not in read_in.values()


@contextmanager
def learning_elsewhere(folder: RunFolder) -> Iterator[RunFolder]:
    """Meanwhile another process has the run, and does nothing with it."""
    command = [sys.executable, "-c", HOLD_JOURNAL, str(folder.journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline()
        folder.write_record(folder.record().model_copy(update={"pid": other.pid}))
        try:
            yield folder
        finally:
            other.kill()


async def test_a_run_of_another_process_is_followed(new_app, tmp_path: Path, events_of) -> None:
    run_events = list(events_of(epochs=3))
    run = add_run(tmp_path / "runs", run_events[:20])
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        with learning_elsewhere(RunFolder(tmp_path / "runs" / run)) as folder:
            app.post_message(OpenRun(run))
            await pilot.pause()
            await until(pilot, lambda: "● learning" in text_of(app.screen.query_one(LayerTable)))
            with folder.journal.open("a", encoding="utf-8") as journal:
                journal.writelines(to_json(at, event) + "\n" for at, event in run_events[20:])
            await until(pilot, lambda: "finished" in text_of(app.screen.query_one(RunHeader)))


async def test_a_run_whose_process_is_gone_can_be_resumed(
    new_app, new_control, tmp_path: Path, events_of, monkeypatch
) -> None:
    run = add_run(tmp_path / "runs", list(events_of(until=(1, 2))), pid=2**22, process_started=1.0)
    app, resumed = new_app(), []
    monkeypatch.setattr(
        app.backend, "resume", lambda run: resumed.append(run) or (run, new_control())
    )
    async with app.run_test(size=SMALL) as pilot:
        app.post_message(OpenRun(run))
        await pilot.pause()
        await until(
            pilot, lambda: "its process is gone" in text_of(app.screen.query_one(RunHeader))
        )
        await pilot.press("R")
        await until(pilot, lambda: resumed == [run])


async def test_a_run_of_another_process_is_marked_and_obeys_the_same_keys(
    new_app, tmp_path: Path, events_of
) -> None:
    run = add_run(tmp_path / "runs", list(events_of(until=(1, 2))))
    with learning_elsewhere(RunFolder(tmp_path / "runs" / run)) as folder:
        file, app = ControlFile(folder.control), new_app()
        async with app.run_test(size=LARGE) as pilot:
            await pilot.press("r")
            await until(pilot, lambda: "no event for" in text_of(runs_of(app)))
            assert f"process {folder.record().pid}" in text_of(app.screen.query_one(Paragraphs))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, LiveScreen))
            await until(pilot, lambda: app.screen.control is not None)
            await pilot.press("p", "C", "D")
            await pilot.pause()
            assert isinstance(app.screen, LiveScreen)
            assert [each.action for each in file.read().requests] == ["pause", "checkpoint"]
            await until(pilot, lambda: "p Pause" in signs(app))
            with folder.journal.open("a", encoding="utf-8") as journal:
                journal.write(to_json(time.time(), ev.StatusChanged("paused")) + "\n")
            await until(pilot, lambda: "p Go on" in signs(app))
            assert "p Pause" not in signs(app)
            await pilot.press("p")
            await until(pilot, lambda: file.read().requests[-1].action == "continue")
            folder.control.unlink()
            folder.control.mkdir()
            await pilot.press("p")
            await until(pilot, lambda: any("cannot write" in n.message for n in app._notifications))
            await pilot.press("q")
        assert app.return_value == "quit"  # without a question: it is no run of this process


def runs_of(app: FFTUIApp) -> RowWidget:
    return app.screen.query_one(RowList)


@both_sizes
async def test_an_unreadable_run_does_not_end_the_screen(new_app, tmp_path: Path, size) -> None:
    run = add_run(tmp_path / "runs", [])
    journal = RunFolder(tmp_path / "runs" / run).journal
    journal.write_bytes(
        b"\x00\xff\n{}\n[1]\n" + json.dumps({"event": "stepped", "at": "x"}).encode() + b"\n"
    )
    app = new_app()
    async with app.run_test(size=size) as pilot:
        app.post_message(OpenRun(run))
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.press("p", "n", "s", "f", "2", "3", "4")
        assert isinstance(app.screen, LiveScreen)
