"""Everything that a run would ask, once and one by one, through the real nvidia-ml-py over the
stand-in library.
"""

import json

import pytest

from fftui.telemetry.inspection import inspect_rapl
from fftui.telemetry.nvml_calls import CALLS

INSPECTION = """
import json
from dataclasses import asdict
from fftui.telemetry.inspection import inspect_nvml
print(json.dumps(asdict(inspect_nvml())))
"""
UUID = "GPU-5ba3ed4f-0000-4000-8000-00000000000a"
SLICE = "MIG-11111111-0000-4000-8000-000000000001"
SECOND = (
    "device GPU-77777777-0000-4000-8000-00000000000c Second",
    "bus 00000000:41:00.0",
    "power 99",
)
VARIABLES = {"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}


def inspected(python, *statements: str, **variables: str) -> dict:
    ran = python(INSPECTION, *statements, **{**VARIABLES, **variables})
    assert ran.stderr == "held 0\n"  # NVML was released
    return json.loads(ran.stdout)


def refused(board: dict) -> dict[str, str]:
    return {answer["call"]: answer["reason"] for answer in board["answers"] if answer["reason"]}


def metrics(device: dict) -> dict[str, object]:
    return {
        name: metric for answer in device["answers"] for name, metric in answer["metrics"].items()
    }


def test_each_board_is_listed_with_every_call_and_its_answer(python_with_gpu):
    result = inspected(python_with_gpu, "driver 550.90", "energy 5", *SECOND)
    assert (result["absent"], result["driver"], result["nvml"], result["cuda_driver"]) == (
        "",
        "550.90",
        "12.570",
        None,
    )
    first, second = result["boards"]
    assert [first[key] for key in ("index", "name", "uuid", "bus_id", "mig_mode", "slices")] == [
        0, "Stand-in 0", UUID, "00000000:01:00.0", False, []
    ]  # fmt: skip
    assert [answer["call"] for answer in first["answers"]] == [call.name for call in CALLS]
    # nothing computes there
    assert list(refused(first)) == ["nvmlDeviceGetComputeRunningProcesses"]
    assert metrics(first) == {
        "gpu_utilization_percent": 87,
        "gpu_memory_utilization_percent": 41,
        "gpu_memory_used_bytes": 12_884_901_888,
        "gpu_memory_total_bytes": 85_899_345_920,
        "power_w": 312.5,
        "power_limit_w": 700,
        "gpu_energy_j": 5,
        "gpu_temperature_c": 54,
        "gpu_sm_clock_mhz": 1980,
        "gpu_memory_clock_mhz": 2619,
        "gpu_throttle_reasons": "none",
    }
    assert (second["index"], second["name"], second["bus_id"]) == (1, "Second", "00000000:41:00.0")
    assert metrics(second) == {"power_w": 99}
    assert result["visible"] == {
        "uuids": [UUID],
        "problem": "",
        "caution": result["visible"]["caution"],
    }
    assert "PCI_BUS_ID" in result["visible"]["caution"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (3, "Not Supported"),
        (4, "Insufficient Permissions"),
        (15, "GPU is lost"),
        (999, "Unknown Error"),
    ],
)
def test_a_board_that_answers_nothing_keeps_its_place_and_says_why(python_with_gpu, code, reason):
    first, second = inspected(python_with_gpu, f"fail * {code}", *SECOND)["boards"]
    assert (first["index"], first["name"], first["uuid"], metrics(first)) == (
        0,
        "no answer",
        None,
        {},
    )
    assert refused(first) == {call.name: reason for call in CALLS}
    assert (second["index"], metrics(second)) == (1, {"power_w": 99})


def test_a_board_that_is_lost_while_it_is_asked_is_reported(python_with_gpu):
    first, second = inspected(python_with_gpu, "lost after 0", *SECOND)["boards"]
    assert first["name"] == "Stand-in 0"
    assert refused(first) == {call.name: "GPU is lost" for call in CALLS}
    assert metrics(second) == {"power_w": 99}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_call_that_is_refused_costs_its_own_metrics_alone(python_with_gpu, call):
    function = call.name.partition("(")[0] + ("_v3" if "Processes" in call.name else "")
    (board,) = inspected(python_with_gpu, f"fail {function} 3")["boards"]
    assert refused(board)[call.name] == "Not Supported"
    others = {
        metric for each in CALLS for metric in each.metrics if not each.name.startswith(function)
    }
    assert set(metrics(board)) == others - {"gpu_process_memory_bytes"}


