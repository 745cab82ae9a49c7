"""A sweep is read as it is now, and nothing of it is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import RequestError
from fftui.events import FORMAT
from fftui.sweeps.over import parse_over
from fftui.sweeps.plan import PLAN, SweepFolder, SweepPlan, open_sweep
from fftui.sweeps.sweep_facts import LEAST_FINISHED, place, short_paths
from fftui.sweeps.trials import SweepTrials
from fftui.sweeps.watching import SweepReader

from .conftest import RATES, UNITS

PlanOf = Callable[..., SweepPlan]
TrialsOf = Callable[[SweepPlan], SweepTrials]
STORED = Path(__file__).parent / "formats"
FORMATS = sorted(folder.name for folder in STORED.iterdir())


def carry(trials: SweepTrials, count: int, accuracy: Callable[[Any], float]) -> None:
    """End `count` more trials with what `accuracy` says of their values."""
    total = len(trials.all) + count
    for _ in range(count):
        taken = trials.take(total)
        assert taken
        trials.finish(taken, accuracy(taken.values))
        taken.owned.release()


def test_what_other_processes_do_is_read_and_nothing_is_written(
    plan_of: PlanOf, trials_of: TrialsOf, tmp_path: Path
) -> None:
    plan = plan_of(RATES, UNITS, sampler="random")
    folder = open_sweep(tmp_path / "runs", plan, "tiny")
    reader = SweepReader(folder)
    assert reader.read().trials == ()
    assert not folder.storage.exists()

    trials = trials_of(plan)
    carry(trials, 2, lambda values: 0.25)
    running = trials.take(3)
    assert running
    trials.report(running, 0, 0.125)
    before = {path: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}
    now = reader.read()
    assert [each.state for each in now.trials] == ["finished", "finished", "begun"]
    assert now.trials[2].latest == 0.125 and now.trials[2].accuracy is None
    assert now.trials[2].values == tuple(
        trials.all[2].params[path] for path in ("phases.0.learning_rate", "model.layers.*.units")
    )
    assert now.best is now.trials[0]
    assert reader.read() is now

    trials.note(running, runs={"0": "a-run-that-is-gone"})
    assert reader.read().trials[2].state == "interrupted"
    trials.prune(running)
    assert reader.read().count("pruned") == 1
    assert all(path.read_bytes().startswith(content) for path, content in before.items())


def test_a_line_that_is_being_written_is_left_for_later(
    plan_of: PlanOf, trials_of: TrialsOf
) -> None:
    trials = trials_of(plan_of(UNITS))
    carry(trials, 1, lambda values: 0.5)
    whole = trials.folder.storage.read_bytes()
    trials.folder.storage.write_bytes(whole[:-20])
    reader = SweepReader(trials.folder)
    assert reader.read().trials[0].state == "begun"
    trials.folder.storage.write_bytes(whole)
    assert reader.read().trials[0].state == "finished"
    trials.folder.storage.write_text('{"op_code": "x"}\n' * 3)
    with pytest.raises(RequestError, match="is damaged"):
        SweepReader(trials.folder).read()


def test_importance_finds_the_setting_that_decides(plan_of: PlanOf, trials_of: TrialsOf) -> None:
    trials = trials_of(plan_of("phases.0.sharpness=uniform(1,9)", RATES, sampler="random"))
    carry(trials, LEAST_FINISHED - 1, lambda values: 0.5)
    reader = SweepReader(trials.folder)
    assert reader.read().importance is None
    carry(trials, 12, lambda values: values["phases.0.learning_rate"])
    found = reader.read().importance
    assert found and found.of == LEAST_FINISHED + 11 and sum(found.shares) == pytest.approx(1)
    assert found.shares[1] > 0.6


@given(st.floats(1e-3, 1e-1), st.floats(1e-3, 1e-1))
def test_values_stand_on_an_axis_in_their_order(one: float, other: float) -> None:
    for text in ("a=log(1e-3,1e-1)", "a=uniform(1e-3,1e-1)"):
        domain = parse_over(text).domain
        places = [place(domain, each) for each in sorted((one, other))]
        assert places[0] is not None and places[1] is not None
        assert 0 <= places[0] <= places[1] <= 1


def test_ends_of_an_axis_and_what_is_not_on_it() -> None:
    assert [place(parse_over("a=int(100,500,100)").domain, v) for v in (100, 300)] == [0, 0.5]
    choices = parse_over("a=x|y|z").domain
    assert [place(choices, each) for each in ("x", "z", "w", None)] == [0, 1, None, None]
    assert place(parse_over("a=log(1,10)").domain, float("nan")) is None


def test_settings_have_the_shortest_names_that_tell_them_apart() -> None:
    assert short_paths(["phases.0.epochs", "model.layers.*.units"]) == ("epochs", "units")
    twice = ("phases.0.epochs", "phases.1.epochs")
    assert short_paths(twice) == twice


@pytest.mark.parametrize("name", FORMATS)
def test_stored_sweeps_of_every_format_are_read_and_gone_on_with(name: str, tmp_path: Path) -> None:
    copy = tmp_path / ".sweeps" / "stored"
    shutil.copytree(STORED / name, copy)
    folder = SweepFolder(copy)
    facts = SweepReader(folder).read()
    assert [each.accuracy for each in facts.trials] == [0.5, 0.25, 0.75]
    assert facts.best is not None and facts.best.test == 0.7
    assert open_sweep(tmp_path, folder.plan(), "stored") == folder
    assert SweepTrials(folder, folder.plan()).take(4)


def test_each_format_has_a_stored_sweep_and_a_newer_one_is_named(
    plan_of: PlanOf, tmp_path: Path
) -> None:
    assert ["before-formats", *(f"format-{n}" for n in range(1, FORMAT + 1))] == FORMATS
    plan = plan_of(UNITS)
    folder = open_sweep(tmp_path, plan, None)
    content = json.loads((folder.path / PLAN).read_text())
    assert content["format"] == FORMAT
    for changed in ({}, {"over": "in another way"}):
        newer = content | {"format": FORMAT + 1} | changed
        (folder.path / PLAN).write_text(json.dumps(newer))
        with pytest.raises(RequestError, match="written by a newer one; install that"):
            folder.plan()
