"""Pictures of pixels on the screen: sent once a change, removed at the end, and in cells as ever
where the terminal draws none.
"""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from fftui.errors import RequestError
from fftui.network_report import FilterPictures
from fftui.text.pictures_wanted import Wanted
from fftui.tui.app import FFTUIApp
from fftui.tui.graphics.abilities import Abilities
from fftui.tui.graphics.kitty import PLACEHOLDER
from fftui.tui.graphics.picture_terminal import PictureTerminal
from fftui.tui.preferences import PreferencesFile
from fftui.tui.screens.look_screen import LookScreen

from ..graphics.links import KITTY, PLAIN, SIXEL, FakeLink
from ..on_screen import LARGE, SMALL, until
from ..test_glass import text_on
from .reports import FakeLookBackend, grey, report

MakeApp = Callable[..., FFTUIApp]


@pytest.fixture(autouse=True)
def outside_a_multiplexer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "ZELLIJ", "TERM_PROGRAM", "FFTUI_PICTURES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


async def opened(
    pilot: Pilot, app: FFTUIApp, link: FakeLink, wanted: Wanted = "auto", units: int = 2
) -> LookScreen:
    app._pictures = PictureTerminal(wanted, lambda: link, app._keep_pictures)
    filters = FilterPictures(tuple(range(units)), (grey(),) * units, units, "units")
    backend = FakeLookBackend([report(filters=filters)])
    screen = LookScreen("a run", backend, 1, app.picture_terminal())  # type: ignore[arg-type]
    await app.push_screen(screen)
    await until(pilot, lambda: screen._sample is not None)
    await settled(pilot)
    return screen


async def settled(pilot: Pilot) -> None:
    """Wait until pictures that are drawn a little later are drawn."""
    await pilot.pause(0.2)
    await pilot.pause()


async def test_by_kittys_protocol_each_change_is_sent_once(new_app: MakeApp) -> None:
    app, link = new_app(), FakeLink(KITTY)
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, app, link)
        assert link.asked == 1
        assert link.count("a=T") == 3  # inputs, their labels, weights
        assert link.count("a=d") == 0
        assert text_on(app).count(PLACEHOLDER) > 100
        screen.refresh(layout=True)
        await pilot.press("question_mark")
        await settled(pilot)
        await pilot.press("escape", "down")
        await settled(pilot)
        assert link.count("a=T") == 3
        await pilot.press("greater_than_sign")  # the negative has another label's number
        await until(pilot, lambda: screen._sample is not None and screen._chosen.wrong is not None)
        await settled(pilot)
        assert link.count("a=T") == 3  # which the sample of these tests does not draw
        await pilot.press("i")
        await until(pilot, lambda: app.screen is not screen)
        await settled(pilot)
        assert link.count("a=d") == 3
        assert PLACEHOLDER not in text_on(app)


@pytest.mark.parametrize("can", [KITTY, SIXEL], ids=["Kitty", "Sixel"])
async def test_weights_are_sent_once_it_is_known_which_units_are_the_most_active(
    new_app: MakeApp, can: Abilities
) -> None:
    app, link = new_app(), FakeLink(can)
    app._pictures = PictureTerminal("auto", lambda: link)
    few = report(filters=FilterPictures((0, 1), (grey(), grey(value=9)), 2, "units"), probe=500)
    whole = report(filters=FilterPictures((1, 0), (grey(value=9), grey()), 2, "units"))
    backend = FakeLookBackend([few])
    screen = LookScreen("a run", backend, 1, app.picture_terminal())  # type: ignore[arg-type]
    begins = "a=T" if can is KITTY else "\x1bP0;1;0q"
    async with app.run_test(size=LARGE) as pilot:
        await app.push_screen(screen)
        await until(pilot, lambda: screen._sample is not None)
        await settled(pilot)
        before, link.sent = link.count(begins), []
        assert before == 2  # inputs and their labels
        backend.reports.append(whole)
        screen._look()
        await until(pilot, lambda: screen._report is whole)
        await settled(pilot)
        assert link.count(begins) == 1


async def test_what_is_suspended_is_removed_and_comes_back(new_app: MakeApp) -> None:
    app, link = new_app(), FakeLink(KITTY)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, link)
        app.leave_pictures()  # as the driver does before it gives the terminal back
        assert link.count("a=d") == 3
        app.app_resume_signal.publish(app)
        await settled(pilot)
        assert (link.count("a=T"), link.count("a=d")) == (6, 3)


