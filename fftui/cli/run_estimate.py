"""The likely time and memory of an experiment, on stdout."""

from fftui.cli.study_plan import finished_runs, measure_device
from fftui.experiment import Experiment
from fftui.runs.workspace import Workspace
from fftui.text.expectation_text import (
    expectation_facts,
    memory_text,
    memory_warning,
    takes_text,
)
from fftui.text.streams import json_to_stdout, to_stderr, to_stdout


def show_estimate(experiment: Experiment, workspace: Workspace, *, as_json: bool) -> None:
    """Write what `experiment` is expected to take. Raises RequestError where there is no such
    device.
    """
    measure_device(workspace.device)
    expected = finished_runs(workspace).expectation(experiment)
    if as_json:
        json_to_stdout(expectation_facts(expected))
        return
    to_stdout(f"{takes_text(expected)}\n{memory_text(expected)} of memory\n")
    if warning := memory_warning(expected):
        to_stderr(f"fftui: {warning}")
