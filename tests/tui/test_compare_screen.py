"""Marking runs, and the screen of their comparison."""

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.tui.app import FFTUIApp
from fftui.tui.charts.cell_plot import Series, draw
from fftui.tui.charts.scale import Window
from fftui.tui.screens.compare_screen import CompareScreen, CurvesRead
from fftui.tui.screens.runs_screen import RunsScreen
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.compare_tables import DifferingList, OutcomeList
from fftui.tui.widgets.row_list import RowList

from .on_screen import LARGE, SMALL, add_run, both_sizes, text_of, until


@pytest.fixture
def runs(tmp_path: Path, events_of) -> Path:
    """Three finished runs, of which two differ in nothing but the seed."""
    folder = tmp_path / "runs"
    for seed, epochs in ((0, 20), (1, 20), (0, 8)):
        found = list(events_of(layers=2, epochs=epochs))
        run = add_run(folder, found, name="ff", status="finished", test_accuracy=0.9, train_s=9.0)
        path = folder / run / "experiment.toml"
        text = re.sub(r"seed = \d+", f"seed = {seed}", path.read_text(encoding="utf-8"))
        path.write_text(text.replace("epochs = 20", f"epochs = {epochs}"), encoding="utf-8")
        if epochs == 8:
            path.write_text(re.sub(r"epochs = \d+", "epochs = 8", text), encoding="utf-8")
    return folder


def comparison(app: FFTUIApp) -> CompareScreen:
    assert isinstance(app.screen, CompareScreen)
    return app.screen


def chart(app: FFTUIApp) -> str:
    return text_of(app.screen.query_one(Chart))


def title(app: FFTUIApp) -> str:
    return str(app.screen.query_one(Chart).border_title)


def table(app: FFTUIApp) -> str:
    return text_of(app.screen.query_one(OutcomeList))


async def compare(pilot: Pilot, count: int = 3) -> CompareScreen:
    """Mark the first `count` runs and compare them."""
    app = pilot.app
    assert isinstance(app, FFTUIApp)
    await pilot.press("r")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen))
    await until(pilot, lambda: len(app.screen.query_one(RowList).items) >= count)
    await pilot.press(*["space"] * count, "c")
    await until(pilot, lambda: isinstance(app.screen, CompareScreen))
    screen = comparison(app)
    await until(pilot, lambda: bool(screen.panes.shown and screen.panes.shown.outcomes.differences))
    await pilot.pause()
    return screen


@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
async def test_runs_are_marked(new_app, runs: Path, ascii_only: bool) -> None:
    app = new_app(ascii_only=ascii_only)
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        rows = app.screen.query_one(RowList)
        await until(pilot, lambda: len(rows.items) == 3)
        await pilot.press("c")
        await until(pilot, lambda: any("at least two" in n.message for n in app._notifications))
        await pilot.press("space", "space")
        sign = "x" if ascii_only else "◆"
        lines = text_of(rows).splitlines()
        assert [line[1] for line in lines[1:4]] == [sign, sign, " "]
        assert "2 marked" in str(rows.border_title)
        await pilot.press("home", "space")
        assert "1 marked" in str(rows.border_title)
        assert isinstance(app.screen, RunsScreen)


@both_sizes
async def test_lines_outcomes_and_differences_are_seen(new_app, runs: Path, size) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        screen = await compare(pilot)
        assert "test accuracy, %" in title(app)
        assert {"A", "B", "C"} <= set(chart(app))
        lines = table(app).splitlines()
        assert "less A, points" in lines[0]
        assert [line.split()[:3] for line in lines[1:4]] == [
            ["▌", "A", "━━"],
            ["B", "━━", "ff"],
            ["C", "━━", "ff"],
        ]
        assert "seed=1" in lines[2]
        # the accuracies are of 110 images that nobody knows which were right
        assert "*" in lines[2]
        await pilot.press("down")
        assert "less B, points" in table(app)
        await pilot.press("d")
        differing = text_of(screen.query_one(DifferingList))
        assert {line.split()[0] for line in differing.replace("▌", " ").splitlines()[1:]} >= {
            "seed",
            "phases.0.epochs",
        }
        assert "learning_rate" not in differing
        await pilot.press("b")
        assert isinstance(app.screen, RunsScreen)


async def test_keys_read_the_chart(new_app, runs: Path) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await compare(pilot)
        plot = screen.query_one(Chart)
        await pilot.press("left", "left")
        assert "epoch 39" in title(app)
        assert plot.drawn.cursor == 39
        # the run that has ended before has no value there
        assert {line.name for line, _ in plot.drawn.labelled} == {"A", "B"}
        await pilot.press("plus", "left_square_bracket")
        assert plot.drawn.window.right - plot.drawn.window.left == pytest.approx(19.5)
        await pilot.press("0", "y")
        assert plot.drawn.window.log
        await pilot.press("y", "m")
        assert "smoothed 0.6" in title(app)
        assert {line.name for line, _ in plot.drawn.labelled} == {"A~", "B~", "C~"}
        await pilot.press("m", "m", "x")
        assert plot.drawn.unit == "step"
        await pilot.press("x", "w")
        assert plot.drawn.unit == "seconds"
        assert plot.drawn.window.left == pytest.approx(1.6 * 11)
        await pilot.press("w", "x", "enter")
        assert not screen.query_one(OutcomeList).region.height
        await pilot.press("escape")
        assert screen.query_one(OutcomeList).region.height


