"""Keeping the list of runs in order: filter, columns, tags, notes, names, archive, trash."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from fftui.runs.annotations import annotate, read_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.trash import delete, deleted_runs
from fftui.tui.app import FFTUIApp
from fftui.tui.preferences import PreferencesFile
from fftui.tui.screens import runs_screen
from fftui.tui.screens.columns_screen import ColumnsScreen
from fftui.tui.screens.runs_screen import RunsLoaded, RunsScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, SMALL, add_run, both_sizes, burst, text_of, until


def add(runs: Path, *names: str, **record: object) -> list[str]:
    facts = {"status": "finished", "test_accuracy": 0.9, "train_s": 61.0, **record}
    return [add_run(runs, [], name=name, **facts) for name in names]


async def open_runs(pilot: Pilot, count: int) -> RunsScreen:
    await pilot.press("r")
    await until(
        pilot,
        lambda: (
            isinstance(pilot.app.screen, RunsScreen)
            and len(pilot.app.screen.query_one(RowList).items) == count
        ),
    )
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    return screen


def toasts(app: FFTUIApp) -> str:
    return "\n".join(each.message for each in app._notifications)


async def test_a_row_shows_what_differs_at_80_columns(new_app, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    add(runs, "[/a] first", "second", test_accuracy=0.9138)
    damaged = add(runs, "third")[0]
    RunFolder(runs / damaged).run_json.write_text("{")
    add(runs, "fourth", diverged=True)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 4)
        rows = screen.query_one(RowList)
        shown = text_of(rows)
        for text in ("[/a] first", "second", "91.38", "1:01", "✗ damaged", "✗ loss not finite"):
            assert text in shown
        assert "20" not in shown.splitlines()[1][:30]  # no date that all of them share
        index = next(i for i, run in enumerate(screen._shown) if run.record is None)
        rows.move_to(index)
        await pilot.pause()
        about = text_of(screen.query_one(Paragraphs))
        assert damaged in about
        assert "run.json is damaged" in about
        await pilot.press("enter")
        await until(pilot, lambda: "is damaged" in toasts(app))
        assert app.screen is screen


async def test_the_filter_says_what_it_does_not_understand(new_app, tmp_path: Path) -> None:
    add(tmp_path / "runs", "a", "b")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 2)
        await pilot.press("slash", *"acuracy>9")
        await pilot.pause()
        about = screen.query_one(Paragraphs)
        await until(pilot, lambda: "did you mean 'accuracy'?" in text_of(about))
        screen.query_one(Input).value = "name=a learning_rate<1"
        await until(pilot, lambda: len(screen.query_one(RowList).items) == 1)
        assert "1 of 2" in str(screen.query_one(RowList).border_title)
        screen.query_one(Input).value = "name=c"
        await until(pilot, lambda: "no run is wanted" in text_of(screen.query_one(RowList)))
        await pilot.press("escape")
        assert len(screen.query_one(RowList).items) == 2


@both_sizes
async def test_runs_are_tagged_noted_renamed_and_archived(
    new_app, tmp_path: Path, size: tuple[int, int]
) -> None:
    run = add(tmp_path / "runs", "a")[0]
    path, app = tmp_path / "runs" / run, new_app()
    async with app.run_test(size=size) as pilot:
        screen = await open_runs(pilot, 1)
        await pilot.press("T", *"it's", "enter")
        await pilot.pause()
        assert app.screen is not screen  # refused: no tag
        app.screen.query_one(Input).value = "baseline old"
        await pilot.press("enter")
        await until(pilot, lambda: read_annotations(path).tags == ("baseline", "old"))
        await pilot.press("T", *"-old", "enter")
        await until(pilot, lambda: read_annotations(path).tags == ("baseline",))
        await pilot.press("N", *"looks good", "enter")
        await until(pilot, lambda: read_annotations(path).note == "looks good")
        about = screen.query_one(Paragraphs)
        await until(pilot, lambda: "#baseline · looks good" in text_of(about))
        await pilot.press("f2", "end", *"b", "enter")
        await until(pilot, lambda: "ab" in text_of(screen.query_one(RowList)))
        await pilot.press("A")
        await until(pilot, lambda: "1 archived" in str(screen.query_one(RowList).border_title))
        assert not screen.query_one(RowList).items
        await pilot.press("u")
        await until(pilot, lambda: len(screen.query_one(RowList).items) == 1)
        await pilot.press("u")
        await until(pilot, lambda: read_annotations(path).name is None)
        assert read_annotations(path).note == "looks good"


async def test_words_typed_fast_are_a_filter_or_a_name_and_no_commands(
    new_app, tmp_path: Path
) -> None:
    run = add(tmp_path / "runs", "a")[0]
    path, app = tmp_path / "runs" / run, new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 1)
        await burst(pilot, "/", "A", "d")
        assert screen.query_one(Input).value == "Ad"
        await burst(pilot, "escape", "f2", "A", "X", "enter", "N", "u", "enter")
        await until(pilot, lambda: read_annotations(path).note == "u")
        assert read_annotations(path).name == "AX"
        assert not read_annotations(path).archived


async def test_an_empty_answer_takes_name_and_note_from_several_runs(
    new_app, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    both = add(runs, "a", "b")
    for run in both:
        annotate(runs / run, name="other", note="a note", add_tags=("tag",))
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 2)
        screen.marked |= {*both}
        await pilot.press("f2", "enter")
        await until(pilot, lambda: all(read_annotations(runs / r).name is None for r in both))
        await pilot.press("N", "enter")
        await until(pilot, lambda: all(not read_annotations(runs / r).note for r in both))
        await pilot.press("T", "enter")
        await pilot.pause()
        assert len(screen._edits) == 2
        assert read_annotations(runs / both[0]).tags == ("tag",)


async def test_a_run_that_is_gone_is_no_longer_marked(new_app, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    a, _, c = add(runs, "a", "b", "c")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 3)
        screen.marked |= {a, c}
        screen.show_marks()
        delete([RunFolder(runs / a)])
        screen.read()
        await until(pilot, lambda: "1 marked" in str(screen.query_one(RowList).border_title))
        assert screen.marked == {c}
        screen.post_message(RunsLoaded([], "the disk is away"))
        await pilot.pause()
        assert screen.marked == {c}


async def test_the_filters_problem_goes_once_a_run_has_the_setting(
    new_app, tmp_path: Path, monkeypatch
) -> None:
    runs = tmp_path / "runs"
    add(runs, "a")
    monkeypatch.setattr(runs_screen, "READ_EVERY_S", 600)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 1)
        about = screen.query_one(Paragraphs)
        screen.query_one(Input).value = "channels>1"
        await until(pilot, lambda: "channels" in text_of(about))
        add_run(runs, [], preset="cnn", name="b", status="finished")
        screen.read()
        await until(pilot, lambda: len(screen.query_one(RowList).items) == 1)
        await until(
            pilot, lambda: screen.current is not None and screen.current.id in text_of(about)
        )


async def test_marked_runs_are_deleted_after_a_question_and_come_back(
    new_app, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    a, b, c = add(runs, "a", "b", "c")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 3)
        screen.marked |= {a, c}
        await pilot.press("X", "escape")
        assert deleted_runs(runs) == []
        await pilot.press("delete", "y")
        await until(pilot, lambda: [run.id for run in screen._shown] == [b])
        assert {run.id for run in deleted_runs(runs)} == {a, c}
        await pilot.press("u")
        await until(pilot, lambda: len(screen._shown) == 3)
        await pilot.press("u")
        await until(pilot, lambda: "no change to take back" in toasts(app))


async def test_a_running_run_is_not_deleted(new_app, tmp_path: Path) -> None:
    run = add_run(tmp_path / "runs", [])
    writer = JournalWriter(RunFolder(tmp_path / "runs" / run).journal)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await open_runs(pilot, 1)
        await pilot.press("X", "y")
        await until(pilot, lambda: "is in use by process" in toasts(app))
        assert len(screen._shown) == 1
    writer.close()


async def test_chosen_columns_and_order_stay_chosen(new_app, tmp_path: Path) -> None:
    add(tmp_path / "runs", "a", "b")
    for _ in range(2):
        app = new_app()
        async with app.run_test(size=LARGE) as pilot:
            screen = await open_runs(pilot, 2)
            rows = screen.query_one(RowList)
            if "learning_rate" not in text_of(rows):
                await pilot.press("K")
                await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))  # noqa: B023
                listed = app.screen.query_one(RowList)
                names = [row.cells[1][0] for row in listed.items]
                listed.move_to(names.index("learning_rate"))
                await pilot.press("space", "left", "left")
                assert "13 shown" in str(listed.border_title)
                listed.move_to(0)
                await pilot.press("space", "b")
                await pilot.pause()
                await pilot.press("o")
            await until(pilot, lambda: "by data set" in str(rows.border_title))  # noqa: B023
            titles = text_of(rows).splitlines()[0].split()
            assert titles[0] == "data"
            assert titles.index("learning_rate") == titles.index("device") - 1
    assert PreferencesFile().preferences.runs_order == "data"


async def test_a_broken_file_of_preferences_is_said_once(new_app, tmp_path: Path) -> None:
    add(tmp_path / "runs", "a")
    file = tmp_path / "settings" / "fftui" / "screen.toml"
    file.parent.mkdir(parents=True)
    file.write_text("runs_columns = 3")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await open_runs(pilot, 1)
        await until(pilot, lambda: "screen.toml is ignored until" in toasts(app))
        await pilot.press("b")
        app.clear_notifications()
        await open_runs(pilot, 1)
        assert "screen.toml" not in toasts(app)


@pytest.mark.parametrize("content", ["=", "runs_order = 1", "\xff"])
def test_preferences_of_any_content_are_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "screen.toml"
    path.write_bytes(content.encode("latin-1"))
    file = PreferencesFile(path)
    assert file.problem is not None
    file.change(theme="fftui-light")
    assert PreferencesFile(path).preferences.theme == "fftui-light"


def test_fields_of_other_versions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "screen.toml"
    path.write_text('newer = "x"\n')
    PreferencesFile(path).change(runs_order="data")
    assert path.read_text() == 'runs_order = "data"\nruns_columns = []\nnewer = "x"\n' or (
        'newer = "x"' in path.read_text()
    )


async def test_a_click_on_a_title_sorts_by_its_column(new_app, tmp_path: Path) -> None:
    add(tmp_path / "runs", "b", "a", "c")
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        rows = (await open_runs(pilot, 3)).query_one(RowList)
        for expected in ("by name", "by name, reversed"):
            at = text_of(rows).splitlines()[0].index("name")
            await pilot.click(rows, offset=(at + 1, 1))
            await until(pilot, lambda: expected in str(rows.border_title))  # noqa: B023
        order = [line[2:].split()[0] for line in text_of(rows).splitlines()[1:4]]
        assert sorted(order, reverse=True) == order
        await pilot.click(rows, offset=(1, 1))  # beside the titles
        await pilot.pause()
        assert "by name, reversed" in str(rows.border_title)
