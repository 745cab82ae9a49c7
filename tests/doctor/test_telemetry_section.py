from dataclasses import replace

import pytest

from fftui.doctor import telemetry_section as section
from fftui.doctor.checks import Check
from fftui.doctor.telemetry_section import gpu_sections, telemetry_section, visibility_problem
from fftui.telemetry.inspection import CallAnswer, DeviceInspection, NvmlInspection, RaplInspection
from fftui.telemetry.nvml_calls import CALLS
from fftui.telemetry.visible import Visible

METRICS = {
    "gpu_utilization_percent": 87.0,
    "gpu_memory_used_bytes": 12_000_000_000,
    "power_w": 312.5,
    "gpu_energy_j": 1234567.0,
    "gpu_temperature_c": 51.0,
    "gpu_sm_clock_mhz": 1410.0,
    "gpu_throttle_reasons": "power cap",
}
BOARD = DeviceInspection(
    name="NVIDIA A100",
    uuid="GPU-a",
    index=0,
    bus_id="00000000:01:00.0",
    mig_mode=False,
    answers=tuple(
        CallAnswer(call.name, {name: METRICS.get(name, 1) for name in call.metrics})
        if call.metrics[0] in METRICS
        else CallAnswer(call.name, reason="Not Supported")
        for call in CALLS
    ),
)
PACKAGES = RaplInspection(packages=2)
MACHINE = NvmlInspection(
    driver="550.54", nvml="12.550", cuda_driver="12.4", boards=(BOARD,), visible=Visible(("GPU-a",))
)


@pytest.fixture(autouse=True)
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section, "kernel_driver", lambda: None)


def telemetry(
    nvml: NvmlInspection = MACHINE, rapl: RaplInspection = PACKAGES, cuda: str | None = "12.8"
) -> dict[str, Check]:
    return {check.key: check for check in telemetry_section(nvml, rapl, cuda).checks}


def test_what_is_there_is_reported() -> None:
    found = telemetry()
    assert {check.state for check in found.values()} == {"ok"}
    assert found["nvml"].text == "driver 550.54, 1 GPU"
    assert found["rapl"].text == "2 packages of the CPU"
    assert found["cuda_driver"].text == "up to 12.4"


def test_without_nvml_it_says_why_and_what_it_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = NvmlInspection(
        absent="NVML Shared Library Not Found", visible=Visible((), "CUDA_VISIBLE_DEVICES=0: none")
    )
    found = telemetry(absent)
    assert list(found) == ["nvml", "rapl"]
    assert (found["nvml"].state, found["nvml"].text) == ("missing", "NVML Shared Library Not Found")
    assert "would show the load" in found["nvml"].advice
    assert visibility_problem(absent) == ""
    monkeypatch.setattr(section, "kernel_driver", lambda: "550.54")
    assert "NVIDIA_DRIVER_CAPABILITIES" in telemetry(absent)["nvml"].advice


@pytest.mark.parametrize(
    ("absent", "advice"),
    [
        ("no RAPL here", "needs Linux"),
        ("energy_uj: Permission denied; root may read it", "root can let all read it"),
    ],
)
def test_without_rapl_it_says_why_and_what_it_would_give(absent: str, advice: str) -> None:
    found = telemetry(rapl=RaplInspection(absent=absent))["rapl"]
    assert (found.state, found.text) == ("missing", absent)
    assert "energy of the CPU would be in runs" in found.advice
    assert advice in found.advice


def test_a_driver_too_old_for_torch_is_missing() -> None:
    assert telemetry(cuda="13.0")["cuda_driver"].state == "missing"
    assert "update the driver" in telemetry(cuda="13.0")["cuda_driver"].advice
    assert telemetry(cuda=None)["cuda_driver"].state == "ok"


def test_each_call_has_its_value_or_its_reason() -> None:
    (section,) = gpu_sections(MACHINE, {"a": "cuda:0"})
    assert (section.key, section.title) == ("gpu:0", "GPU 0 of NVML: NVIDIA A100")
    found = {check.key: check for check in section.checks}
    assert set(found) == {"identity", "mig", *(figure for call in CALLS for figure in call.metrics)}
    assert found["identity"].text == "GPU-a, 00000000:01:00.0, cuda:0"
    texts = {key: found[key].text for key in METRICS}
    assert texts == {
        "gpu_utilization_percent": "87 %",
        "gpu_memory_used_bytes": "12.0 GB",
        "power_w": "312.5 W",
        "gpu_energy_j": "1234567 J since the driver was loaded",
        "gpu_temperature_c": "51 degrees C",
        "gpu_sm_clock_mhz": "1410 MHz",
        "gpu_throttle_reasons": "power cap",
    }
    assert found["gpu_sm_clock_mhz"].label == "sm clock"
    refused = found["power_limit_w"]
    assert (refused.state, refused.value) == ("missing", None)
    assert refused.text == "Not Supported (nvmlDeviceGetEnforcedPowerLimit)"
    assert refused.advice == "runs leave it empty: not available on this board"
    assert found["gpu_process_memory_bytes"].state == "note"


def test_mig_slices_and_hidden_boards_are_reported() -> None:
    part = replace(
        BOARD, name="A100 MIG 1g", uuid="MIG-b", index=None, bus_id=None, mig_mode=None, answers=()
    )
    machine = replace(
        MACHINE,
        boards=(replace(BOARD, mig_mode=True, slices=(part,)),),
        visible=Visible(("MIG-b",)),
    )
    board, slice_ = gpu_sections(machine, {"b": "cuda:0"})
    found = {check.key: check for check in board.checks}
    assert found["identity"].text.endswith("not seen by torch")
    assert (found["mig"].state, found["mig"].text) == ("note", "on, 1 slice")
    assert slice_.key == "gpu:0/mig:0"
    assert [check.text for check in slice_.checks] == ["MIG-b, cuda:0"]


def test_the_trouble_with_visible_devices_is_handed_on() -> None:
    assert visibility_problem(replace(MACHINE, visible=Visible((), "named twice"))) == "named twice"
    assert (
        visibility_problem(replace(MACHINE, visible=Visible((), caution="counts otherwise")))
        == "counts otherwise"
    )
