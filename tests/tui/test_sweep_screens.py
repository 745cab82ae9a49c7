"""Sweeps on screen: the list, and one sweep that goes on elsewhere, or is carried out here."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from fftui.presets import load_preset
from fftui.runs.workspace import Workspace
from fftui.sweeps import plan as sweep_plan
from fftui.sweeps.plan import SweepPlan, open_sweep
from fftui.sweeps.trials import SweepTrials
from fftui.tui import sweep_backend
from fftui.tui.app import FFTUIApp
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.line_dialog import LineDialog
from fftui.tui.screens.live_screen import LiveScreen
from fftui.tui.screens.sweep_screen import SweepScreen
from fftui.tui.screens.sweeps_screen import SweepsScreen
from fftui.tui.sweep_backend import SweepRun
from fftui.tui.widgets.cell_text import Paragraphs
from fftui.tui.widgets.chart import Chart
from fftui.tui.widgets.row_list import RowList
from fftui.tui.widgets.sweep_rows import trial_details
from fftui.tui.widgets.sweep_widgets import ImportancePane, ParallelPane, header_lines

from .invented import BEST, SWEEP
from .on_screen import LARGE, SMALL, add_run, both_sizes, text_of, until

UNITS = "model.layers.*.units=4|8|12"
RATES = "phases.0.learning_rate=log(1e-4,1e-1)"


@pytest.fixture
def trials(tmp_path: Path) -> SweepTrials:
    """A sweep of twelve trials: the fifth is the best, the last one pruned."""
    experiment = load_preset("quickstart", overrides={"data.validation_images": 200})
    plan = SweepPlan(preset="[/b]", experiment=experiment, over=(RATES, UNITS), sampler="random")
    found = SweepTrials(open_sweep(tmp_path / "runs", plan, "tiny"), plan)
    for number in range(12):
        end(found, 0.9 if number == 4 else 0.5 + number / 100, pruned=number == 11)
    return found


def end(trials: SweepTrials, accuracy: float, *, pruned: bool = False, run: str = "") -> None:
    """One more trial, with its end."""
    taken = trials.take(len(trials.all) + 1)
    assert taken
    if run:
        trials.note(taken, runs={"0": run})
    if pruned:
        trials.report(taken, 0, accuracy)
        trials.prune(taken)
    else:
        trials.finish(taken, accuracy)
    taken.owned.release()


async def opened(pilot: Pilot) -> SweepScreen:
    """The sweep's screen, by the list."""
    app = pilot.app
    await pilot.press("S")
    await until(pilot, lambda: isinstance(app.screen, SweepsScreen))
    await until(pilot, lambda: bool(app.screen.query_one(RowList).items))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, SweepScreen))
    screen = app.screen
    assert isinstance(screen, SweepScreen)
    await until(pilot, lambda: screen.facts is not None)
    await pilot.pause()
    return screen


@both_sizes
async def test_a_sweep_is_opened_from_the_list_and_its_best_trial_is_marked(
    new_app: Callable[..., FFTUIApp], trials: SweepTrials, size: tuple[int, int]
) -> None:
    app = new_app()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        header = text_of(screen.query_one("#sweep-header", Paragraphs))
        assert "tiny · [/b] on mnist-mini · random" in header
        assert "12 trials: 11 finished, 1 pruned   best is trial 4, 90.00 %" in header
        rows = screen.query_one(RowList)
        marked = [row for row in text_of(rows).splitlines() if "◆" in row]
        assert len(marked) == 1 and "90.00" in marked[0]
        parallel = screen.query_one(ParallelPane)
        assert parallel.display
        drawn = text_of(parallel)
        assert "learning_rate" in drawn and "units" in drawn and "best, here 4" in drawn
        assert "0.0001" in drawn
        await pilot.press("down")
        assert "here 11" in text_of(parallel)
        rate = trials.all[11].params["phases.0.learning_rate"]
        details = text_of(screen.query_one("#trial-details", Paragraphs))
        assert f"trial 11: phases.0.learning_rate={rate:.4g}" in details
        await pilot.press("2")
        await pilot.pause()
        assert screen.query_one(Chart).display
        assert "best 90.00" in text_of(screen.query_one(Chart))
        assert "pruned 61.00" in text_of(screen.query_one(Chart))
        await pilot.press("3")
        await pilot.pause()
        bars = text_of(screen.query_one(ImportancePane))
        assert bars.count(" %") == 2 and "━" in bars
        assert "PED-ANOVA" in str(screen.query_one(ImportancePane).border_title)
        if size == SMALL:
            assert not parallel.display
        await pilot.press("b")
        assert isinstance(app.screen, SweepsScreen)


def test_the_best_trial_and_all_settings_have_room_at_80_cells() -> None:
    _, second = header_lines(SWEEP, ("running", "accent"), "", 80)
    assert "".join(text for text, _ in second) == (
        " 15 trials   best is trial 7, 97.42 %   test 97.18 %"
    )
    _, whole = header_lines(SWEEP, ("running", "accent"), "", 120)
    assert "11 finished, 2 pruned, 1 failed, 1 running   best is trial 7" in whole[0][0]
    best = SWEEP.trials[BEST]
    ((values, _),), _ = trial_details(SWEEP, best, 80)
    assert values.endswith("learning_rate=0.000631  units=1800  loss=symba  threshold=14.9")
    ((values, _),), _ = trial_details(SWEEP, best, 140)
    assert "model.layers.*.units=1800" in values


