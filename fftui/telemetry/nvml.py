"""Metrics of the GPU that learns, through NVML (nvidia-ml-py, imported as pynvml).

Each call may be refused on its own: its metrics are then None, and `missing` holds the reason. The
library is foreign, and reads what a driver writes: its calls fail with more than its own errors,
such as a name that is no UTF-8, so every exception of a call is a refusal here.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pynvml

from fftui.events import OtherGpusSampled

T = TypeVar("T")

# Prefixes of the UUIDs that NVML expects: of a whole GPU, of a slice of one (MIG).
UUID_KINDS = ("GPU-", "MIG-")
# Errors after which the GPU is not read any more; every other error concerns one call.
FATAL = (
    pynvml.NVML_ERROR_GPU_IS_LOST,
    pynvml.NVML_ERROR_RESET_REQUIRED,
    pynvml.NVML_ERROR_UNINITIALIZED,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
)
# Errors of a driver that is older than a call.
TOO_NEW = (pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH)
# What to do about a start that fails.
ADVICE = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: (
        "no NVIDIA driver is installed here, or a container hides it"
    ),
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA kernel module is not loaded: try nvidia-smi",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the driver was updated under a running kernel: reboot this machine"
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not talk to the driver",
}
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


class GpuUnavailableError(Exception):
    """The GPU cannot be read, or no longer; the message is the reason."""


class _NoAnswer(Exception):  # noqa: N818 - an answer, not a fault
    """NVML answers, but not what was asked; the message is the reason."""


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


def _utilization(handle: Any) -> tuple[float, float]:
    busy = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return float(busy.gpu), float(busy.memory)


def _memory(handle: Any) -> tuple[int, int]:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    if not memory.total:  # as of boards that share the machine's memory
        msg = "the board says that it has no memory of its own"
        raise _NoAnswer(msg)
    return int(memory.used), int(memory.total)


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
        raise _NoAnswer(msg)
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


def _power(handle: Any) -> tuple[float]:
    return (pynvml.nvmlDeviceGetPowerUsage(handle) / 1000,)


CALLS = (
    Call(
        "nvmlDeviceGetUtilizationRates",
        ("gpu_utilization_percent", "gpu_memory_utilization_percent"),
        _utilization,
    ),
    Call(
        "nvmlDeviceGetMemoryInfo",
        ("gpu_memory_used_bytes", "gpu_memory_total_bytes"),
        _memory,
        of_slice=True,
    ),
    Call(
        "nvmlDeviceGetComputeRunningProcesses",
        ("gpu_process_memory_bytes",),
        _process_memory,
        of_slice=True,
        cache_s=CACHE_S,
    ),
    Call("nvmlDeviceGetPowerUsage", ("power_w",), _power),
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


class GpuSource:
    """Reads the metrics of one GPU, or one MIG slice, found by its UUID (see `gpu_uuid`).

    Of a slice, `whole_board` names the metrics of its board. Raises GpuUnavailableError where NVML
    or the GPU is missing. NVML stays initialised until `close`.
    """

    def __init__(self, uuid: str) -> None:
        start_nvml()
        try:
            self.uuid, self._handle = find_device(uuid)
            self._board, self.whole_board = board_of(self.uuid, self._handle)
        except GpuUnavailableError:
            self.close()
            raise
        self.name = name_of(self._handle)
        self.mig = bool(self.whole_board)
        self.board_uuid = uuid_of(self._board) or self.uuid
        self.driver = driver_version()
        self.missing: Mapping[str, str] = {}
        self._cache: dict[str, tuple[float, Answer]] = {}

    def read(self) -> GpuMetrics:
        """The metrics now; `missing` then maps those that were refused to the reason.

        Raises GpuUnavailableError once the GPU cannot be read any more.
        """
        metrics: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for call in CALLS:
            answer = self._answer(call)
            if answer.values:
                metrics.update(zip(call.metrics, answer.values, strict=True))
            else:
                missing.update(dict.fromkeys(call.metrics, answer.reason))
        self.missing = missing
        return GpuMetrics(**metrics)

    def close(self) -> None:
        """Release NVML."""
        stop_nvml()

    def _answer(self, call: Call) -> Answer:
        now_s = time.monotonic()
        asked_s, answer = self._cache.get(call.name, (0.0, None))
        if answer is not None and now_s - asked_s < call.cache_s:
            return answer
        answer = answer_to(call, self._handle if call.of_slice else self._board)
        if call.cache_s:
            self._cache[call.name] = (now_s, answer)
        return answer


class OtherGpus:
    """Reads the GPUs of this machine other than the board of UUID `learning`; NVML has to be
    initialised.
    """

    def __init__(self, learning: str) -> None:
        handles = [handle for handle in boards() if uuid_of(handle) != learning]
        self.names = tuple(name_of(handle) for handle in handles)
        self._handles = handles

    def read(self) -> OtherGpusSampled:
        """Their metrics now; None where a GPU does not provide one, or is lost."""
        busy = [or_none(_utilization, handle) for handle in self._handles]
        memory = [or_none(_memory, handle) for handle in self._handles]
        power = [or_none(_power, handle) for handle in self._handles]
        return OtherGpusSampled(
            utilization_percent=tuple(each[0] if each else None for each in busy),
            memory_used_bytes=tuple(each[0] if each else None for each in memory),
            memory_total_bytes=tuple(each[1] if each else None for each in memory),
            power_w=tuple(each[0] if each else None for each in power),
        )


def start_nvml() -> None:
    """Initialise NVML. Raises GpuUnavailableError, with what to do, where that fails."""
    try:
        pynvml.nvmlInit()
    except Exception as error:  # noqa: BLE001 - see above
        advice = ADVICE.get(getattr(error, "value", 0))
        raise GpuUnavailableError(
            f"{reason_of(error)}: {advice}" if advice else reason_of(error)
        ) from None


def stop_nvml() -> None:
    """Release NVML; errors of a driver that is gone are ignored."""
    or_none(pynvml.nvmlShutdown)


def find_device(uuid: str) -> tuple[str, Any]:
    """The UUID as NVML writes it (with its prefix) and the handle of a GPU or MIG slice.

    Raises GpuUnavailableError where NVML does not know it.
    """
    plain = uuid.removeprefix("GPU-").removeprefix("MIG-")
    for kind in UUID_KINDS:
        try:
            return kind + plain, pynvml.nvmlDeviceGetHandleByUUID(kind + plain)
        except Exception as error:  # noqa: BLE001 - see above
            reason = reason_of(error)
    msg = f"NVML does not know {UUID_KINDS[0]}{plain} ({reason})"
    raise GpuUnavailableError(msg)


def boards() -> list[Any]:
    """The handles of all GPUs that answer, in NVML's order: by PCI bus."""
    count = or_none(pynvml.nvmlDeviceGetCount) or 0
    found = (or_none(pynvml.nvmlDeviceGetHandleByIndex, index) for index in range(count))
    return [handle for handle in found if handle is not None]


