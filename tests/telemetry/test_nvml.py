import json

import pytest

LOOK = """
import json
from dataclasses import asdict
from fftui.telemetry.nvml import GpuSource, GpuUnavailableError
try:
    gpu = GpuSource({uuid!r})
    answers = [asdict(gpu.read()) for _ in range({looks})]
    gpu.close()
    print(json.dumps(answers))
except GpuUnavailableError as error:
    print(json.dumps(str(error)))
"""
UUID = "5ba3ed4f-0000-4000-8000-00000000000a"
TRUTH = {
    "gpu_utilization_percent": 87.0,
    "gpu_memory_utilization_percent": 41.0,
    "gpu_memory_used_bytes": 12_884_901_888,
    "gpu_memory_total_bytes": 85_899_345_920,
    "power_w": 312.5,
    "power_limit_w": 700.0,
}
COLUMNS = {
    "utilization": {"gpu_utilization_percent", "gpu_memory_utilization_percent"},
    "memory": {"gpu_memory_used_bytes", "gpu_memory_total_bytes"},
    "power": {"power_w"},
    "limit": {"power_limit_w"},
}
NOT_SUPPORTED, NO_PERMISSION, DRIVER_NOT_LOADED, VERSION_MISMATCH = "3", "4", "9", "18"


@pytest.mark.parametrize("uuid", [UUID, f"GPU-{UUID}"])
def test_every_figure_is_what_the_board_answers_in_our_units(python_with_gpu, uuid):
    ran = python_with_gpu(LOOK.format(uuid=uuid, looks=2))
    assert json.loads(ran.stdout) == [TRUTH, TRUTH]
    assert ran.stderr == "held 0\n"  # NVML was let go


@pytest.mark.parametrize("code", [NOT_SUPPORTED, NO_PERMISSION])
@pytest.mark.parametrize("call", COLUMNS)
def test_a_refused_call_leaves_its_own_columns_empty_and_no_other(python_with_gpu, call, code):
    ran = python_with_gpu(LOOK.format(uuid=UUID, looks=1), NVML_FAIL=f"{call}:{code}")
    expected = {name: None if name in COLUMNS[call] else figure for name, figure in TRUTH.items()}
    assert json.loads(ran.stdout) == [expected]


def test_an_unknown_gpu_is_told_by_name_and_nvml_is_let_go(python_with_gpu):
    ran = python_with_gpu(LOOK.format(uuid="0000", looks=1))
    assert json.loads(ran.stdout) == "NVML does not know GPU-0000 (Not Found)"
    assert ran.stderr == "held 0\n"


@pytest.mark.parametrize(("code", "reason"), [(DRIVER_NOT_LOADED, "Driver Not Loaded"), (VERSION_MISMATCH, "mismatch")])
def test_a_driver_that_does_not_start_is_a_reason(python_with_gpu, code, reason):
    assert reason in json.loads(python_with_gpu(LOOK.format(uuid=UUID, looks=1), NVML_INIT=code).stdout)


def test_an_absent_library_is_a_reason(python_without_gpu):
    ran = python_without_gpu(LOOK.format(uuid=UUID, looks=1))
    assert json.loads(ran.stdout) == "NVML Shared Library Not Found"


def test_a_lost_gpu_ends_the_source(python_with_gpu):
    ran = python_with_gpu(LOOK.format(uuid=UUID, looks=5), NVML_LOST="2")
    assert json.loads(ran.stdout) == "GPU is lost"
