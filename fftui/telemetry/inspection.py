"""The metrics that NVML and RAPL provide on this machine, call by call: for `fftui doctor`."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pynvml

from fftui.telemetry import nvml
from fftui.telemetry.hanging import driver_call
from fftui.telemetry.nvml_calls import CALLS, Answer, Call, answer_to
from fftui.telemetry.rapl import RAPL_FOLDER, RaplSource, RaplUnavailableError
from fftui.telemetry.visible import Visible, visible, visible_here

MetricValue = float | int | str
PATIENCE_S = 10.0  # with a driver


@dataclass(frozen=True)
class CallAnswer:
    """The answer to one NVML call: its metrics by column name, or the reason why there are none."""

    call: str
    metrics: dict[str, MetricValue] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class DeviceInspection:
    """One board or MIG slice: its identity and its answers."""

    name: str
    uuid: str | None
    index: int | None  # NVML's, by PCI bus
    bus_id: str | None
    mig_mode: bool | None  # None where the board does not support MIG
    answers: tuple[CallAnswer, ...]
    slices: tuple["DeviceInspection", ...] = ()


@dataclass(frozen=True)
class NvmlInspection:
    """The answers of NVML; `absent` is the reason where it does not start."""

    absent: str = ""
    driver: str | None = None
    nvml: str | None = None
    cuda_driver: str | None = None  # the highest CUDA that the driver supports
    boards: tuple[DeviceInspection, ...] = ()
    visible: Visible = field(default_factory=lambda: Visible(()))


@dataclass(frozen=True)
class RaplInspection:
    """The number of CPU packages whose energy RAPL provides, or the reason (`absent`) why there are
    none.
    """

    packages: int = 0
    absent: str = ""


def inspect_nvml(patience_s: float = PATIENCE_S) -> NvmlInspection:
    """Make each NVML call of a run once; a driver that does not answer within `patience_s` seconds
    is left behind. Raises nothing.
    """
    found: list[NvmlInspection] = []
    thread = threading.Thread(
        target=lambda: found.append(_inspect()), name="fftui-nvml", daemon=True
    )
    thread.start()
    thread.join(patience_s)
    if found:
        return found[0]
    call = driver_call(thread) or "the NVIDIA driver"
    reason = f"{call} does not return: the driver hangs, as nvidia-smi may; reboot this machine"
    return _absent(reason)


def _absent(reason: str) -> NvmlInspection:
    return NvmlInspection(
        absent=reason, visible=visible(os.environ.get("CUDA_VISIBLE_DEVICES"), None, ())
    )


def _inspect() -> NvmlInspection:
    try:
        nvml.start_nvml()
    except nvml.GpuUnavailableError as error:
        return _absent(str(error))
    try:
        return NvmlInspection(
            driver=nvml.driver_version(),
            nvml=nvml.or_none(pynvml.nvmlSystemGetNVMLVersion),
            cuda_driver=_cuda_version(nvml.or_none(pynvml.nvmlSystemGetCudaDriverVersion)),
            boards=tuple(
                _board(index) for index in range(nvml.or_none(pynvml.nvmlDeviceGetCount) or 0)
            ),
            visible=visible_here(),
        )
    finally:
        nvml.stop_nvml()


def inspect_rapl(folder: Path = RAPL_FOLDER) -> RaplInspection:
    """Find the CPU packages whose energy RAPL provides. Raises nothing."""
    try:
        return RaplInspection(packages=RaplSource(folder).packages)
    except RaplUnavailableError as error:
        return RaplInspection(absent=str(error))


def _board(index: int) -> DeviceInspection:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    # a board that is lost is listed, so that the others keep their index
    except Exception as error:  # noqa: BLE001 - see fftui.telemetry.nvml
        refused = tuple(CallAnswer(call.name, reason=nvml.reason_of(error)) for call in CALLS)
        return DeviceInspection("no answer", None, index, None, None, refused)
    mode = nvml.or_none(pynvml.nvmlDeviceGetMigMode, handle)
    return DeviceInspection(
        name=nvml.name_of(handle),
        uuid=nvml.uuid_of(handle),
        index=index,
        bus_id=nvml.or_none(lambda: str(pynvml.nvmlDeviceGetPciInfo(handle).busId)),
        mig_mode=None if mode is None else bool(mode[0]),
        answers=_answers(handle, CALLS),
        slices=tuple(_slice(each) for each in nvml.slices(handle)),
    )


def _slice(handle: Any) -> DeviceInspection:
    own = tuple(call for call in CALLS if call.of_slice)
    return DeviceInspection(
        nvml.name_of(handle), nvml.uuid_of(handle), None, None, None, _answers(handle, own)
    )


def _answers(handle: Any, calls: tuple[Call, ...]) -> tuple[CallAnswer, ...]:
    answers = []
    for call in calls:
        try:
            answer = answer_to(call, handle)
        except nvml.GpuUnavailableError as error:
            answer = Answer(reason=str(error))
        metrics = dict(zip(call.metrics, answer.values, strict=True)) if answer.values else {}
        answers.append(CallAnswer(call.name, metrics, answer.reason))
    return tuple(answers)


def _cuda_version(number: int | None) -> str | None:
    return None if number is None else f"{number // 1000}.{number % 1000 // 10}"
