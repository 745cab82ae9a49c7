"""Trackio: its own SQLite file, which its dashboard reads."""

import io
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from fftui.trackers.metric_points import MACHINE
from fftui.trackers.tracked_run import TrackedRun

PROJECT = "fftui"


def write(run: TrackedRun, output: Path) -> str:
    """Write a run into Trackio's files in `output`; how it is seen."""
    output.mkdir(parents=True, exist_ok=True)
    os.environ["TRACKIO_DIR"] = str(output.absolute())  # read when the package is loaded
    with redirect_stdout(io.StringIO()):  # stdout carries results
        _log(run)
    return f"TRACKIO_DIR={output} trackio show --project {PROJECT}"


def _log(run: TrackedRun) -> None:
    # here, and not above: it reads TRACKIO_DIR when it is loaded
    import trackio  # noqa: PLC0415

    config: dict[str, Any] = {**run.settings, **run.facts, **run.results}
    begun: Any = trackio.init(
        project=PROJECT,
        name=run.id,
        config={name.lstrip("_"): value for name, value in config.items()},
        embed=False,
        auto_log_gpu=False,
        auto_log_cpu=False,
    )
    rows: dict[tuple[bool, int], dict[str, float]] = {}
    for point in run.points:
        of_machine = point.name.startswith(MACHINE)
        rows.setdefault((of_machine, point.step), {})[point.name] = point.value
    for (of_machine, step), row in rows.items():
        begun.log(
            {**row, "seconds": step} if of_machine else row, step=None if of_machine else step
        )
    begun.finish()
