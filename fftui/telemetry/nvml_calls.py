"""The calls of NVML that give a GPU's metrics, in the units of their names.

Each may be refused on its own: its metrics are then missing, and the answer holds the reason.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pynvml

from fftui.telemetry.nvml import GpuUnavailableError, NoAnswer, reason_of

T = TypeVar("T")

# Errors after which the GPU is not read any more; every other error concerns one call.
FATAL = (
    pynvml.NVML_ERROR_GPU_IS_LOST,
    pynvml.NVML_ERROR_RESET_REQUIRED,
    pynvml.NVML_ERROR_UNINITIALIZED,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
)
# Errors of a driver that is older than a call.
TOO_NEW = (pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)
THROTTLES = (
    (pynvml.nvmlClocksEventReasonGpuIdle, "idle"),
    (pynvml.nvmlClocksEventReasonApplicationsClocksSetting, "clocks set by the user"),
    (pynvml.nvmlClocksEventReasonSwPowerCap, "power cap"),
    (pynvml.nvmlClocksEventReasonHwSlowdown, "hardware slowdown"),
    (pynvml.nvmlClocksEventReasonSyncBoost, "sync boost"),
    (pynvml.nvmlClocksEventReasonSwThermalSlowdown, "thermal (software)"),
    (pynvml.nvmlClocksEventReasonHwThermalSlowdown, "thermal (hardware)"),
    (pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown, "power brake"),
    (pynvml.nvmlClocksEventReasonDisplayClockSetting, "display clocks"),
    (0x200, "board limit"),  # these two have no name in older versions of nvidia-ml-py
    (0x400, "reliability"),
)
CACHE_S = 1.0  # for which the answer to a call that is slow, or hardly ever changes, is reused


@dataclass(frozen=True)
class GpuMetrics:
    """One sample of a GPU; None where the board does not provide a metric, or there is no GPU."""

    gpu_utilization_percent: float | None = None
    # share of time in which its memory was read or written
    gpu_memory_utilization_percent: float | None = None
    gpu_memory_used_bytes: int | None = None
    gpu_memory_total_bytes: int | None = None
    gpu_process_memory_bytes: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    gpu_energy_j: float | None = None
    gpu_temperature_c: float | None = None
    gpu_sm_clock_mhz: float | None = None
    gpu_memory_clock_mhz: float | None = None
    gpu_throttle_reasons: str | None = None


NO_METRICS = GpuMetrics()


@dataclass(frozen=True)
class Call:
    """One NVML call: the function that makes it, and the metrics it returns, in the units of their
    names.
    """

    name: str
    metrics: tuple[str, ...]
    ask: Callable[[Any], tuple[Any, ...]]
    of_slice: bool = False  # a MIG slice answers for itself; else its board does
    cache_s: float = 0.0


def utilization(handle: Any) -> tuple[float, float]:
    """Percent of the time in which the GPU computed, and in which its memory was in use."""
    busy = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return float(busy.gpu), float(busy.memory)


def memory(handle: Any) -> tuple[int, int]:
    """Bytes in use, and all there are."""
    info = pynvml.nvmlDeviceGetMemoryInfo(handle)
    if not info.total:  # as of boards that share the machine's memory
        msg = "the board says that it has no memory of its own"
        raise NoAnswer(msg)
    return int(info.used), int(info.total)


def _process_memory(handle: Any) -> tuple[int]:
    # Without its version in the name this call fails with something that is no NVMLError on older
    # drivers.
    processes = _newest(
        pynvml.nvmlDeviceGetComputeRunningProcesses_v3,
        pynvml.nvmlDeviceGetComputeRunningProcesses_v2,
        handle,
    )
    own = [process.usedGpuMemory for process in processes if process.pid == os.getpid()]
    if not own:
        msg = "this process is not in NVML's list (other process numbers in a container?)"
        raise NoAnswer(msg)
    if None in own:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    return (sum(own),)  # a process is listed once for each slice of a board that it uses


def _temperature(handle: Any) -> tuple[float]:
    older = partial(pynvml.nvmlDeviceGetTemperature, sensor=pynvml.NVML_TEMPERATURE_GPU)
    # drivers will lose the older one with CUDA 14
    newer = getattr(pynvml, "nvmlDeviceGetTemperatureV", None)
    if newer is None:
        return (float(older(handle)),)
    return (float(_newest(partial(newer, sensor=pynvml.NVML_TEMPERATURE_GPU), older, handle)),)


def _throttles(handle: Any) -> tuple[str]:
    bits = _newest(
        pynvml.nvmlDeviceGetCurrentClocksEventReasons,
        pynvml.nvmlDeviceGetCurrentClocksThrottleReasons,
        handle,
    )
    words = [word for bit, word in THROTTLES if bits & bit]
    if unknown := bits & ~sum(bit for bit, _ in THROTTLES):
        words.append(f"{unknown:#x}")  # of a driver that knows more than we do
    return (", ".join(words) or "none",)


def _newest(newer: Callable[[Any], T], older: Callable[[Any], T], handle: Any) -> T:
    """The result of `newer`, or of `older` where the driver is too old for it."""
    try:
        return newer(handle)
    except pynvml.NVMLError as error:
        if error.value not in TOO_NEW:
            raise
        return older(handle)


def power(handle: Any) -> tuple[float]:
    """Watts drawn by the board."""
    return (pynvml.nvmlDeviceGetPowerUsage(handle) / 1000,)


CALLS = (
    Call(
        "nvmlDeviceGetUtilizationRates",
        ("gpu_utilization_percent", "gpu_memory_utilization_percent"),
        utilization,
    ),
    Call(
        "nvmlDeviceGetMemoryInfo",
        ("gpu_memory_used_bytes", "gpu_memory_total_bytes"),
        memory,
        of_slice=True,
    ),
    Call(
        "nvmlDeviceGetComputeRunningProcesses",
        ("gpu_process_memory_bytes",),
        _process_memory,
        of_slice=True,
        cache_s=CACHE_S,
    ),
    Call("nvmlDeviceGetPowerUsage", ("power_w",), power),
    Call(
        "nvmlDeviceGetEnforcedPowerLimit",
        ("power_limit_w",),
        lambda handle: (pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000,),
        cache_s=CACHE_S,
    ),
    Call(
        "nvmlDeviceGetTotalEnergyConsumption",
        ("gpu_energy_j",),
        lambda handle: (pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000,),
    ),
    Call("nvmlDeviceGetTemperatureV", ("gpu_temperature_c",), _temperature),
    Call(
        "nvmlDeviceGetClockInfo(SM)",
        ("gpu_sm_clock_mhz",),
        lambda handle: (float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)),),
    ),
    Call(
        "nvmlDeviceGetClockInfo(memory)",
        ("gpu_memory_clock_mhz",),
        lambda handle: (float(pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM)),),
    ),
    Call("nvmlDeviceGetCurrentClocksEventReasons", ("gpu_throttle_reasons",), _throttles),
)


@dataclass(frozen=True)
class Answer:
    """The answer to a call: the values of its metrics, or the reason why there are none."""

    values: tuple[Any, ...] = ()
    reason: str = ""


def answer_to(call: Call, handle: Any) -> Answer:
    """The answer to `call` for the device `handle`. Raises GpuUnavailableError where the GPU is
    lost.
    """
    try:
        return Answer(call.ask(handle))
    except Exception as error:  # noqa: BLE001 - see fftui.telemetry.nvml
        if getattr(error, "value", None) in FATAL:
            raise GpuUnavailableError(reason_of(error)) from None
        return Answer(reason=reason_of(error))
