"""All metrics of a machine while it learns: process, host, the CPU's energy, the GPU that learns,
the other GPUs.

Each metric may be missing on its own; `new_gaps` gives the reason once. A source that is lost is
not read again.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

from fftui.events import (
    MachineDescribed,
    MetricsUnavailable,
    Moment,
    OtherGpusSampled,
    TelemetrySampled,
)
from fftui.telemetry.gpu_source import GpuSource, OtherGpus
from fftui.telemetry.host import HostSource
from fftui.telemetry.nvml import GpuUnavailableError
from fftui.telemetry.nvml_calls import NO_METRICS, GpuMetrics
from fftui.telemetry.rapl import RAPL_FOLDER, RaplSource, RaplUnavailableError

GPU_METRICS = tuple(field.name for field in fields(GpuMetrics))
CPU_ENERGY_METRICS = ("cpu_power_w", "cpu_energy_j")


class MachineReader:
    """Reads the metrics of one machine; create, read and close it in one thread.

    `gpu_uuid` is the GPU that learns; where it is None no GPU is read, though the machine may have
    some.
    """

    def __init__(self, gpu_uuid: str | None, rapl_folder: Path = RAPL_FOLDER) -> None:
        self._missing: dict[str, str] = {}  # metrics and why they are missing, as reported
        self._new_gaps: list[MetricsUnavailable] = []
        self._cpu_energy_j: float | None = None
        self._host = HostSource()
        self._rapl = self._open_rapl(rapl_folder)
        self._gpu = self._open_gpu(gpu_uuid)
        self._others = OtherGpus(self._gpu.board_uuid) if self._gpu else None

    @property
    def measures_power(self) -> bool:
        """Whether the power or energy of the CPU or the GPU is available."""
        by_gpu = self._gpu is not None and not {"power_w", "gpu_energy_j"} <= self._missing.keys()
        return self._rapl is not None or by_gpu

    def description(self, hz: float) -> MachineDescribed:
        """The description of the machine, sampled `hz` times a second."""
        gpu = self._gpu
        return MachineDescribed(
            hz=hz,
            cores=self._host.cores,
            host_memory_total_bytes=self._host.memory_total_bytes,
            gpu=gpu.name if gpu else None,
            gpu_uuid=gpu.uuid if gpu else None,
            driver=gpu.driver if gpu else None,
            mig=gpu.mig if gpu else False,
            whole_board=gpu.whole_board if gpu else (),
            other_gpus=self._others.names if self._others else (),
        )

    def read(self, moment: Moment, interval_s: float | None) -> TelemetrySampled:
        """The metrics now, `interval_s` after the previous sample, at `moment` of the run."""
        host = self._host.read()
        self._note_missing(self._host.missing)
        cpu_power_w, cpu_energy_j = self._cpu_energy(interval_s)
        return TelemetrySampled(
            **moment._asdict(),
            interval_s=None if interval_s is None else round(interval_s, 4),
            cpu_power_w=cpu_power_w,
            cpu_energy_j=cpu_energy_j,
            **asdict(host),
            **asdict(self._gpu_metrics()),
        )

    def read_others(self) -> OtherGpusSampled | None:
        """The metrics of the GPUs that do not learn; None where there are none."""
        return self._others.read() if self._others and self._others.names else None

    def new_gaps(self) -> list[MetricsUnavailable]:
        """The metrics that have become unavailable since the last call, and why."""
        gaps, self._new_gaps = self._new_gaps, []
        return gaps

    def close(self) -> None:
        """Release NVML."""
        if self._gpu is not None:
            self._gpu.close()

    def _open_rapl(self, folder: Path) -> RaplSource | None:
        try:
            return RaplSource(folder)
        except RaplUnavailableError as error:
            self._note_missing(dict.fromkeys(CPU_ENERGY_METRICS, f"not available: {error}"))
            return None

    def _open_gpu(self, uuid: str | None) -> GpuSource | None:
        reason = "this run learns on another device"
        if uuid is not None:
            try:
                return GpuSource(uuid)
            except GpuUnavailableError as error:
                reason = str(error)
        self._note_missing(dict.fromkeys(GPU_METRICS, f"no NVIDIA GPU: {reason}"))
        return None

    def _gpu_metrics(self) -> GpuMetrics:
        if self._gpu is None:
            return NO_METRICS
        try:
            metrics = self._gpu.read()
        except GpuUnavailableError as error:
            self._note_missing(dict.fromkeys(GPU_METRICS, str(error)))
            self._gpu.close()
            self._gpu = self._others = None
            return NO_METRICS
        self._note_missing(self._gpu.missing)
        return metrics

    def _cpu_energy(self, interval_s: float | None) -> tuple[float | None, float | None]:
        """Mean power since the previous sample, and joules since the first one."""
        if self._rapl is None:
            return None, None
        try:
            energy_j = self._rapl.read_j()
        except RaplUnavailableError as error:
            self._note_missing(dict.fromkeys(CPU_ENERGY_METRICS, f"not available: {error}"))
            self._rapl = None
            return None, None
        before, self._cpu_energy_j = self._cpu_energy_j, energy_j
        power_w = (energy_j - before) / interval_s if before is not None and interval_s else None
        return None if power_w is None else round(power_w, 2), round(energy_j, 3)

    def _note_missing(self, missing: Mapping[str, str]) -> None:
        """Add the reasons that have not been reported yet to `new_gaps`, one event for
        each reason.
        """
        fresh = {
            metric: reason
            for metric, reason in missing.items()
            if self._missing.get(metric) != reason
        }
        self._missing |= fresh
        for reason in dict.fromkeys(fresh.values()):
            self._new_gaps.append(
                MetricsUnavailable(tuple(f for f, r in fresh.items() if r == reason), reason)
            )