async def test_rows_are_sorted_left_out_and_written(
    new_app: Callable[..., FFTUIApp],
    trials: SweepTrials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        rows = screen.query_one(RowList)

        def numbers() -> list[str]:
            return [row.cells[1][0] for row in rows.items]

        assert numbers()[:2] == ["4", "11"] and rows.index == 0
        await pilot.press("v")
        assert numbers()[0] == "0" and rows.index == numbers().index("4")
        assert "by validation %, reversed" in str(rows.border_title)
        await pilot.press("v", "o")
        rates = [trials.all[int(n)].params["phases.0.learning_rate"] for n in numbers()]
        assert rates == sorted(rates)
        await pilot.press("h")
        assert "11" not in numbers() and "1 left out" in str(rows.border_title)
        for stem in ("tiny", "tiny-2"):  # what is there stays
            await pilot.press("e")
            await until(pilot, (tmp_path / "sweeps" / f"{stem}.md").exists)
        written = (tmp_path / "sweeps" / "tiny-2.csv").read_text().splitlines()
        assert len(written) == 13 and written[0].startswith("trial,state,phases.0.learning_rate")


async def test_what_another_process_does_is_followed_and_a_run_is_opened(
    new_app: Callable[..., FFTUIApp], trials: SweepTrials, tmp_path: Path, events_of: Any
) -> None:
    app = new_app()
    run = add_run(tmp_path / "runs", list(events_of(layers=1, epochs=1)), status="finished")
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        screen = await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: any("no run yet" in n.message for n in app._notifications))
        end(trials, 0.95, run=run)
        await until(pilot, lambda: len(screen.query_one(RowList).items) == 13)
        assert "best is trial 12, 95.00 %" in text_of(screen.query_one("#sweep-header", Paragraphs))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await pilot.press("b")
        assert app.screen is screen
        trials.folder.storage.write_bytes(b"damaged\n" * 999)
        await until(pilot, lambda: any("is damaged" in n.message for n in app._notifications))
        assert len(screen.query_one(RowList).items) == 13


async def test_trials_are_carried_out_here_until_it_is_stopped(
    new_app: Callable[..., FFTUIApp], trials: SweepTrials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SweepRun, "run", lambda self: self._stopping.wait(60))
    app = new_app()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        screen = await opened(pilot)
        header = screen.query_one("#sweep-header", Paragraphs)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, LineDialog))
        await pilot.press("x", "enter")
        assert isinstance(app.screen, LineDialog)
        await pilot.press("backspace", *"22", "enter")
        await until(pilot, lambda: "running here, to 22" in text_of(header))
        assert app.busy and not app.can_hand_over
        await pilot.press("b", "b", "l")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("s")
        assert app.sweep_run is not None
        await until(pilot, lambda: app.sweep_run is not None and not app.sweep_run.is_alive())
        header = app.screen.query_one("#sweep-header", Paragraphs)
        await until(pilot, lambda: "not running" in text_of(header))
        assert app.sweep_run.status == app.own_status == "interrupted"


async def test_a_sweep_is_carried_out_by_its_thread(tmp_path: Path, small: Any) -> None:
    """Real runs, tiny ones: the thread ends them all and measures the winner once."""
    data = {"name": "mnist-mini", "train_images": 64, "validation_images": 64, "test_images": 64}
    experiment = small.experiment().changed({f"data.{name}": v for name, v in data.items()})
    plan = SweepPlan(preset="tiny", experiment=experiment, over=(UNITS,), pruner="none")
    folder = open_sweep(tmp_path / "runs", plan, "tiny")
    run = SweepRun(folder, Workspace(tmp_path / "runs", device="cpu"), 2)
    run.start()
    run.join(60)
    assert (run.status, run.problem) == ("finished", "")
    facts = sweep_backend.SweepBackend(Workspace(tmp_path / "runs")).read("tiny")
    assert facts.count("finished") == 2 and facts.test_looks == 1
    assert facts.best is not None and facts.best.test is not None


async def test_without_sweeps_or_without_optuna_one_line_says_what_to_do(
    new_app: Callable[..., FFTUIApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("S")
        await until(
            pilot, lambda: "fftui sweep PRESET --over" in text_of(app.screen.query_one(RowList))
        )
        monkeypatch.setattr(sweep_plan, "find_spec", lambda name: None)
        await pilot.press("b", "S")
        await until(pilot, lambda: "fftui[sweep]" in text_of(app.screen.query_one(RowList)))


async def test_a_sweep_is_drawn_in_ascii(
    new_app: Callable[..., FFTUIApp], trials: SweepTrials
) -> None:
    app = new_app(ascii_only=True)
    async with app.run_test(size=(60, 16)) as pilot:
        screen = await opened(pilot)
        await pilot.press("down")
        drawn = text_of(screen.query_one(ParallelPane))
        assert drawn.isascii() and "x" in drawn and "*" in drawn


async def test_other_facts_at_the_same_place_in_memory_are_drawn_anew(
    new_app: Callable[..., FFTUIApp], trials: SweepTrials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.tui.widgets.sweep_widgets.id", lambda _: 1, raising=False)
    app = new_app()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        pane = app.screen.query_one(ParallelPane)
        pane.show(SWEEP, None, None)
        text_of(pane)
        pane.show(replace(SWEEP, trials=SWEEP.trials[:2]), None, None)
        after = text_of(pane)
        pane._made = None
        assert text_of(pane) == after
