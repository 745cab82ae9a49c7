"""Drivers that people have met: names that are no text, boards without a memory of their own, calls
that fail with errors of another kind, and calls that never return.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from fftui.events import MachineDescribed, TelemetryEnded
from fftui.runs.journal import read_journal
from fftui.runs.view import fold
from fftui.telemetry import nvml, nvml_calls
from fftui.telemetry.inspection import inspect_nvml

from .test_inspection import INSPECTION, metrics, refused
from .test_runs_on_a_gpu import executed

CASES = Path(__file__).parent / "cases"
AS_CASE = """
import os, shutil
shutil.copyfile({case!r}, os.environ["NVML_SCRIPT"] + ".case")
os.replace(os.environ["NVML_SCRIPT"] + ".case", os.environ["NVML_SCRIPT"])
"""


def as_case(name: str) -> str:
    return AS_CASE.format(case=str(CASES / name))


@pytest.fixture
def inspected(python_with_gpu):
    def run(before: str, *statements: str) -> dict:
        return json.loads(python_with_gpu(before + INSPECTION, *statements).stdout)

    return run


@pytest.mark.parametrize(
    ("case", "name", "missing"),
    [
        ("wsl2-undecodable-name.nvml", "\ufffd\ufffdgarbage", set()),
        ("uma-zero-memory.nvml", "Stand-in 0", {"nvmlDeviceGetMemoryInfo"}),
        ("jetson.nvml", "Orin (nvgpu)", {call.name for call in nvml_calls.CALLS}),
    ],
)
def test_a_board_as_people_have_is_listed_with_what_it_answers(inspected, case, name, missing):
    (board,) = inspected(as_case(case))["boards"]
    assert board["name"] == name
    nothing_computes = {"nvmlDeviceGetComputeRunningProcesses"}
    assert set(refused(board)) == missing | nothing_computes
    assert ("gpu_memory_total_bytes" in metrics(board)) == (
        "nvmlDeviceGetMemoryInfo" not in missing
    )


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_run_beside_such_a_board_keeps_all_other_metrics(python_with_gpu, tmp_path, case):
    (folder,) = executed(python_with_gpu, tmp_path, [([], 0.5, 20.0, 0.0)], before=as_case(case))
    result = pl.read_parquet(folder.table("telemetry"))
    assert result.height > 2
    assert result["process_memory_bytes"].null_count() == 0
    assert result["power_w"].null_count() == (result.height if "jetson" in case else 0)
    has_memory = "wsl2" in case
    assert result["gpu_memory_total_bytes"].null_count() == (0 if has_memory else result.height)
    journal = read_journal(folder.journal)
    (machine,) = (event for _, event in journal if isinstance(event, MachineDescribed))
    assert machine.gpu is not None


def test_a_library_that_fails_otherwise_costs_the_metric_alone(monkeypatch):
    def fails(*_: object) -> None:
        raise ValueError("NULL pointer access")

    call = nvml_calls.Call("nvmlDeviceGetPowerUsage", ("power_w",), fails)
    assert nvml_calls.answer_to(call, None).reason == "ValueError: NULL pointer access"
    monkeypatch.setattr(nvml.pynvml, "nvmlInit", fails)
    assert inspect_nvml().absent == "ValueError: NULL pointer access"


def test_doctor_does_not_wait_for_a_driver_that_hangs(python_with_gpu):
    short = INSPECTION.replace("inspect_nvml()", "inspect_nvml(0.5)")
    for statement, call in (
        ("init -1", "nvmlInit"),
        ("hang nvmlDeviceGetPowerUsage", "nvmlDeviceGetPowerUsage"),
    ):
        result = json.loads(python_with_gpu(short, statement).stdout)
        assert call in result["absent"]


@pytest.mark.parametrize("statement", ["init -1", "hang nvmlDeviceGetPowerUsage"])
def test_a_call_that_never_returns_is_said_and_costs_the_run_nothing(
    python_with_gpu, tmp_path, statement
):
    asked = [([] if "init" in statement else [statement], 0.5, 20.0, 0.0)]
    first = [statement] if "init" in statement else []
    (folder,) = executed(python_with_gpu, tmp_path, asked, *first)
    events = [event for _, event in read_journal(folder.journal)]
    (end,) = (event for event in events if isinstance(event, TelemetryEnded))
    assert "does not return" in (end.error or "")
    assert ("nvmlInit" if "init" in statement else "nvmlDeviceGetPowerUsage") in (end.error or "")
    assert folder.record().status == "interrupted"  # by us
    assert any("does not return" in line.text for line in fold(read_journal(folder.journal)).log)
