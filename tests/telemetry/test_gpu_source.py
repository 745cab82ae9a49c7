"""Every metric of every call, through the real nvidia-ml-py over the stand-in library."""

import json
import math
import time

import pytest

from fftui.telemetry.nvml_calls import CALLS, GpuMetrics

UUID = "5ba3ed4f-0000-4000-8000-00000000000a"
SLICE = "MIG-11111111-0000-4000-8000-000000000001"
OTHER_SLICE = "MIG-22222222-0000-4000-8000-000000000002"
NOT_SUPPORTED, NO_PERMISSION, FUNCTION_NOT_FOUND, DRIVER_NOT_LOADED, MISMATCH = 3, 4, 13, 9, 18

READ = """
import json, os, time
from dataclasses import asdict
from fftui.telemetry.gpu_source import GpuSource
from fftui.telemetry.nvml import GpuUnavailableError
{before}
try:
    gpu = GpuSource({uuid!r})
    samples = []
    for _ in range({samples}):
        samples.append(dict(asdict(gpu.read()), missing=dict(gpu.missing)))
    gpu.close()
    print(json.dumps(dict(samples=samples, name=gpu.name, uuid=gpu.uuid, driver=gpu.driver,
                      mig=gpu.mig,
                          whole_board=gpu.whole_board)))
except GpuUnavailableError as error:
    print(json.dumps(str(error)))
"""
OWN_PROCESS = """
with open(os.environ["NVML_SCRIPT"], "a") as script:
    script.write(f"process 1 7\\nprocess {os.getpid()} 4000000000\\n")
"""
TRUTH = {
    "gpu_utilization_percent": 87.0,
    "gpu_memory_utilization_percent": 41.0,
    "gpu_memory_used_bytes": 12_884_901_888,
    "gpu_memory_total_bytes": 85_899_345_920,
    "gpu_process_memory_bytes": 4_000_000_000,
    "power_w": 312.5,
    "power_limit_w": 700.0,
    "gpu_energy_j": 123_456.789,
    "gpu_temperature_c": 54.0,
    "gpu_sm_clock_mhz": 1980.0,
    "gpu_memory_clock_mhz": 2619.0,
    "gpu_throttle_reasons": "power cap, thermal (software)",
}
SCRIPT = ("energy 123456.789", f"reasons {0x4 | 0x20}")


def reading(uuid: str = UUID, samples: int = 1, before: str = OWN_PROCESS) -> str:
    return READ.format(uuid=uuid, samples=samples, before=before)


def metrics(result: dict[str, object]) -> dict[str, object]:
    return {name: result[name] for name in GpuMetrics.__dataclass_fields__}


@pytest.mark.parametrize("uuid", [UUID, f"GPU-{UUID}"])
def test_every_metric_is_what_the_board_answers_in_our_units(python_with_gpu, uuid):
    ran = python_with_gpu(reading(uuid, samples=2), *SCRIPT)
    result = json.loads(ran.stdout)
    assert [metrics(each) for each in result["samples"]] == [TRUTH, TRUTH]
    assert [each["missing"] for each in result["samples"]] == [{}, {}]
    assert ran.stderr == "held 0\n"  # NVML was released
    assert (result["name"], result["uuid"], result["driver"]) == (
        "Stand-in 0",
        f"GPU-{UUID}",
        "570.0",
    )
    assert (result["mig"], result["whole_board"]) == (False, [])


@pytest.mark.parametrize("code", [NOT_SUPPORTED, NO_PERMISSION])
@pytest.mark.parametrize(
    "call", [call for call in CALLS if "Clock" not in call.name], ids=lambda call: call.name
)
def test_a_refused_call_leaves_its_own_metrics_empty_and_no_other(python_with_gpu, call, code):
    function = call.name + ("_v3" if "Processes" in call.name else "")
    (result,) = json.loads(python_with_gpu(reading(), *SCRIPT, f"fail {function} {code}").stdout)[
        "samples"
    ]
    assert metrics(result) == {
        name: None if name in call.metrics else metric for name, metric in TRUTH.items()
    }
    reason = "Not Supported" if code == NOT_SUPPORTED else "Insufficient Permissions"
    assert result["missing"] == dict.fromkeys(call.metrics, reason)


def test_clocks_that_are_refused_are_missing(python_with_gpu):
    (result,) = json.loads(
        python_with_gpu(reading(), *SCRIPT, f"fail nvmlDeviceGetClockInfo {NOT_SUPPORTED}").stdout
    )["samples"]
    assert set(result["missing"]) == {"gpu_sm_clock_mhz", "gpu_memory_clock_mhz"}


@pytest.mark.parametrize("newer", [None, FUNCTION_NOT_FOUND])
def test_older_drivers_give_throttle_reasons_too(python_with_gpu, newer):
    refused = [f"fail nvmlDeviceGetCurrentClocksEventReasons {newer}"] if newer else []
    several = "hardware slowdown, thermal (hardware)"
    for bits, words in (
        (0, "none"),
        (1, "idle"),
        (0x48, several),
        (0x600, "board limit, reliability"),
    ):
        ran = python_with_gpu(reading(), f"reasons {bits}", *refused)
        assert json.loads(ran.stdout)["samples"][0]["gpu_throttle_reasons"] == words


