"""What an experiment will take, in words: `~` before what is estimated, and by what."""

import math

from fftui.experiment import Experiment
from fftui.experiment.disk_cost import disk_of
from fftui.runs.disk_room import DiskRoom
from fftui.runs.expectation import Expectation, LikelyTime
from fftui.text.format import duration, roughly, size


def time_text(expected: LikelyTime) -> str:
    """The time, such as `4:02` where it was measured and `~4 min` where it is estimated."""
    write = roughly if expected.same_run is None else duration
    return write(expected.seconds)


def takes_text(expected: Expectation) -> str:
    """The time and what it is known by."""
    if expected.seconds is None:
        return "its time is not known yet"
    basis = "by arithmetic, within a factor of two"
    if expected.same_run is not None:
        basis = "as the last run of it"
    elif expected.compared:
        basis = f"by {expected.compared} run{'s' if expected.compared > 1 else ''} like it"
    most = "at most " if expected.at_most and expected.same_run is None else ""
    return f"takes {most}{time_text(expected)} here, {basis}"


def disk_text(experiment: Experiment, expected: Expectation, room: DiskRoom) -> str:
    """The room on the disk and how much is free there, such as `~12.3 MB of 1.2 GB`."""
    taken = f"~{size(disk_of(experiment).total(expected.seconds))}"
    return taken if room.free is None else f"{taken} of {size(room.free)}"


def disk_facts(
    experiment: Experiment, expected: Expectation, room: DiskRoom
) -> dict[str, float | None]:
    """The room on the disk as JSON values."""
    cost, free = disk_of(experiment), room.free
    return {
        "disk_bytes": round(cost.total(expected.seconds)),
        "disk_free_bytes": None if free is None else round(free),
        "checkpoint_bytes": round(cost.checkpoint),
    }


def memory_text(expected: Expectation) -> str:
    """The memory and how much is there, such as `~1.2 GB of 24.0 GB`."""
    return f"~{size(expected.memory_bytes)} of {size(expected.there_bytes)}"


def expectation_facts(expected: Expectation) -> dict[str, object]:
    """The estimate as JSON values."""
    return {
        "expected_s": expected.seconds,
        "same_run": expected.same_run,
        "runs_compared": expected.compared,
        "memory_bytes": round(expected.memory_bytes),
        "memory_there_bytes": _whole(expected.there_bytes),
        "images_bytes": round(expected.memory.images),
        "weights_bytes": round(expected.memory.weights),
        "inputs_bytes": round(expected.memory.inputs),
        "activities_bytes": round(expected.memory.activities),
        "costliest_field": expected.costliest or None,
        "slowest_field": expected.slowest or None,
    }


def _whole(count: float) -> int | None:
    return round(count) if math.isfinite(count) else None