async def test_only_panes_that_are_shown_are_sent(new_app: MakeApp) -> None:
    app, link = new_app(), FakeLink(KITTY)
    async with app.run_test(size=SMALL) as pilot:
        await opened(pilot, app, link)
        assert link.count("a=T") == 2
        await pilot.press("6")
        await settled(pilot)
        assert link.count("a=T") == 3


async def test_sixel_is_drawn_on_empty_cells_and_again_after_what_covered_it(
    new_app: MakeApp,
) -> None:
    app, link = new_app(), FakeLink(SIXEL)
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, app, link)
        first = link.count("\x1bP0;1;0q")
        assert first >= 3
        weights = screen._panes[5]
        (placed,) = weights._placed
        region = weights._region_of(placed)
        assert any(f"\x1b7\x1b[{region.y + 1};{region.x + 1}H\x1bP" in each for each in link.sent)
        link.sent.clear()
        await pilot.press("down")  # another layer: the same inputs and weights
        await settled(pilot)
        assert link.sent == []
        await pilot.press("question_mark")
        await settled(pilot)
        assert link.sent == []  # what covers them stays free of them
        await pilot.press("escape")
        await settled(pilot)
        assert link.count("\x1bP0;1;0q") == 3


async def test_sixel_is_not_drawn_over_a_notice(new_app: MakeApp) -> None:
    app, link = new_app(), FakeLink(SIXEL)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = await opened(pilot, app, link, units=60)
        weights = screen._panes[5]
        screen.notify("over\nthe\nweights\nand their numbers", timeout=60)
        await until(pilot, lambda: bool(screen.query("Toast")))
        await settled(pilot)
        (placed,) = weights._placed
        (toast,) = screen.query("Toast")
        assert toast.region.overlaps(weights._region_of(placed))
        link.sent.clear()
        weights.refresh()
        await settled(pilot)
        assert link.sent == []
        app.clear_notifications()
        await until(pilot, lambda: not screen.query("Toast"))
        await settled(pilot)
        assert link.count("\x1bP0;1;0q") > 1


@pytest.mark.parametrize("wanted", ["auto", "cells"])
@pytest.mark.parametrize("link", [FakeLink(PLAIN), FakeLink(None), None], ids=str)
async def test_everywhere_else_the_picture_is_the_same(
    new_app: MakeApp, link: FakeLink | None, wanted: Wanted
) -> None:
    shown = []
    for terminal in (PictureTerminal("cells"), PictureTerminal(wanted, lambda: link)):
        app = new_app()
        async with app.run_test(size=LARGE) as pilot:
            backend = FakeLookBackend()
            screen = LookScreen("a run", backend, 1, terminal)  # type: ignore[arg-type]
            await app.push_screen(screen)
            await until(pilot, lambda screen=screen: screen._sample is not None)
            await settled(pilot)
            shown.append([[(each.text, each.style) for each in strip] for strip in strips_of(app)])
    assert shown[0] == shown[1]
    assert link is None or link.sent == []


def strips_of(app: FFTUIApp) -> list[Strip]:
    return app.screen._compositor.render_strips()


@pytest.mark.parametrize("reason", ["ascii", "NO_COLOR", "theme"])
async def test_without_colours_nothing_is_asked(
    new_app: MakeApp, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    if reason == "NO_COLOR":
        monkeypatch.setenv("NO_COLOR", "1")
    app = new_app(ascii_only=reason == "ascii")
    if reason == "theme":
        app.theme = "ansi-dark"
    link = FakeLink(KITTY)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, app, link)
        assert (link.asked, link.sent) == (0, [])


async def test_the_palette_chooses_and_the_choice_stays(
    new_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, link = new_app(), FakeLink(SIXEL)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = await opened(pilot, app, link, "cells")
        assert (link.asked, link.sent) == (0, [])
        commands = {each.name: each.act for each in screen.own_commands()}
        assert list(commands) == [
            "Pictures as the terminal can",
            "Pictures in cells (now)",
            "Pictures by Kitty's protocol",
            "Pictures as Sixel",
        ]
        commands["Pictures as the terminal can"]()
        await settled(pilot)
        assert link.count("\x1bP0;1;0q") >= 3
        assert PreferencesFile().preferences.pictures == "auto"
        commands["Pictures by Kitty's protocol"]()
        await settled(pilot)
        assert link.count("a=T") == 3

        def refuse(**_: object) -> None:
            raise RequestError("the disk is full")

        monkeypatch.setattr(app.backend.preferences, "change", refuse)
        commands["Pictures in cells (now)"]()
        await settled(pilot)
        assert "the disk is full" in text_on(app)
        assert PLACEHOLDER not in text_on(app)