def test_a_reason_that_has_no_word_yet_is_not_called_none(python_with_gpu):
    ran = python_with_gpu(reading(), f"reasons {0x4 | 0x10000}")
    assert json.loads(ran.stdout)["samples"][0]["gpu_throttle_reasons"] == "power cap, 0x10000"


def test_older_drivers_give_the_temperature_too(python_with_gpu):
    ran = python_with_gpu(reading(), f"fail nvmlDeviceGetTemperatureV {FUNCTION_NOT_FOUND}")
    assert json.loads(ran.stdout)["samples"][0]["gpu_temperature_c"] == 54


def test_memory_of_a_process_that_is_listed_twice_is_added_up(python_with_gpu):
    (result,) = json.loads(python_with_gpu(reading(before=OWN_PROCESS * 2)).stdout)["samples"]
    assert result["gpu_process_memory_bytes"] == 8_000_000_000


def test_memory_of_a_process_that_nvml_lists_without_its_size_is_missing(python_with_gpu):
    (result,) = json.loads(
        python_with_gpu(reading(before=OWN_PROCESS.replace("4000000000", "-"))).stdout
    )["samples"]
    assert result["gpu_process_memory_bytes"] is None
    assert result["missing"]["gpu_process_memory_bytes"] == "Not Supported"


def test_memory_of_a_process_that_is_not_listed_is_missing_and_not_zero(python_with_gpu):
    (result,) = json.loads(python_with_gpu(reading(before=""), "process 1 7").stdout)["samples"]
    assert result["gpu_process_memory_bytes"] is None
    assert "container" in result["missing"]["gpu_process_memory_bytes"]
    (result,) = json.loads(python_with_gpu(reading(before="")).stdout)["samples"]
    assert result["gpu_process_memory_bytes"] is None


def test_of_a_slice_memory_is_its_own_and_the_rest_its_boards(python_with_gpu):
    slices = (
        f"slice {OTHER_SLICE} 1 0 MIG 1g", "memory-used 7", "memory-total 9",
        f"slice {SLICE} 2 0 Stand-in MIG 2g", "memory-used 1000", "memory-total 5000",
    )  # fmt: skip
    result = json.loads(python_with_gpu(reading(SLICE), "power 150", "energy 9", *slices).stdout)
    (seen,) = result["samples"]
    assert result["mig"]
    assert result["uuid"] == SLICE
    assert "MIG" in result["name"]
    assert (seen["gpu_memory_used_bytes"], seen["gpu_memory_total_bytes"]) == (1000, 5000)
    assert seen["gpu_process_memory_bytes"] == 4_000_000_000
    assert (seen["power_w"], seen["gpu_energy_j"], seen["gpu_temperature_c"]) == (150, 9, 54)
    own = {"gpu_memory_used_bytes", "gpu_memory_total_bytes", "gpu_process_memory_bytes"}
    assert set(result["whole_board"]) == set(TRUTH) - own


def test_a_board_in_slices_is_read_as_a_whole_where_the_learning_slice_is_unknown(python_with_gpu):
    result = json.loads(
        python_with_gpu(reading(UUID), f"slice {SLICE} 2 0 MIG", "memory-used 1").stdout
    )
    assert result["mig"]
    assert set(result["whole_board"]) == set(TRUTH) - {"gpu_process_memory_bytes"}


def test_utilisation_that_a_board_in_slices_does_not_give_is_missing(python_with_gpu):
    lines = (
        f"fail nvmlDeviceGetUtilizationRates {NOT_SUPPORTED}",
        f"slice {SLICE} 2 0 MIG",
        "memory-used 1",
    )
    (seen,) = json.loads(python_with_gpu(reading(SLICE), *lines).stdout)["samples"]
    assert seen["gpu_utilization_percent"] is None
    assert seen["missing"]["gpu_utilization_percent"] == "Not Supported"
    assert seen["power_w"] == 312.5


def test_an_unknown_gpu_is_named_and_nvml_is_released(python_with_gpu):
    ran = python_with_gpu(reading("0000"))
    assert json.loads(ran.stdout) == "NVML does not know GPU-0000 (Not Found)"
    assert ran.stderr == "held 0\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(DRIVER_NOT_LOADED, "kernel module is not loaded"), (MISMATCH, "reboot"), (4, "may not talk")],
)
def test_a_driver_that_does_not_start_is_a_reason_with_what_to_do(python_with_gpu, code, reason):
    assert reason in json.loads(python_with_gpu(reading(), f"init {code}").stdout)


def test_an_absent_library_is_a_reason(python_without_gpu):
    result = json.loads(python_without_gpu(reading(before="")).stdout)
    assert (
        result
        == "NVML Shared Library Not Found: no NVIDIA driver is installed here, or a container"
        " hides it"
    )