@pytest.mark.parametrize(
    "function", ["nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetMigMode", "nvmlDeviceGetName"]
)
def test_an_identity_that_is_refused_leaves_the_rest(python_with_gpu, function):
    (board,) = inspected(python_with_gpu, f"fail {function} 3")["boards"]
    assert board["uuid"] == UUID
    assert metrics(board)["power_w"] == 312.5
    assert (board["bus_id"] is None) == (function == "nvmlDeviceGetPciInfo_v3")
    assert (board["mig_mode"] is None) == (function == "nvmlDeviceGetMigMode")
    assert (board["name"] == "NVIDIA GPU") == (function == "nvmlDeviceGetName")


def test_slices_answer_only_for_themselves(python_with_gpu):
    (board,) = inspected(
        python_with_gpu, f"slice {SLICE} 1 0 MIG 1g", "memory-used 1", "memory-total 5"
    )["boards"]
    assert board["mig_mode"] is True
    (part,) = board["slices"]
    assert [part[key] for key in ("bus_id", "mig_mode", "slices")] == [None, None, []]
    assert (part["name"], part["uuid"], part["index"]) == ("MIG 1g", SLICE, None)
    assert metrics(part) == {"gpu_memory_used_bytes": 1, "gpu_memory_total_bytes": 5}
    assert [answer["call"] for answer in part["answers"]] == [
        call.name for call in CALLS if call.of_slice
    ]


def test_what_is_wrong_with_the_variable_is_reported(python_with_gpu):
    visible = inspected(python_with_gpu, CUDA_VISIBLE_DEVICES="0,7")["visible"]
    assert visible["uuids"] == [UUID]
    assert "there is no GPU 7 (1 GPU, counted from 0)" in visible["problem"]


@pytest.mark.parametrize(("number", "version"), [(12040, "12.4"), (13000, "13.0"), (11080, "11.8")])
def test_the_highest_cuda_of_the_driver_is_written_as_a_version(python_with_gpu, number, version):
    code = f"import pynvml\npynvml.nvmlSystemGetCudaDriverVersion = lambda: {number}\n{INSPECTION}"
    assert json.loads(python_with_gpu(code).stdout)["cuda_driver"] == version


def test_absent_nvml_is_reported_and_nothing_else(python_without_gpu):
    result = json.loads(python_without_gpu(INSPECTION).stdout)
    assert result["absent"].startswith("NVML Shared Library Not Found: ")
    assert (result["driver"], result["boards"]) == (None, [])


def test_nvml_that_does_not_start_is_reported(python_with_gpu):
    result = json.loads(python_with_gpu(INSPECTION, "init 18", **VARIABLES).stdout)
    assert "mismatch" in result["absent"]
    assert "reboot" in result["absent"]
    assert result["boards"] == []
    assert "there is no GPU 0 (0 GPUs" in result["visible"]["problem"]


def test_rapl_is_reported_by_its_packages_or_the_reason(tmp_path):
    absent = inspect_rapl(tmp_path)
    assert absent.packages == 0
    assert absent.absent.endswith("(no RAPL here)")
    for number in (0, 1):
        zone = tmp_path / f"intel-rapl:{number}"
        zone.mkdir()
        for name, text in (
            ("name", f"package-{number}"),
            ("max_energy_range_uj", "1000"),
            ("energy_uj", "1"),
        ):
            (zone / name).write_text(text)
    result = inspect_rapl(tmp_path)
    assert (result.packages, result.absent) == (2, "")
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    result = inspect_rapl(tmp_path)
    assert result.packages == 0  # energy of half the CPU would be wrong
    assert "intel-rapl:1/energy_uj: No such file" in result.absent