async def test_metrics_layers_and_hidden_lines(new_app, runs: Path) -> None:
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await compare(pilot)
        seen = []
        for _ in range(3):
            await pilot.press("v")
            await until(pilot, lambda: title(app) not in [*seen, "test accuracy, %"])
            seen.append(title(app))
        # no run has validation images or training accuracies
        assert seen == ["loss", "goodness of positive data", "goodness of negative data"]
        await pilot.press("ctrl+p", *"compare loss")
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and title(app) == "loss")
        await pilot.press("full_stop")
        await until(pilot, lambda: "layer 1" in title(app))
        assert screen.query_one(Chart).drawn.window.right == 20
        await pilot.press("comma")
        await until(pilot, lambda: "layer" not in title(app))
        await pilot.press("h")
        assert [line.name for line in screen.query_one(Chart).drawn.series] == ["B", "C"]
        assert "A   " in table(app).splitlines()[1]
        await pilot.press("down", "h", "down", "h")
        assert "all lines are hidden" in chart(app)
        await pilot.press("h")
        assert "C" in chart(app)


async def test_seeds_fold_and_unfold(new_app, runs: Path) -> None:
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = await compare(pilot)
        await pilot.press("f")
        assert "min to max" in title(app)
        names = [line.name for line in screen.query_one(Chart).drawn.series]
        assert names == ["A band", "A", "C"]
        assert "3 runs as 2" in str(screen.query_one(OutcomeList).border_title)
        assert re.search(r"A ━━  ff\S* .*2 ", table(app))
        await pilot.press("f")
        assert [line.name for line in screen.query_one(Chart).drawn.series] == ["A", "B", "C"]


async def test_two_experiments_do_not_fold(new_app, runs: Path) -> None:
    app = new_app()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await compare(pilot, count=2)  # the newest two: another number of epochs
        await pilot.press("f")
        await until(pilot, lambda: any("nothing to fold" in n.message for n in app._notifications))
        assert "min to max" not in title(app)


async def test_what_is_shown_is_written_and_nothing_replaced(
    new_app, runs: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await compare(pilot)
        await pilot.press("h", "e")
        folder = tmp_path / "comparisons"
        await until(pilot, lambda: any("written to" in n.message for n in app._notifications))
        assert {path.name for path in folder.iterdir()} == {
            "test_accuracy.csv",
            "test_accuracy.md",
            "test_accuracy.svg",
        }
        with (folder / "test_accuracy.csv").open(encoding="utf-8") as file:
            assert {row["letter"] for row in csv.DictReader(file)} == {"B", "C"}
        before = (folder / "test_accuracy.md").read_bytes()
        await pilot.press("v", "V", "h", "e")
        await until(pilot, (folder / "test_accuracy-2.svg").exists)
        assert (folder / "test_accuracy.md").read_bytes() == before


async def test_a_run_that_learns_is_read_on(
    new_app, runs: Path, events_of: Callable, monkeypatch
) -> None:
    monkeypatch.setattr("fftui.tui.screens.compare_screen.READ_EVERY_S", 0.1)
    found = list(events_of(layers=2, epochs=60))
    run = add_run(runs, found[: len(found) // 4], name="live")
    journal = JournalWriter(RunFolder(runs / run).journal)  # held: the run is alive
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await compare(pilot, count=2)
        assert "1 not ended" in str(screen.query_one(OutcomeList).border_title)

        def points() -> int:
            return len(screen.panes.shown.lines[1].curve.values) if screen.panes.shown else 0

        before = points()
        for _, event in found[len(found) // 4 :]:
            journal.append(event)
        await until(pilot, lambda: points() > before)
        journal.close()


async def test_a_damaged_run_is_said(new_app, runs: Path) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: len(app.screen.query_one(RowList).items) == 3)
        await pilot.press("space", "space")
        for path in runs.glob("*/run.json"):
            path.write_text("{", encoding="utf-8")
        await pilot.press("c", "v", "f", "d", "h", "e", "left", "x", "m", "0", "full_stop")
        await until(pilot, lambda: "run.json is damaged" in " ".join(chart(app).split()))


async def test_markup_and_ascii(new_app, runs: Path) -> None:
    for path in runs.glob("*/run.json"):
        path.write_text(path.read_text(encoding="utf-8").replace('"ff"', '"[/b] θ"'), "utf-8")
    app = new_app(ascii_only=True)
    async with app.run_test(size=(60, 16)) as pilot:
        await compare(pilot)
        await pilot.press("f", "d")
        await pilot.pause()
        rows = app.screen._compositor.render_strips()
        text = "\n".join("".join(each.text for each in strip) for strip in rows)
        assert text.isascii()
        await pilot.press("d")
        assert "[/b] theta" in table(app)
        assert set("AC") <= set(chart(app))


async def test_lines_are_drawn_once_though_the_tables_get_another_height(
    new_app, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, int]] = []

    def counted(series: Sequence[Series], window: Window, *size: int, braille: bool) -> object:
        drawn.append((len(series), size[1]))
        return draw(series, window, *size, braille=braille)

    async with new_app().run_test(size=LARGE) as pilot:
        await compare(pilot)
        monkeypatch.setattr("fftui.tui.widgets.chart.draw", counted)
        await pilot.press("f")
        await pilot.pause()
        await pilot.press("f")
        await pilot.pause()
        folded, unfolded = drawn
        assert folded[0] == 3  # a line of one run, a mean and its band
        assert unfolded[0] == 3
        assert folded[1] == unfolded[1] + 1  # a row less in the table


async def test_what_runs_have_learned_comes_after_another_metric_was_asked_for(
    new_app, runs: Path
) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        screen = await compare(pilot)
        before = screen._found
        assert before is not None
        await pilot.press("v")
        await until(pilot, lambda: screen._answered == 1)
        metric = title(app)
        screen.post_message(CurvesRead(before, asked=0))  # waited behind the key's reading
        await until(pilot, lambda: screen._answered == 2)  # what is new is read, of what is shown
        assert title(app) == metric != "test accuracy, %"
