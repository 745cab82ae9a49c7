"""The likely time, memory and room on the disk of an experiment, on stdout."""

from fftui.cli.study_plan import finished_runs, measure_device
from fftui.experiment import Experiment
from fftui.runs.disk_room import DiskRoom, room_warning
from fftui.runs.workspace import Workspace
from fftui.text.expectation_text import (
    disk_facts,
    disk_text,
    expectation_facts,
    memory_text,
    takes_text,
)
from fftui.text.streams import json_to_stdout, to_stderr, to_stdout


def show_estimate(experiment: Experiment, workspace: Workspace, *, as_json: bool) -> None:
    """Write what `experiment` is expected to take. Raises RequestError where there is no such
    device.
    """
    measure_device(workspace.device)
    expected = finished_runs(workspace).expectation(experiment)
    room = DiskRoom.of(workspace.runs_dir)
    if as_json:
        disk = disk_facts(experiment, expected, room)
        json_to_stdout(expectation_facts(expected) | disk)
        return
    on_disk = disk_text(experiment, expected, room)
    to_stdout(f"{takes_text(expected)}\n{memory_text(expected)} of memory\n{on_disk} of disk\n")
    no_room = room_warning(experiment, room, expected.seconds)
    for warning in filter(None, (expected.warning, no_room)):
        to_stderr(f"fftui: {warning}")
