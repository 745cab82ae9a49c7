"""From finished runs to outcomes: accuracies, images labelled rightly, one machine's runs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fftui import events as ev
from fftui.bits import pack_bits
from fftui.claims import Setup
from fftui.claims.claims_plan import ClaimsPlan
from fftui.claims.gathering import gather
from fftui.claims.setup_runs import PlannedRuns
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter

FF, BP = Setup("paper/ff"), Setup("paper/backprop")
Planned = tuple[Setup, tuple[Experiment, ...]]


def small_plan(*planned: Planned, absent: dict[Setup, str] | None = None) -> ClaimsPlan:
    return ClaimsPlan("quick", 1, tuple(PlannedRuns(*each) for each in planned), absent or {})


def ran_on(run: RunFolder, host: str, device: str = "cpu", precision: str = "float32") -> RunFolder:
    """The run as if it had been made there."""
    place = {"machine": {"host": host}, "device": device, "precision": precision}
    run.write_record(run.record().model_copy(update=place))
    return run


def test_what_runs_came_to(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    experiments = tuple(small.experiment(seed) for seed in range(3))
    ids = tuple(finished_run(each, 0.8 + 0.01 * each.seed).id for each in experiments)
    outcome = gather(small_plan((FF, experiments)), tmp_path / "runs", {}).outcomes[FF]
    assert outcome.test.by_seed == pytest.approx((0.80, 0.81, 0.82))
    assert (outcome.test.images, outcome.train_images) == (20, 128)
    assert outcome.test.correct_SN is None
    assert outcome.train.mean == pytest.approx(0.97)
    assert (outcome.chance, outcome.label, outcome.runs) == (0.1, "paper/ff", ids)
    assert outcome.losses == ((0.5,),) * 3
    assert outcome.measures.train_s is not None
    assert outcome.measures.train_s.values == (1.5, 1.5, 1.5)
    assert outcome.measures.power_w is None
    assert math.isfinite(outcome.test.half)


def test_images_labelled_rightly_and_depths(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    experiments = tuple(small.experiment(seed) for seed in range(2))
    rights = [np.arange(20) < 10 + seed for seed in range(2)]
    for experiment, right in zip(experiments, rights, strict=True):
        run, first = finished_run(experiment), right & (np.arange(20) < 5)
        journal = JournalWriter(run.journal)
        bits = (pack_bits(first), pack_bits(right))
        accuracies = (float(first.mean()), float(right.mean()))
        counts = ((int(right.sum()), 0), (20, 0))
        for split in ("test", "validation"):
            journal.append(
                ev.Evaluated(
                    *(1, None, 2, split, True, accuracies[1], (0.5,), *counts, 0.1, None),
                    correct=bits[1],
                    depth_correct=bits,
                    depth_accuracies=accuracies,
                )
            )
        journal.close()
    outcome = gather(small_plan((FF, experiments)), tmp_path / "runs", {}).outcomes[FF]
    assert outcome.test.correct_SN is not None
    assert (outcome.test.correct_SN == np.stack(rights)).all()
    assert outcome.validation is not None
    assert outcome.validation.by_seed == pytest.approx((0.5, 0.55))
    assert [each.by_seed for each in outcome.depths] == [(0.25, 0.25), (0.5, 0.55)]
    assert outcome.train.correct_SN is None  # other images than those of the test


def test_an_outcome_on_another_set_says_so(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    finished_run(small.experiment())
    setup = Setup("ff", "cifar10")
    made = small_plan((setup, (small.experiment(),)))
    assert gather(made, tmp_path / "runs", {}).outcomes[setup].label == "ff on cifar10"


def test_why_a_setup_has_no_outcome(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    failed, other, refused = (small.experiment(seed) for seed in range(3))
    finished_run(failed, status="failed")
    made = small_plan(
        (FF, (failed,)),
        (BP, (other,)),
        (Setup("ff"), (refused,)),
        absent={Setup("cnn"): "not here"},
    )
    failures = {Setup("ff").text: "its run failed: no such device"}
    outcomes = gather(made, tmp_path / "runs", failures).outcomes
    assert outcomes.by_setup == {}
    assert outcomes.absent[FF] == "1 failed (it broke)"
    assert outcomes.absent[BP] == "1 not run"
    assert outcomes.absent[Setup("ff")] == "its run failed: no such device"
    assert outcomes.absent[Setup("cnn")] == "not here"


def test_only_runs_of_the_machine_with_most_setups_are_compared(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    first, second, third = (small.experiment(seed) for seed in range(3))
    here = [ran_on(finished_run(each, 0.8), "here") for each in (first, second)]
    for each in (first, third):  # newer, but fewer set-ups
        ran_on(finished_run(each, 0.6), "there")
    made = small_plan((FF, (first,)), (BP, (second,)), (Setup("ff"), (second, third)))
    gathered = gather(made, tmp_path / "runs", {})
    assert gathered.outcomes[FF].runs == (here[0].id,)
    assert gathered.outcomes[Setup("ff")].seeds == 1
    platform = gathered.outcomes[BP].platform
    assert platform is not None
    assert (platform.host, platform.device, platform.precision) == ("here", "cpu", "float32")


def test_what_ran_elsewhere_is_said_to_be_left_out(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    first, second, third = (small.experiment(seed) for seed in range(3))
    for each in (first, second):
        ran_on(finished_run(each), "here")
    ran_on(finished_run(third), "there", "H100")
    made = small_plan((FF, (first,)), (BP, (second,)), (Setup("ff"), (third,)))
    gathered = gather(made, tmp_path / "runs", {})
    assert "it ran on H100, there" in gathered.outcomes.absent[Setup("ff")]
    (note,) = gathered.notes
    assert "runs of cpu, here are compared; 1 set-up" in note


def test_of_as_many_setups_the_newest_machine_counts(
    small: Any, tmp_path: Path, finished_run: Callable[..., RunFolder]
) -> None:
    experiment = small.experiment()
    ran_on(finished_run(experiment, 0.8), "here")
    newer = ran_on(finished_run(experiment, 0.6), "there")
    outcome = gather(small_plan((FF, (experiment,))), tmp_path / "runs", {}).outcomes[FF]
    assert outcome.runs == (newer.id,)
