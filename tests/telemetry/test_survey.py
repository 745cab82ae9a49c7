"""Everything that a run would ask, once and one by one, through the real nvidia-ml-py over the stand-in library."""

import json

import pytest

from fftui.telemetry.nvml import CALLS
from fftui.telemetry.survey import rapl_survey

SURVEY = """
import json
from dataclasses import asdict
from fftui.telemetry.survey import nvml_survey
print(json.dumps(asdict(nvml_survey())))
"""
UUID = "GPU-5ba3ed4f-0000-4000-8000-00000000000a"
SLICE = "MIG-11111111-0000-4000-8000-000000000001"
SECOND = ("device GPU-77777777-0000-4000-8000-00000000000c Second", "bus 00000000:41:00.0", "power 99")
VARIABLES = {"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "FASTEST_FIRST"}


def survey(python, *statements: str, **variables: str) -> dict:
    ran = python(SURVEY, *statements, **{**VARIABLES, **variables})
    assert ran.stderr == "held 0\n"  # NVML was let go
    return json.loads(ran.stdout)


def refused(board: dict) -> dict[str, str]:
    return {answer["call"]: answer["reason"] for answer in board["answers"] if answer["reason"]}


def figures(device: dict) -> dict[str, object]:
    return {name: figure for answer in device["answers"] for name, figure in answer["figures"].items()}


def test_each_board_is_told_with_every_call_and_its_answer(python_with_gpu):
    told = survey(python_with_gpu, "driver 550.90", "energy 5", *SECOND)
    assert (told["absent"], told["driver"], told["nvml"], told["cuda_driver"]) == ("", "550.90", "12.570", None)
    first, second = told["boards"]
    assert [first[key] for key in ("index", "name", "uuid", "bus_id", "mig_mode", "slices")] == [
        0, "Stand-in 0", UUID, "00000000:01:00.0", False, []
    ]  # fmt: skip
    assert [answer["call"] for answer in first["answers"]] == [call.name for call in CALLS]
    assert list(refused(first)) == ["nvmlDeviceGetComputeRunningProcesses"]  # nothing computes there
    assert figures(first) == {
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
    assert figures(second) == {"power_w": 99}
    assert told["visible"] == {"uuids": [UUID], "problem": "", "caution": told["visible"]["caution"]}
    assert "PCI_BUS_ID" in told["visible"]["caution"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [(3, "Not Supported"), (4, "Insufficient Permissions"), (15, "GPU is lost"), (999, "Unknown Error")],
)
def test_a_board_that_answers_nothing_keeps_its_place_and_says_why(python_with_gpu, code, reason):
    first, second = survey(python_with_gpu, f"fail * {code}", *SECOND)["boards"]
    assert (first["index"], first["name"], first["uuid"], figures(first)) == (0, "no answer", None, {})
    assert refused(first) == {call.name: reason for call in CALLS}
    assert (second["index"], figures(second)) == (1, {"power_w": 99})


def test_a_board_that_is_lost_while_it_is_asked_is_told(python_with_gpu):
    first, second = survey(python_with_gpu, "lost after 0", *SECOND)["boards"]
    assert first["name"] == "Stand-in 0"
    assert refused(first) == {call.name: "GPU is lost" for call in CALLS}
    assert figures(second) == {"power_w": 99}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_call_that_is_refused_costs_its_own_figures_alone(python_with_gpu, call):
    function = call.name.partition("(")[0] + ("_v3" if "Processes" in call.name else "")
    (board,) = survey(python_with_gpu, f"fail {function} 3")["boards"]
    assert refused(board)[call.name] == "Not Supported"
    others = {figure for each in CALLS for figure in each.figures if not each.name.startswith(function)}
    assert set(figures(board)) == others - {"gpu_process_memory_bytes"}


@pytest.mark.parametrize("function", ["nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetMigMode", "nvmlDeviceGetName"])
def test_an_identity_that_is_refused_leaves_the_rest(python_with_gpu, function):
    (board,) = survey(python_with_gpu, f"fail {function} 3")["boards"]
    assert board["uuid"] == UUID
    assert figures(board)["power_w"] == 312.5
    assert (board["bus_id"] is None) == (function == "nvmlDeviceGetPciInfo_v3")
    assert (board["mig_mode"] is None) == (function == "nvmlDeviceGetMigMode")
    assert (board["name"] == "NVIDIA GPU") == (function == "nvmlDeviceGetName")


def test_slices_tell_what_is_their_own(python_with_gpu):
    (board,) = survey(python_with_gpu, f"slice {SLICE} 1 0 MIG 1g", "memory-used 1", "memory-total 5")["boards"]
    assert board["mig_mode"] is True
    (part,) = board["slices"]
    assert [part[key] for key in ("bus_id", "mig_mode", "slices")] == [None, None, []]
    assert (part["name"], part["uuid"], part["index"]) == ("MIG 1g", SLICE, None)
    assert figures(part) == {"gpu_memory_used_bytes": 1, "gpu_memory_total_bytes": 5}
    assert [answer["call"] for answer in part["answers"]] == [call.name for call in CALLS if call.of_slice]


def test_what_is_wrong_with_the_variable_is_told(python_with_gpu):
    visible = survey(python_with_gpu, CUDA_VISIBLE_DEVICES="0,7")["visible"]
    assert visible["uuids"] == [UUID]
    assert "there is no GPU 7 (1 GPU, counted from 0)" in visible["problem"]


@pytest.mark.parametrize(("number", "version"), [(12040, "12.4"), (13000, "13.0"), (11080, "11.8")])
def test_the_highest_cuda_of_the_driver_is_told_as_people_write_it(python_with_gpu, number, version):
    code = f"import pynvml\npynvml.nvmlSystemGetCudaDriverVersion = lambda: {number}\n{SURVEY}"
    assert json.loads(python_with_gpu(code).stdout)["cuda_driver"] == version


def test_nvml_that_is_absent_is_told_and_no_more(python_without_gpu):
    told = json.loads(python_without_gpu(SURVEY).stdout)
    assert told["absent"].startswith("NVML Shared Library Not Found: ")
    assert (told["driver"], told["boards"]) == (None, [])


def test_nvml_that_does_not_start_is_told(python_with_gpu):
    told = json.loads(python_with_gpu(SURVEY, "init 18", **VARIABLES).stdout)
    assert "mismatch" in told["absent"]
    assert "reboot" in told["absent"]
    assert told["boards"] == []
    assert "there is no GPU 0 (0 GPUs" in told["visible"]["problem"]


def test_rapl_is_told_by_its_packages_or_by_the_reason(tmp_path):
    absent = rapl_survey(tmp_path)
    assert absent.packages == 0
    assert absent.absent.endswith("(no RAPL here)")
    for number in (0, 1):
        zone = tmp_path / f"intel-rapl:{number}"
        zone.mkdir()
        for name, text in (("name", f"package-{number}"), ("max_energy_range_uj", "1000"), ("energy_uj", "1")):
            (zone / name).write_text(text)
    told = rapl_survey(tmp_path)
    assert (told.packages, told.absent) == (2, "")
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    told = rapl_survey(tmp_path)
    assert told.packages == 0  # energy of half the CPU would be wrong
    assert "intel-rapl:1/energy_uj: No such file" in told.absent
