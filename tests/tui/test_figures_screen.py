"""Figures on screen: one at a time, what has no room or cannot be drawn, and the files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fftui.errors import RequestError
from fftui.studies.study import Scale
from fftui.tui import themes
from fftui.tui.app import FFTUIApp
from fftui.tui.figure_backend import Room, ShownFigure
from fftui.tui.messages import ShowFigures
from fftui.tui.screens.figures_screen import FiguresScreen
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.figure_pane import FigurePane

from .on_screen import LARGE, SMALL, until


@dataclass
class FakeFigureBackend:
    """Two figures, of which the second cannot be drawn."""

    rooms: list[Room] = field(default_factory=list)
    problem: str = ""

    def draw(self, names: tuple[str, ...], scale: Scale, room: Room) -> Iterator[ShownFigure]:
        self.rooms.append(room)
        if self.problem:
            raise RequestError(self.problem)
        rows = tuple(((f"row {at} of {room.columns}", room.ink, ""),) for at in range(60))
        yield ShownFigure("figure-3-times", rows, "2 labels do not fit at this size")
        yield ShownFigure("figure-4-power", problem="no run has it: that needs an NVIDIA GPU")

    def write(self, names: tuple[str, ...], scale: Scale) -> tuple[Path, int]:
        return Path("/somewhere/figures"), 4


@pytest.fixture
def backend() -> FakeFigureBackend:
    return FakeFigureBackend()


@pytest.fixture
def figure_app(new_app, backend: FakeFigureBackend, monkeypatch) -> FFTUIApp:
    app = new_app()
    monkeypatch.setattr(app, "figures", lambda: backend)
    return app


def screen_text(app: FFTUIApp) -> str:
    rendered = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in rendered)


async def opened(pilot: Pilot, app: FFTUIApp) -> None:
    app.presets_screen.post_message(ShowFigures("table-1", ("table-1",), "quick"))
    await until(pilot, lambda: isinstance(app.screen, FiguresScreen))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
async def test_figures_are_drawn_for_the_room_there_is(figure_app, backend, size) -> None:
    async with figure_app.run_test(size=size) as pilot:
        await opened(pilot, figure_app)
        # the second is drawn behind the first
        await until(pilot, lambda: "figure-3-times  figure 1 of 2" in screen_text(figure_app))
        shown = screen_text(figure_app)
        assert f"row 3 of {size[0] - 1}" in shown
        assert "2 labels do not fit at this size; w writes the files" in shown
        assert backend.rooms[-1].rows <= size[1]
        await pilot.press("down", "down")
        await until(pilot, lambda: "row 0 of" not in screen_text(figure_app))
        await pilot.press("n")
        await until(pilot, lambda: "needs an NVIDIA GPU" in screen_text(figure_app))
        assert "not drawn" in screen_text(figure_app)
        await pilot.press("n")
        await until(pilot, lambda: "row 3 of" in screen_text(figure_app))
        await pilot.press("b")
        await until(pilot, lambda: not isinstance(figure_app.screen, FiguresScreen))


async def test_another_theme_or_size_draws_again_in_its_colours(figure_app, backend) -> None:
    async with figure_app.run_test(size=SMALL) as pilot:
        await opened(pilot, figure_app)
        await until(pilot, lambda: len(backend.rooms) == 1)
        assert backend.rooms[-1].ground == themes.DARK.background
        await pilot.press("ctrl+t")
        await until(pilot, lambda: backend.rooms[-1].ground == themes.LIGHT.background)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: backend.rooms[-1].columns == 119)
        figure_app.theme = "ansi-dark"
        await until(pilot, lambda: backend.rooms[-1].ground == "#000000")


async def test_files_are_written_and_the_folder_is_said(figure_app) -> None:
    async with figure_app.run_test(size=SMALL, notifications=True) as pilot:
        await opened(pilot, figure_app)
        await pilot.press("w")
        await until(pilot, lambda: "/somewhere/figures" in screen_text(figure_app))
        assert "4 files written" in screen_text(figure_app)


async def test_a_problem_is_a_line_and_no_key_fails(figure_app, backend) -> None:
    backend.problem = "cannot read the runs in there"
    async with figure_app.run_test(size=SMALL) as pilot:
        await opened(pilot, figure_app)
        await pilot.press("n", "p", "down", "up")
        header = figure_app.screen.query_one("#figure-header", Paragraphs)
        await until(
            pilot,
            lambda: "cannot read" in "".join(t for r in header.rows(80, 2) for t, _ in r.spans),
        )
        assert figure_app.screen.query_one(FigurePane).virtual_size.height == 0
