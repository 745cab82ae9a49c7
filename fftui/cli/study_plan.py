"""A study before it runs: its trials, the state of each, and the likely time of those to come."""

from collections.abc import Sequence
from dataclasses import dataclass

from fftui.runs.estimate import measure
from fftui.runs.expectation import FinishedRuns
from fftui.runs.listing import list_runs
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRuns, identity
from fftui.studies.study import Study, Trial
from fftui.text.format import columns, roughly
from fftui.text.streams import json_to_stdout, to_stderr, to_stdout


@dataclass(frozen=True)
class TrialPlan:
    """A trial, the state of its run, and whether it is to come, with its likely time if known."""

    trial: Trial
    state: str
    is_to_come: bool
    expected_s: float | None


def trial_plans(study: Study, workspace: Workspace) -> list[TrialPlan]:
    """The plan of every trial, in the order of the study; trials of one experiment share a run.

    Raises RequestError where there is no such device.
    """
    measure_device(workspace.device)
    known = KnownRuns.of(workspace.runs_dir)
    finished = finished_runs(workspace)
    seen: set[str] = set()
    plans = []
    for trial in study.trials:
        run = known.of_experiment(trial.experiment)
        is_repeated = identity(trial.experiment) in seen
        seen.add(identity(trial.experiment))
        state = "same run as above" if is_repeated else run.status if run else "to come"
        is_to_come = not is_repeated and not (run and run.is_left_alone)
        expected_s = finished.seconds(trial.experiment) if is_to_come else None
        plans.append(TrialPlan(trial, state, is_to_come, expected_s))
    return plans


def show_plan(study: Study, workspace: Workspace, *, as_json: bool) -> None:
    """Write the plan of a study to stdout. Raises RequestError where there is no such device."""
    plans = trial_plans(study, workspace)
    if as_json:
        json_to_stdout(
            {"study": study.name, "notes": study.notes, "trials": [_facts(each) for each in plans]}
        )
    else:
        to_stdout("".join([_plan_text(plans), *(f"{note}\n" for note in study.notes)]))


def announce(study: Study, workspace: Workspace) -> None:
    """Report the size of a study on stderr. Raises RequestError where there is no such device."""
    plans = trial_plans(study, workspace)
    runs = len({identity(trial.experiment) for trial in study.trials})
    to_come = sum(each.is_to_come for each in plans)
    left = f"{to_come} to come, {_total(plans)}" if to_come else "nothing to do"
    to_stderr(f"study {study.name}: {len(plans)} trials in {runs} runs, {left}")


def finished_runs(workspace: Workspace) -> FinishedRuns:
    """The runs by which estimates in `workspace` are corrected. Reads the disk."""
    runs_dir = workspace.runs_dir
    return FinishedRuns.of(runs_dir, list_runs(runs_dir), workspace.device)


def measure_device(device: str) -> None:
    """Measure how fast the device is, if that is not known. Raises RequestError where there is no
    such device.
    """
    from fftui.learning.device import choose_device  # noqa: PLC0415 - torch

    choose_device(device)
    measure(device)


def _facts(plan: TrialPlan) -> dict[str, object]:
    return {
        **dict(plan.trial.condition.values),
        "seed": plan.trial.experiment.seed,
        "state": plan.state,
        "expected_s": plan.expected_s,
    }


def _plan_text(plans: Sequence[TrialPlan]) -> str:
    rows = [
        (
            each.trial.condition.text,
            str(each.trial.experiment.seed),
            each.state,
            "" if each.expected_s is None else roughly(each.expected_s),
        )
        for each in plans
    ]
    to_come = sum(each.is_to_come for each in plans)
    total = f"{to_come} of {len(plans)} to come, {_total(plans)}"
    return columns(("trial", "seed", "state", "expected"), rows) + f"\n{total}\n"


def _total(plans: Sequence[TrialPlan]) -> str:
    return roughly(sum(each.expected_s or 0.0 for each in plans))
