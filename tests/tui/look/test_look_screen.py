"""The screen that looks into layers: its steps, its panes, and new checkpoints."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fftui.tui.app import FFTUIApp
from fftui.tui.look.look_pane import LookPane
from fftui.tui.messages import LookInto
from fftui.tui.screens import look_screen
from fftui.tui.screens.look_screen import LookScreen
from fftui.tui.widgets.row_list import RowList

from ..on_screen import LARGE, SMALL, add_run, until
from ..test_glass import text_on
from .reports import HOSTILE, FakeLookBackend, report

MakeApp = Callable[..., FFTUIApp]


@pytest.fixture
def backend() -> FakeLookBackend:
    return FakeLookBackend()


async def opened(
    pilot: Pilot, app: FFTUIApp, backend: FakeLookBackend, layer: int = 1
) -> LookScreen:
    screen = LookScreen("a run [/x]", backend, layer)  # type: ignore[arg-type]
    await app.push_screen(screen)
    await until(pilot, lambda: screen._sample is not None or bool(screen._problem))
    await pilot.pause()
    return screen


def shown(screen: LookScreen) -> list[int]:
    return [pane.number for pane in screen.query(LookPane) if pane.display]


PANES_AT = {
    (60, 16): [1],
    SMALL: [1],
    (120, 30): [1, 2],
    (120, 40): [1, 2, 3, 4],
    LARGE: [1, 2, 3, 4, 5, 6],
}


async def test_as_many_panes_as_there_is_room_for(
    new_app: MakeApp, backend: FakeLookBackend
) -> None:
    app = new_app()
    async with app.run_test(size=(60, 16)) as pilot:
        screen = await opened(pilot, app, backend)
        for size, panes in PANES_AT.items():
            await pilot.resize_terminal(*size)
            await pilot.press("1")
            await until(pilot, lambda panes=panes: shown(screen) == panes)
            for pane in range(1, 7):
                await pilot.press(str(pane))
                await pilot.pause()
                assert pane in shown(screen), size
                assert len(shown(screen)) <= len(panes), size


async def test_layers_images_and_labels_are_stepped_through(
    new_app: MakeApp, backend: FakeLookBackend
) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, backend)
        assert "layer 1 of 2" in text_on(app)
        assert "image 1 of 6" in text_on(app)
        assert "positive: class 0[/b]" in text_on(app)
        assert "negative: class 1[/b]" in text_on(app)
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "negative: class 2" in text_on(app))
        await pilot.press("less_than_sign", "less_than_sign")  # over the true label
        await until(pilot, lambda: "negative: class 3" in text_on(app))
        await pilot.press("right")
        await until(pilot, lambda: "positive: class 1" in text_on(app))
        await pilot.press("left", "left")
        await until(pilot, lambda: "image 6 of 6" in text_on(app))
        await pilot.press("down")
        await until(pilot, lambda: "layer 2 of 2" in text_on(app))
        assert "goodness of layer 2" in text_on(app)
        await pilot.press("down")
        await until(pilot, lambda: "whole network, 2 layers" in text_on(app))
        assert "Confusion, by the whole network" in text_on(app)
        assert "choose a layer" in text_on(app)
        await pilot.press("down", "up", "up", "up")
        await until(pilot, lambda: "layer 1 of 2" in text_on(app))


async def test_the_next_mistake_is_that_of_the_layer(
    new_app: MakeApp, backend: FakeLookBackend
) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, backend)
        for image in (3, 5, 3):
            await pilot.press("exclamation_mark")
            await until(pilot, lambda image=image: f"image {image} of 6" in text_on(app))
        await pilot.press("down", "exclamation_mark")
        await until(pilot, lambda: "image 5 of 6" in text_on(app))
        await until(pilot, lambda: "prediction wrong" in text_on(app))


async def test_a_new_checkpoint_is_read_by_itself(
    new_app: MakeApp, backend: FakeLookBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_screen, "LOOK_EVERY_S", 0.05)
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, app, backend)
        await pilot.press("C")
        await until(pilot, lambda: backend.checkpoints == 1)
        assert "waiting for a new one" in text_on(app)
        backend.reports.append(report())
        await until(pilot, lambda: "at the checkpoints before: 12.5 %" in text_on(app))
        assert "waiting" not in text_on(app)
        backend.alive = False
        await until(pilot, lambda: not screen._alive)
        await pilot.pause()
        assert "C Checkpoint" not in text_on(app)


async def test_a_report_on_few_images_comes_first(new_app: MakeApp) -> None:
    few = replace(report(), probe=500)
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, app, FakeLookBackend(reports=[few]))
        assert "6 of 500 images so far" in text_on(app)
        assert screen._overlaps.by_layer == {}


async def test_no_checkpoint_says_what_to_do(new_app: MakeApp) -> None:
    backend = FakeLookBackend(problem=f"run {HOSTILE} has no checkpoint yet")
    app = new_app()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, app, backend)
        assert f"run {HOSTILE} has no checkpoint yet" in text_on(app)
        await pilot.press("down", "right", "exclamation_mark", "greater_than_sign", "6", "pagedown")
        await pilot.pause()
        await pilot.press("C")
        await until(pilot, lambda: backend.checkpoints == 1)


async def test_a_rule_without_goodness_shows_what_there_is(new_app: MakeApp) -> None:
    made = report()
    bare = tuple(replace(each, scores=(), goodness=None, confusion=None) for each in made.layers)
    without = replace(made, layers=bare, problem="backprop has no goodness", scored_by="logits")
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, FakeLookBackend(reports=[without]))
        text = text_on(app)
        assert "by logits of the network" in text
        assert "Confusion, by the whole network" in text
        assert "backprop has no goodness" in text


async def test_panes_are_chosen_and_scrolled_by_mouse_and_keys(
    new_app: MakeApp,
) -> None:
    app = new_app()
    backend = FakeLookBackend(reports=[report(classes=120, images=130)])
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, app, backend)
        await pilot.click("#look-confusion")
        assert screen._chosen.pane == 3
        pane = screen.query_one("#look-confusion", LookPane)
        await pilot.press("pagedown", "right_square_bracket")
        assert pane._top > 0
        assert pane._left == 1
        await pilot.press("pageup", "left_square_bracket", "left_square_bracket")
        assert (pane._top, pane._left) == (0, 0)


async def test_i_opens_it_on_a_run_and_closes_it(
    new_app: MakeApp, backend: FakeLookBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()
    monkeypatch.setattr("fftui.tui.look_backend.LookBackend", lambda *_: backend)
    async with app.run_test(size=SMALL) as pilot:
        app.post_message(LookInto("r", 2))
        await until(pilot, lambda: isinstance(app.screen, LookScreen))
        await until(pilot, lambda: "layer 2 of 2" in text_on(app))
        await pilot.press("i")
        await until(pilot, lambda: not isinstance(app.screen, LookScreen))
        assert app.screen.query(RowList)


async def test_ascii_draws_ascii(new_app: MakeApp, backend: FakeLookBackend) -> None:
    app = new_app(ascii_only=True)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, backend)
        assert text_on(app).isascii()


async def test_keys_in_any_order_do_no_harm(new_app: MakeApp) -> None:
    draw = random.Random(0)
    keys = ["up", "down", "left", "right", "exclamation_mark", "greater_than_sign"]
    keys += ["less_than_sign", "pageup", "pagedown", "right_square_bracket", "C", *"123456"]
    app = new_app()
    backend = FakeLookBackend(reports=[report(), report()])
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, app, backend)
        for size in (SMALL, (60, 16), LARGE):
            await pilot.resize_terminal(*size)
            await pilot.press(*(draw.choice(keys) for _ in range(40)))
            screen._look()
            await pilot.pause()
        assert app.screen is screen


async def test_a_covered_screen_reads_nothing(
    new_app: MakeApp, backend: FakeLookBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_screen, "LOOK_EVERY_S", 0.05)
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot, app, backend)
        await pilot.press("question_mark")
        await pilot.pause(0.2)
        backend.reports.append(report())
        await pilot.pause(0.3)
        assert len(backend.reports) == 1
        await pilot.press("escape")
        await until(pilot, lambda: not backend.reports)
        assert app.screen is screen


async def test_a_run_on_screen_is_looked_into_at_its_selected_layer(
    new_app: MakeApp,
    new_control: Callable[..., Any],
    view_of: Callable[..., Any],
    backend: FakeLookBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fftui.tui.look_backend.LookBackend", lambda *_: backend)
    app = new_app(new_control(view_of(layers=2, until=(2, 3))))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("up", "down", "i")
        await until(pilot, lambda: isinstance(app.screen, LookScreen))
        await until(pilot, lambda: "layer 2 of 2" in text_on(app))


async def test_a_listed_run_is_looked_into(
    new_app: MakeApp,
    backend: FakeLookBackend,
    tmp_path: Path,
    events_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[str] = []
    monkeypatch.setattr(
        "fftui.tui.look_backend.LookBackend", lambda _, run: runs.append(run) or backend
    )
    run = add_run(tmp_path / "runs", list(events_of(layers=2, epochs=1)), status="finished")
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: run[:20] in text_on(app))
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, LookScreen))
        assert runs == [run]
