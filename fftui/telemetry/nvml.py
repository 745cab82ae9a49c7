"""Figures of the GPU that learns, through NVML (nvidia-ml-py, imported as pynvml)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pynvml

T = TypeVar("T")

# NVML wants to know what kind of device a UUID names: a whole GPU or a slice of one (MIG).
UUID_KINDS = ("GPU-", "MIG-")
# After these nothing is read any more; every other error concerns one call.
FATAL = (
    pynvml.NVML_ERROR_GPU_IS_LOST,
    pynvml.NVML_ERROR_RESET_REQUIRED,
    pynvml.NVML_ERROR_UNINITIALIZED,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
)


class GpuUnavailableError(Exception):
    """There is no GPU to read, or no longer: why, in a few words."""


@dataclass(frozen=True)
class GpuFigures:
    """One look at a GPU; None where this board does not tell, or where there is none."""

    gpu_utilization_percent: float | None = None
    gpu_memory_utilization_percent: float | None = None  # share of time in which its memory was read or written
    gpu_memory_used_bytes: int | None = None
    gpu_memory_total_bytes: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None


NO_FIGURES = GpuFigures()


class GpuSource:
    """Reads one GPU, found by the UUID that torch tells for it (see `gpu_uuid`).

    Raises GpuUnavailableError where NVML or the GPU is not there. NVML is held until `close`.
    """

    def __init__(self, uuid: str) -> None:
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise GpuUnavailableError(_reason(error)) from None
        try:
            self._handle = _find(uuid)
        except GpuUnavailableError:
            self.close()
            raise

    def read(self) -> GpuFigures:
        """The figures now. Raises GpuUnavailableError once the GPU cannot be read any more."""
        busy = _or_none(lambda: pynvml.nvmlDeviceGetUtilizationRates(self._handle))
        memory = _or_none(lambda: pynvml.nvmlDeviceGetMemoryInfo(self._handle))
        power_mw: int | None = _or_none(lambda: pynvml.nvmlDeviceGetPowerUsage(self._handle))
        limit_mw: int | None = _or_none(lambda: pynvml.nvmlDeviceGetEnforcedPowerLimit(self._handle))
        return GpuFigures(
            gpu_utilization_percent=None if busy is None else float(busy.gpu),
            gpu_memory_utilization_percent=None if busy is None else float(busy.memory),
            gpu_memory_used_bytes=None if memory is None else int(memory.used),
            gpu_memory_total_bytes=None if memory is None else int(memory.total),
            power_w=None if power_mw is None else power_mw / 1000,
            power_limit_w=None if limit_mw is None else limit_mw / 1000,
        )

    def close(self) -> None:
        """Let NVML go."""
        _or_none(pynvml.nvmlShutdown, fatal=())


def _find(uuid: str) -> Any:
    plain = uuid.removeprefix("GPU-").removeprefix("MIG-")
    for kind in UUID_KINDS:
        try:
            return pynvml.nvmlDeviceGetHandleByUUID(kind + plain)
        except pynvml.NVMLError as error:
            reason = _reason(error)
    msg = f"NVML does not know {UUID_KINDS[0]}{plain} ({reason})"
    raise GpuUnavailableError(msg)


def _or_none(call: Callable[[], T], fatal: tuple[int, ...] = FATAL) -> T | None:
    """What the call answers, or None where it alone is refused. Raises GpuUnavailableError on a fatal answer."""
    try:
        return call()
    except pynvml.NVMLError as error:
        if error.value in fatal:
            raise GpuUnavailableError(_reason(error)) from None
        return None


def _reason(error: pynvml.NVMLError) -> str:
    return str(error).rstrip(".")
