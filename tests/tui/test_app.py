import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.control_file import ControlFile
from fftui.runs.folder import RunFolder, create
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app import FFTUIApp
from fftui.tui.messages import OpenRun
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.form_screen import FormScreen, ValueInput
from fftui.tui.screens.help_screen import HelpScreen
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.system.system_panel import SystemPanel
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.layer_table import LayerTable
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.row_widget import RowWidget
from fftui.tui.widgets.run_status import LogPane, ProgressLine, RunHeader

from .on_screen import LARGE, SMALL, both_sizes, text_of, until

HOLD_JOURNAL = """
import sys, time
from pathlib import Path
from fftui.runs.journal import JournalWriter
writer = JournalWriter(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


async def go_to(pilot: Pilot, preset: str) -> None:
    """Put the cursor of the first screen on a preset."""
    screen = pilot.app.screen
    assert isinstance(screen, PresetsScreen)
    rows = screen.query_one(RowList)
    rows.move_to([row.cells[0][0] for row in rows.items].index(preset))
    await pilot.pause()


def add_run(
    runs: Path,
    run_events: list[tuple[float, ev.Event]],
    *,
    preset: str = "quickstart",
    **record: object,
) -> str:
    """A run on disk with these events."""
    folder = create(Workspace(runs, device="cpu"), load_preset(preset), preset=preset)
    folder.journal.write_text(
        "".join(to_json(at, e) + "\n" for at, e in run_events), encoding="utf-8"
    )
    folder.write_record(folder.record().model_copy(update=record))
    return folder.id


def test_the_first_screen_needs_neither_torch_nor_polars() -> None:
    code = (
        "import sys, fftui.tui.app; print([m for m in ('torch', 'polars', 'numpy') if m in"
        " sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@both_sizes
async def test_presets_are_listed_with_their_accuracies_and_details(
    new_app: Callable[..., FFTUIApp], size
) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = text_of(app.screen.query_one(RowList))
        assert "quickstart" in shown
        assert "97.14" in shown
        await go_to(pilot, "paper/ff")
        assert "paper/ff" in text_of(app.screen.query_one(RowList))
        about = text_of(app.screen.query_one("#about", Paragraphs))
        assert "85.95 %" in about
        assert "cifar100" in about


async def test_the_time_of_a_recent_run_is_shown_with_its_preset(
    new_app: Callable[..., FFTUIApp], tmp_path: Path
) -> None:
    add_run(tmp_path / "runs", [], status="finished", train_s=133.0, test_accuracy=0.9512)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: bool(app.presets_screen.recent_runs))
        await pilot.pause()
        assert "2:13" in text_of(app.screen.query_one(RowList))
        assert "95.12 %" in text_of(app.screen.query_one("#about", Paragraphs))


async def test_d_takes_the_next_data_set_to_the_form(new_app: Callable[..., FFTUIApp]) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("d", "enter")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)
        assert app.screen.experiment is not None
        assert app.screen.experiment.data.name == "fashion-mnist"
        assert app.screen.experiment.phases[0].threshold == 10  # type: ignore[union-attr]


@both_sizes
async def test_the_form_checks_as_one_types_and_starts(
    new_app, new_control, monkeypatch, size
) -> None:
    app, started = new_app(), []
    monkeypatch.setattr(
        app.backend, "start", lambda e, preset: started.append((e, preset)) or ("id", new_control())
    )
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        assert form.field is not None
        assert form.field.path == "phases.0.epochs"
        await pilot.press("ctrl+u", "x")
        await pilot.pause()
        assert form.experiment is None
        assert "phases.0.epochs" in text_of(form.query_one("#editor-about", Paragraphs))
        assert "does not fit" in text_of(form.query_one(RowList))
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen is form
        assert not started
        await pilot.press("backspace", "7")
        await pilot.pause()
        assert "everything fits" in text_of(form.query_one("#editor-about", Paragraphs))
        await pilot.press(
            "up", "up", "down", "down", "down", "tab", "shift+tab", "pageup", "pagedown", "enter"
        )
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: bool(started))
        assert started[0][0].phases[0].epochs == 7
        assert started[0][1] == "quickstart"


async def test_choices_are_gone_through_with_keys(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        form._goto("precision")
        await pilot.pause()
        await pilot.press("right")
        assert form.query_one(ValueInput).value == "float32"
        await pilot.press("b")
        assert form.query_one(ValueInput).value == "bfloat16"
        await pilot.press("left", "left", "backspace", "x")
        assert form.query_one(ValueInput).value == "auto"
        await pilot.press("right")
        await pilot.pause()
        assert form.experiment is not None
        assert form.experiment.precision == "float32"
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert form.experiment is not None
        assert form.experiment.precision == "auto"


async def test_another_kind_and_rule_bring_their_fields_and_undo_edits(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        await pilot.press("ctrl+u", "3")

        async def choose(path: str, key: str) -> None:
            form._goto(path)
            await pilot.pause()
            await pilot.press(key)
            await pilot.pause()

        await choose("model.layers.0.kind", "c")
        assert "channels" in text_of(form.query_one(RowList))
        assert form.experiment is not None
        assert form.experiment.model.layers[0].kind == "convolution"
        await choose("phases.0.rule", "b")
        assert "phases.0.epochs" not in form._edits, "the new rule has epochs of its own"
        head = next(field for field in form._fields if field.path == "model.head")
        assert head.text == "on"
        await choose("model.head", "left")
        assert form.experiment is None
        assert "backprop needs a classifier" in text_of(form.query_one("#editor-about", Paragraphs))
        await pilot.press("left")
        await pilot.pause()
        assert form.experiment is not None
        await choose("phases.0.rule", "l")
        assert form.experiment is not None
        assert form.experiment.model.label.encoding == "none"


async def test_another_data_set_brings_its_values_and_keeps_the_changes(new_app) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        await go_to(pilot, "paper/ff")
        await pilot.press("enter")
        await pilot.pause()
        form = app.screen
        assert isinstance(form, FormScreen)
        await pilot.press("ctrl+u", "3")
        form._goto("data.name")
        await pilot.pause()
        await pilot.press("f")
        await pilot.pause()
        made = form.experiment
        assert made is not None
        assert (made.data.name, made.phases[0].epochs) == ("fashion-mnist", 3)
        assert made.phases[0].threshold == 10  # type: ignore[union-attr]
        await pilot.press("m")
        await pilot.pause()
        while form.query_one(ValueInput).value != "mnist-mini":
            await pilot.press("m")
            await pilot.pause()
        if "mnist-mini" not in form.preset.data_sets:
            assert form.experiment is None


@both_sizes
async def test_the_live_screen_shows_the_run(new_app, new_control, view_of, size) -> None:
    app = new_app(new_control(view_of(until=(2, 13))))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen = app.screen
        table = text_of(screen.query_one(LayerTable))
        assert "✓ learned" in table
        assert "● learning" in table
        assert "13/20" in table
        assert "95.18" in table
        assert "left" in text_of(screen.query_one(ProgressLine))
        assert "mnist" in text_of(screen.query_one(RunHeader))
        assert screen.query_one("#chart-1", Chart).display
        assert screen.query_one("#chart-2", Chart).display == (size == LARGE)
        assert screen.query_one(LayerTable).size.height == 5
        split = screen.source.view.layers[0].accuracy_split
        assert screen.query_one(LayerTable).border_title == f"Layers · accuracy: {split} images"
        assert screen.query_one("#chart-1", Chart).size.height >= 10
        await pilot.press("4")
        await pilot.pause()
        assert "layer 1 learned" in text_of(screen.query_one(LogPane))
        await pilot.press("3")
        await pilot.pause()
        assert "of 200 %" in text_of(screen.query_one(SystemPanel))
        assert "no NVIDIA GPU" in text_of(screen.query_one(SystemPanel))


async def test_each_layer_can_be_reached_and_followed_again(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, LiveScreen)
        assert screen.panes.selected is not None
        assert screen.panes.selected.number == 2
        await pilot.press("up")
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 1"
        control.view = view_of(until=(3, 1))
        await pilot.pause(0.4)
        assert screen.panes.selected.number == 1
        await pilot.press("f")
        assert screen.panes.selected.number == 3
        await pilot.press("end")
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 4"
        await pilot.click(LayerTable, offset=(5, 2))
        assert screen.query_one("#chart-1", Chart).border_title == "Goodness · layer 1"


async def test_keys_call_the_run_control(new_app, new_control, view_of) -> None:
    control = new_control(view_of(until=(1, 5)))
    app = new_app(control)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("p", "p", "n")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert control.calls == ["pause", "resume"]
        await pilot.press("n", "n")
        assert control.calls == ["pause", "resume", "skip"]
        await pilot.press("s")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("s")
        await pilot.pause()
        assert control.calls[-1] == "stop"


@both_sizes
async def test_no_key_dies_before_the_first_event(new_app, new_control, size) -> None:
    app = new_app(new_control())
    async with app.run_test(size=size) as pilot:
        await pilot.press(
            "p",
            "p",
            "n",
            "escape",  # it asks
            "f",
            "1",
            "2",
            "3",
            "4",
            "up",
            "down",
            "home",
            "end",
            "pageup",
            "pagedown",
            "R",
        )
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "s", "escape", "ctrl+t", "b")
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()
        await pilot.press("enter", "o", "O", "v", "slash", "x", "enter", "escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, PresetsScreen)
        await pilot.press("l")
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)


@pytest.mark.parametrize("size", [SMALL, LARGE, (20, 6), (1, 1), (80, 60), (120, 25)])
async def test_odd_views_are_drawn_at_every_size(new_app, new_control, view_of, size) -> None:
    nan = float("nan")
    view = view_of(until=(2, 3))
    broken = replace(
        view.layers[0].history[-1], loss=nan, goodness_positive=float("inf"), goodness_negative=nan
    )
    rows = (replace(view.layers[0], history=(broken,), accuracy=nan), *view.layers[1:])
    control = new_control(replace(view, layers=rows))
    app = new_app(control)
    async with app.run_test(size=size) as pilot:
        await pilot.press("up")
        await pilot.pause()
        if size == LARGE:
            assert "not finite" in text_of(app.screen.query_one(LayerTable))
        many = tuple(replace(view.layers[0], number=n, label="名前" * 20) for n in range(1, 65))
        control.view = replace(view, layers=many, now=None, telemetry=view_of(gpu=True).telemetry)
        await pilot.pause(0.3)
        control.view = RunView().after(
            nan, ev.RunFinished("failed", None, (), nan, "out of memory " * 30)
        )
        await pilot.pause(0.3)
        control.view = RunView()
        await pilot.pause(0.3)


async def test_the_reason_of_a_refused_run_is_shown(new_app, new_control) -> None:
    end = ev.RunFinished("failed", None, (), 0.0, "mnist is not there: fftui data get mnist")
    app = new_app(new_control(RunView().after(0.0, end), alive=False))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "fftui data get mnist" in text_of(app.screen.query_one(ProgressLine))
        assert "fftui data get mnist" in text_of(app.screen.query_one("#chart-1", Chart))
        assert "failed" in text_of(app.screen.query_one(RunHeader))


async def test_the_reason_of_a_refused_start_is_shown(new_app, monkeypatch) -> None:
    app = new_app()

    def refuse(experiment: object, preset: object) -> tuple[str, object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app.backend, "start", refuse)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await until(pilot, lambda: "No space left" in text_of(app.screen.query_one(RunHeader)))
        assert not app.busy


async def test_only_one_run_learns_at_a_time(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("b", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)


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
            return [row.cells[0][0] for row in rows.items]

        assert order() == [b, a]
        await pilot.press("v")
        assert order() == [a, b]
        await pilot.press("v", "O", "O")
        assert "test accuracy" in str(rows.border_title)
        assert order() == [b, a]
        assert "✗ failed" in text_of(rows)
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


async def test_a_run_of_another_process_is_followed(new_app, tmp_path: Path, events_of) -> None:
    run_events = list(events_of(epochs=3))
    run = add_run(tmp_path / "runs", run_events[:20])
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        app.post_message(OpenRun(run))
        await pilot.pause()
        await until(pilot, lambda: "● learning" in text_of(app.screen.query_one(LayerTable)))
        with RunFolder(tmp_path / "runs" / run).journal.open("a", encoding="utf-8") as journal:
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
    folder = RunFolder(tmp_path / "runs" / run)
    other = subprocess.Popen([sys.executable, "-c", HOLD_JOURNAL, str(folder.journal)], stdout=-1)
    try:
        assert other.stdout is not None
        assert other.stdout.readline()
        folder.write_record(folder.record().model_copy(update={"pid": other.pid}))
        file, app = ControlFile(folder.control), new_app()
        async with app.run_test(size=LARGE) as pilot:
            await pilot.press("r")
            await until(pilot, lambda: f"running · {other.pid}" in text_of(runs_of(app)))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, LiveScreen))
            await until(pilot, lambda: app.screen.control is not None)
            await pilot.press("p", "C", "D")
            await pilot.pause()
            assert isinstance(app.screen, LiveScreen)
            assert [each.action for each in file.read().requests] == ["pause", "checkpoint"]
            folder.control.unlink()
            folder.control.mkdir()
            await pilot.press("p")
            await until(pilot, lambda: any("cannot write" in n.message for n in app._notifications))
            await pilot.press("q")
        assert app.return_value == "quit"  # without a question: it is no run of this process
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


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
        await pilot.pause(0.3)
        await pilot.press("p", "n", "s", "f", "2", "3", "4")
        assert isinstance(app.screen, LiveScreen)


async def test_quitting_asks_only_while_a_run_learns(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(1, 2))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, LiveScreen)
        await pilot.press("ctrl+c", "k")
        await pilot.pause()
    assert app.return_value == "keep"
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == "quit"


async def test_keys_in_quick_succession_are_a_question_and_its_answer(
    new_app, new_control, view_of
) -> None:
    for keys, expected in (("qs", ("stop", [])), ("ss", (None, ["stop"]))):
        control = new_control(view_of(until=(1, 2)))
        app = new_app(control)
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            for key in keys:  # without a pause between them
                app.post_message(Key(key, key))
            await until(pilot, lambda: (app.return_value, control.calls) == expected)  # noqa: B023


async def test_quitting_asks_before_changes_in_the_form_are_lost(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter", "ctrl+u", "7")
        await pilot.press("ctrl+c")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, FormScreen)
        assert app.screen.query_one(ValueInput).value == "7"
        await pilot.press("ctrl+q", "y")
        await pilot.pause()
    assert app.return_value == "quit"


async def test_the_footer_offers_no_key_that_the_form_types(new_app) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        assert {"q", "question_mark", "l"} <= set(app.screen.active_bindings)
        await pilot.press("enter")
        await pilot.pause()
        keys = app.screen.active_bindings
        assert not {"q", "question_mark", "l"} & set(keys)
        assert {"ctrl+q", "f1", "enter", "escape"} <= set(keys)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
async def test_a_run_that_diverged_is_not_finished_in_green(
    new_app, new_control, events_of, loss
) -> None:
    view = RunView()
    for at, event in events_of(layers=2, epochs=2):
        is_epoch = isinstance(event, ev.EpochFinished)
        view = view.after(at, replace(event, loss=loss) if is_epoch else event)
    app = new_app(new_control(view, alive=False))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()
        header = app.screen.query_one(RunHeader)
        (shown,) = header.rows(120, 1)
        assert shown.spans[-1][0].startswith("✗ finished, loss not finite")
        assert shown.spans[-1][1] == "bad"
        layers = app.screen.query_one(LayerTable)
        styles = {
            style for row in layers.rows(120, 5) for text, style in row.spans if "learned" in text
        }
        assert styles == {"bad"}


async def test_ascii_is_ascii(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 13), gpu=True)), ascii_only=True)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause()

        def drawn() -> str:
            return "".join(
                s.text for strip in app.screen._compositor.render_strips() for s in strip
            )

        assert drawn().isascii(), {c for c in drawn() if not c.isascii()}
        await pilot.press("b", "enter")
        await pilot.pause()
        assert drawn().isascii(), {c for c in drawn() if not c.isascii()}
        assert "enter" in drawn()  # where Textual draws a sign


async def test_only_changed_rows_are_painted_again(
    new_app, new_control, view_of, monkeypatch
) -> None:
    control = new_control(view_of(until=(2, 5)))
    app = new_app(control)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.pause(0.3)
        table = app.screen.query_one(LayerTable)
        painted: list[object] = []
        monkeypatch.setattr(
            table, "refresh", lambda *regions, **options: painted.extend(regions or [options])
        )
        control.view = view_of(until=(2, 6))
        await pilot.pause(0.4)
        assert [region.y for region in painted] == [2]  # type: ignore[attr-defined]


@pytest.mark.parametrize("variable", ["NO_COLOR", "TEXTUAL_THEME", "COLORFGBG"])
async def test_the_terminal_chooses_the_theme(new_app, variable: str, monkeypatch) -> None:
    app = new_app()
    assert app.theme == "fftui-dark"
    value, theme = {
        "NO_COLOR": ("1", "ansi-dark"),
        "TEXTUAL_THEME": ("nord", "nord"),
        "COLORFGBG": ("0;15", "fftui-light"),
    }[variable]
    monkeypatch.setenv(variable, value)
    app = FFTUIApp(app.backend, load_torch=False)
    assert app.theme == theme
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert app.theme != theme


async def test_every_theme_can_be_shown(new_app, new_control, view_of) -> None:
    app = new_app(new_control(view_of(until=(2, 5))))
    async with app.run_test(size=SMALL) as pilot:
        for theme in list(app.available_themes):
            app.theme = theme
            await pilot.pause()
            assert app.export_screenshot()


async def test_the_palette_offers_presets_and_runs(new_app, tmp_path: Path) -> None:
    run = add_run(tmp_path / "runs", [])
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await until(pilot, lambda: bool(app.presets_screen.recent_runs))
        await pilot.press("ctrl+p", *"open run")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        assert app.screen.source.run == run  # type: ignore[attr-defined]
        await pilot.press("b", "ctrl+p", *"set up paper/ff")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