def slices(board: Any) -> list[Any]:
    """The handles of the MIG slices of a board."""
    count = or_none(pynvml.nvmlDeviceGetMaxMigDeviceCount, board) or 0
    found = (
        or_none(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, board, index) for index in range(count)
    )
    return [handle for handle in found if handle is not None]


def board_of(uuid: str, handle: Any) -> tuple[Any, tuple[str, ...]]:
    """The board of a device (itself, if it is no MIG slice), and the metrics that are of the whole
    board.

    Raises GpuUnavailableError where the board of a slice does not answer.
    """
    by_board = tuple(metric for call in CALLS if not call.of_slice for metric in call.metrics)
    if uuid.startswith("MIG-"):
        try:
            return pynvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle), by_board
        except Exception as error:  # noqa: BLE001 - see above
            msg = f"the board of this MIG slice does not answer ({reason_of(error)})"
            raise GpuUnavailableError(msg) from None
    mode = or_none(pynvml.nvmlDeviceGetMigMode, handle)
    if mode is not None and mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE:
        # torch gave the UUID of the board: which of its slices learns is unknown.
        return handle, (*by_board, "gpu_memory_used_bytes", "gpu_memory_total_bytes")
    return handle, ()


def instances_of(handle: Any) -> tuple[int | None, int | None]:
    """The numbers of a MIG slice's GPU instance and compute instance."""
    return or_none(pynvml.nvmlDeviceGetGpuInstanceId, handle), or_none(
        pynvml.nvmlDeviceGetComputeInstanceId, handle
    )


def name_of(handle: Any) -> str:
    """The device's name; what is no UTF-8 in it, as some drivers write under WSL2, is replaced."""
    try:
        return str(pynvml.nvmlDeviceGetName(handle))
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - see above
        return "NVIDIA GPU"


def uuid_of(handle: Any) -> str | None:
    """The device's UUID with its prefix; None where it is refused."""
    uuid = or_none(pynvml.nvmlDeviceGetUUID, handle)
    return None if uuid is None else str(uuid)


def driver_version() -> str | None:
    """The version of the NVIDIA driver; None where it is refused."""
    version = or_none(pynvml.nvmlSystemGetDriverVersion)
    return None if version is None else str(version)


def answer_to(call: Call, handle: Any) -> Answer:
    """The answer to `call` for the device `handle`. Raises GpuUnavailableError where the GPU is
    lost.
    """
    try:
        return Answer(call.ask(handle))
    except Exception as error:  # noqa: BLE001 - see above
        if getattr(error, "value", None) in FATAL:
            raise GpuUnavailableError(reason_of(error)) from None
        return Answer(reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """The message of an error of NVML's; with its type where it is another one."""
    text = str(error).rstrip(".")
    known = isinstance(error, pynvml.NVMLError | _NoAnswer)
    return text if known else f"{type(error).__name__}: {text}"


def or_none(call: Callable[..., T], *arguments: Any) -> T | None:
    """The result of `call`, or None where it is refused."""
    try:
        return call(*arguments)
    except Exception:  # noqa: BLE001 - see above
        return None
