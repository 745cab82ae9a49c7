"""W&B: an offline run, which `wandb sync` uploads where somebody wants that."""

import os
from pathlib import Path
from typing import Any

import wandb

from fftui.trackers.metric_points import MACHINE
from fftui.trackers.tracked_run import TrackedRun

PROJECT = "fftui"


def write(run: TrackedRun, output: Path) -> str:
    """Write a run as an offline run below `output`; how it is uploaded."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    quiet = wandb.Settings(
        silent=True, console="off", x_disable_stats=True, disable_git=True, save_code=False
    )
    output.mkdir(parents=True, exist_ok=True)
    begun: Any = wandb.init(
        mode="offline",
        dir=str(output),
        project=PROJECT,
        id=run.id,
        name=run.name,
        tags=[each[:64] for each in run.tags],  # the most that W&B takes
        notes=run.note,
        config={**run.settings, **{f"run.{name}": value for name, value in run.facts.items()}},
        settings=quiet,
    )
    try:
        _log(begun, run)
        for name, value in run.results.items():
            begun.summary[name] = value
    finally:
        begun.finish(exit_code=0 if run.is_finished else 1)
    return f"wandb sync {output}/wandb/offline-run-*"


def _log(begun: Any, run: TrackedRun) -> None:
    """A row for each step and each second; W&B's own step counts rows."""
    rows: dict[tuple[str, int], dict[str, float]] = {}
    # by name, since `*` is of the machine's curves too
    for name in dict.fromkeys(point.name for point in run.points):
        begun.define_metric(name, step_metric=_axis(name))
    for point in run.points:
        axis = _axis(point.name)
        row = rows.setdefault((axis, point.step), {axis: point.step, "_timestamp": point.at})
        row[point.name] = point.value
    for row in rows.values():
        begun.log(row)


def _axis(name: str) -> str:
    return "seconds" if name.startswith(MACHINE) else "step"
