"""From finished runs to the outcomes of set-ups, which claims compare (Polars)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fftui.claims.claims_plan import ClaimsPlan
from fftui.claims.estimates import Accuracies
from fftui.claims.measuring import RunTables, losses_of, measures_of
from fftui.claims.outcomes import Outcome, Outcomes, Platform, Setup
from fftui.claims.setup_runs import PlannedRuns
from fftui.runs.rightness import correct_at_depths, correct_images
from fftui.studies.matching import KnownRun, KnownRuns
from fftui.studies.results import missing
from fftui.studies.study import Trial

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Gathered:
    """The outcomes of all set-ups, and lines about finished runs that were left out."""

    outcomes: Outcomes
    notes: tuple[str, ...] = ()


def gather(plan: ClaimsPlan, runs_dir: Path, failures: Mapping[str, str]) -> Gathered:
    """The outcome of the finished runs of each set-up, of the machine that has run most of them.

    `failures` says why the runs of a set-up could not be started, by the set-up's text. Raises
    RequestError where `runs_dir` cannot be read.
    """
    known = KnownRuns.of(runs_dir)
    machine = _machine_of_most(plan.planned, known)
    outcomes: dict[Setup, Outcome] = {}
    absent, elsewhere = dict(plan.absent), 0
    for planned in plan.planned:
        runs = [*_runs_on(machine, planned, known)]
        outcome = outcome_of(planned, runs) if runs else None
        if outcome is not None:
            outcomes[planned.setup] = outcome
            continue
        others = _machines(planned, known) - {machine}
        elsewhere += bool(others)
        absent[planned.setup] = (
            failures.get(planned.setup.text)
            or _ran_on(others)
            or missing(_trials(planned), known)
            or "its accuracy was not measured"
        )
    notes = (_left_out(elsewhere, machine),) if elsewhere and machine else ()
    return Gathered(Outcomes(outcomes, absent), notes)


def outcome_of(planned: PlannedRuns, runs: Sequence[KnownRun]) -> Outcome | None:
    """The outcome of these finished runs of a set-up; None where one did not measure its accuracy.

    Bits of images, validation images and depths count where every run has them.
    """
    tables = [RunTables(each) for each in runs]
    data, setup = planned.experiments[0].data, planned.setup
    test, train = (_accuracies(tables, split) for split in ("test", "train"))
    if test is None or train is None:
        return None
    return Outcome(
        label=setup.name if setup.data == "mnist" else f"{setup.name} on {setup.data}",
        test=test,
        train=train,
        chance=1 / data.info.classes,
        train_images=data.train_images or data.info.train_images - data.validation_images,
        validation=_accuracies(tables, "validation"),
        depths=_depths(runs),
        losses=tuple(map(losses_of, tables)),
        measures=measures_of(tables),
        platform=platform_of(runs[0]),
        runs=tuple(each.folder.id for each in runs),
    )


def platform_of(run: KnownRun) -> Platform:
    """What a run ran on; its precision is the one that `auto` came to."""
    record = run.record
    host = record.machine.get("host")
    return Platform(None if host is None else str(host), record.device, record.precision)


def _machine(run: KnownRun) -> Platform:
    """Host and device: a set-up's precision is its experiment's, and the same on one machine."""
    return replace(platform_of(run), precision=None)


def _machines(planned: PlannedRuns, known: KnownRuns) -> frozenset[Platform]:
    return frozenset(
        _machine(run) for each in planned.experiments for run in known.finished_of(each)
    )


def _machine_of_most(planned: Sequence[PlannedRuns], known: KnownRuns) -> Platform | None:
    """The machine on which most set-ups have finished runs, of several the one of the newest run;
    None where nothing has finished.
    """
    setups = Counter(machine for runs in planned for machine in _machines(runs, known))
    newest = {
        machine: max(
            run.record.started
            for runs in planned
            for each in runs.experiments
            for run in known.finished_of(each)
            if _machine(run) == machine
        )
        for machine in setups
    }
    return max(setups, key=lambda each: (setups[each], newest[each]), default=None)


def _runs_on(
    machine: Platform | None, planned: PlannedRuns, known: KnownRuns
) -> Iterator[KnownRun]:
    """The newest finished run of each experiment on that machine."""
    for each in planned.experiments:
        runs = (run for run in known.finished_of(each) if _machine(run) == machine)
        if (newest := next(runs, None)) is not None:
            yield newest


def _accuracies(runs: Sequence[RunTables], split: str) -> Accuracies | None:
    """Final accuracies on a split, a run each; None where a run has not measured it."""
    finals = [
        each.evaluations.filter(pl.col("final"), pl.col("split") == split).tail(1) for each in runs
    ]
    if not all(each.height for each in finals):
        return None
    images = min(int(each["class_images"].item().sum()) for each in finals)
    # Training images are others than test images: their bits are paired with nothing.
    correct = None if split == "train" else _stacked(_bits(runs, split))
    return Accuracies(tuple(each["accuracy"].item() for each in finals), images, correct)


def _bits(runs: Sequence[RunTables], split: str) -> list[Flags | None]:
    return [correct_images(each.run.folder, split) for each in runs]


def _depths(runs: Sequence[KnownRun]) -> tuple[Accuracies, ...]:
    """Accuracies on the test images of the first 1, 2, … layers together; none where a run did not
    keep them.
    """
    stacked = _stacked([correct_at_depths(each.folder) for each in runs])  # (S, L, N)
    if stacked is None:
        return ()
    return tuple(
        Accuracies(tuple(map(float, correct_SN.mean(axis=1))), correct_SN.shape[1], correct_SN)
        for correct_SN in stacked.swapaxes(0, 1)
    )


def _stacked(by_seed: Sequence[Flags | None]) -> Flags | None:
    """One array of those of all seeds; None where one is missing or of another shape."""
    there = [each for each in by_seed if each is not None]
    if len(there) < len(by_seed) or len({each.shape for each in there}) != 1:
        return None
    return np.stack(there)


def _trials(planned: PlannedRuns) -> list[Trial]:
    return [Trial(planned.condition, each) for each in planned.experiments]


def _ran_on(machines: frozenset[Platform]) -> str:
    if not machines:
        return ""
    places = " and ".join(sorted(each.text for each in machines))
    return f"it ran on {places}: only runs of one machine are compared"


def _left_out(setups: int, machine: Platform) -> str:
    return (
        f"runs of {machine.text} are compared; {setups} set-up{'s' if setups > 1 else ''} with"
        " runs of other machines only were left out"
    )