def test_a_lost_gpu_ends_the_source(python_with_gpu):
    assert json.loads(python_with_gpu(reading(samples=5), "lost after 2").stdout) == "GPU is lost"


COUNT = """
import json, time
from fftui.telemetry.gpu_source import GpuSource
gpu = GpuSource({uuid!r})
samples = []
until = time.time() + 0.6
while time.time() < until:
    before = time.time()
    seen = gpu.read()
    samples.append([before, time.time(), seen.power_w, seen.gpu_energy_j])
    time.sleep(0.01)
print(json.dumps(samples))
"""
EVERY_S, WRAP_J = 0.1, 70.0


def _joules(at_s: float) -> float:
    """What a board that draws 100 W and 300 W in turns of 0.1 s has drawn since time 0."""
    turns, part_s = divmod(at_s, 0.2)
    return turns * 40 + 100 * part_s + 200 * max(0.0, part_s - 0.1)


def test_a_counter_that_moves_rarely_and_wraps_is_read_as_it_stands(python_with_gpu):
    """Held against the same sum at the same time, which also proves the stand-in."""
    began_s = math.floor(time.time())
    ran = python_with_gpu(
        COUNT.format(uuid=UUID),
        "power square 100 300 200",
        f"energy integral {began_s} {1000 * EVERY_S} {WRAP_J}",
    )
    samples = json.loads(ran.stdout)
    for before_s, after_s, power_w, energy_j in samples:
        steps = range(
            math.floor(before_s / EVERY_S - 1e-4), math.floor(after_s / EVERY_S + 1e-4) + 1
        )
        sums = [(_joules(step * EVERY_S) - _joules(began_s)) % WRAP_J for step in steps]
        assert any(_near(energy_j, joules, WRAP_J) for joules in sums)
        assert power_w in {300 if step % 2 else 100 for step in steps}
    assert {power_w for _, _, power_w, _ in samples} == {100, 300}
    assert len({energy_j for *_, energy_j in samples}) <= 8  # it moves ten times a second


def _near(one: float, other: float, wrap: float) -> bool:
    apart = abs(one - other)
    return min(apart, wrap - apart) < 0.01


OTHERS = """
import json, time
from dataclasses import asdict
from fftui.telemetry.gpu_source import GpuSource, OtherGpus
gpu = GpuSource({uuid!r})
others = OtherGpus(gpu.board_uuid)
print(json.dumps([list(others.names), asdict(others.read())]))
"""


def test_the_gpus_that_do_not_learn_are_read_too(python_with_gpu):
    lines = (
        "board 1 Lost",
        "lost at 1",
        "board 2 Other",
        "power 99",
        "utilization 7",
        "memory-used 123",
    )
    names, seen = json.loads(python_with_gpu(OTHERS.format(uuid=UUID), *lines).stdout)
    assert names == ["Other"]  # a board that is lost from the start is none
    assert (seen["utilization_percent"], seen["power_w"], seen["memory_used_bytes"]) == (
        [7],
        [99],
        [123],
    )


def test_a_neighbour_that_does_not_answer_is_missing_and_the_others_stay(python_with_gpu):
    refused = f"fail nvmlDeviceGetUtilizationRates {NOT_SUPPORTED}"
    lines = ("board 1 One", refused, "power 80", "board 2 Two", "utilization 7")
    names, seen = json.loads(python_with_gpu(OTHERS.format(uuid=UUID), *lines).stdout)
    assert names == ["One", "Two"]
    assert seen["utilization_percent"] == [None, 7]
    assert seen["power_w"] == [80, 312.5]


def test_the_board_of_a_slice_that_learns_is_no_other(python_with_gpu):
    names, _ = json.loads(
        python_with_gpu(OTHERS.format(uuid=SLICE), f"slice {SLICE} 1 0 MIG", "board 1 One").stdout
    )
    assert names == ["One"]


def test_alone_there_are_no_others(python_with_gpu):
    names, seen = json.loads(python_with_gpu(OTHERS.format(uuid=UUID)).stdout)
    assert names == []
    assert set(map(tuple, seen.values())) == {()}


def test_a_sample_costs_little(python_with_gpu):
    """No timed test: how often the driver is asked is what costs."""
    code = reading(samples=4) + "\nimport pynvml\n"
    counted = """
import pynvml
asked = []
real = pynvml._nvmlGetFunctionPointer
pynvml._nvmlGetFunctionPointer = lambda name: (asked.append(name), real(name))[1]
"""
    ran = python_with_gpu(counted + code + "print(json.dumps(asked))", *SCRIPT)
    asked = json.loads(ran.stdout.splitlines()[-1])
    assert asked.count("nvmlDeviceGetUtilizationRates") == 4
    assert asked.count("nvmlDeviceGetEnforcedPowerLimit") == 1
    assert asked.count("nvmlDeviceGetComputeRunningProcesses_v3") == 1
