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
    begun.define_metric("step")
    begun.define_metric("seconds")
    begun.define_metric("*", step_metric="step")
    begun.define_metric(f"{MACHINE}*", step_metric="seconds")
    rows: dict[tuple[str, int], dict[str, float]] = {}
    for point in run.points:
        axis = "seconds" if point.name.startswith(MACHINE) else "step"
        row = rows.setdefault((axis, point.step), {axis: point.step, "_timestamp": point.at})
        row[point.name] = point.value
    for row in rows.values():
        begun.log(row)
