"""The metrics of the GPU that learns, and of the others of its machine, read again and again."""

import time
from collections.abc import Mapping
from typing import Any

import pynvml

from fftui.events import OtherGpusSampled
from fftui.telemetry.nvml import (
    GpuUnavailableError,
    boards,
    driver_version,
    find_device,
    name_of,
    or_none,
    reason_of,
    start_nvml,
    stop_nvml,
    uuid_of,
)
from fftui.telemetry.nvml_calls import (
    CALLS,
    Answer,
    Call,
    GpuMetrics,
    answer_to,
    memory,
    power,
    utilization,
)


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
        busy = [or_none(utilization, handle) for handle in self._handles]
        used = [or_none(memory, handle) for handle in self._handles]
        drawn = [or_none(power, handle) for handle in self._handles]
        return OtherGpusSampled(
            utilization_percent=tuple(each[0] if each else None for each in busy),
            memory_used_bytes=tuple(each[0] if each else None for each in used),
            memory_total_bytes=tuple(each[1] if each else None for each in used),
            power_w=tuple(each[0] if each else None for each in drawn),
        )


def board_of(uuid: str, handle: Any) -> tuple[Any, tuple[str, ...]]:
    """The board of a device (itself, if it is no MIG slice), and the metrics that are of the whole
    board.

    Raises GpuUnavailableError where the board of a slice does not answer.
    """
    by_board = tuple(metric for call in CALLS if not call.of_slice for metric in call.metrics)
    if uuid.startswith("MIG-"):
        try:
            return pynvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle), by_board
        except Exception as error:  # noqa: BLE001 - see fftui.telemetry.nvml
            msg = f"the board of this MIG slice does not answer ({reason_of(error)})"
            raise GpuUnavailableError(msg) from None
    mode = or_none(pynvml.nvmlDeviceGetMigMode, handle)
    if mode is not None and mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE:
        # torch gave the UUID of the board: which of its slices learns is unknown.
        return handle, (*by_board, "gpu_memory_used_bytes", "gpu_memory_total_bytes")
    return handle, ()
