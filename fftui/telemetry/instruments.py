"""All that is read of a machine while it learns: process, host, the CPU's energy, the GPU that learns, the others.

Every figure may be missing on its own. Why is told once, by `news`; a source that is lost is not asked again.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

from fftui.events import FiguresMissing, MachineDescribed, OtherGpusSampled, TelemetrySampled
from fftui.telemetry.host import HostSource
from fftui.telemetry.nvml import NO_FIGURES, GpuFigures, GpuSource, GpuUnavailableError, OtherGpus
from fftui.telemetry.rapl import RAPL_FOLDER, RaplSource, RaplUnavailableError

Position = tuple[int | None, int | None, int | None]  # phase, layer, epoch

GPU_FIGURES = tuple(field.name for field in fields(GpuFigures))
CPU_ENERGY_FIGURES = ("cpu_power_w", "cpu_energy_j")


class Instruments:
    """The sources of one machine; make, read and close them in one thread.

    `gpu_uuid` is the GPU that learns, None where none does: then no GPU is read, though the machine may have some.
    """

    def __init__(self, gpu_uuid: str | None, rapl_folder: Path = RAPL_FOLDER) -> None:
        self._told: dict[str, str] = {}
        self._news: list[FiguresMissing] = []
        self._cpu_energy_j: float | None = None
        self._host = HostSource()
        self._rapl = self._open_rapl(rapl_folder)
        self._gpu = self._open_gpu(gpu_uuid)
        self._others = OtherGpus(self._gpu.board_uuid) if self._gpu else None

    @property
    def tells_power(self) -> bool:
        """Whether energy or power of anything is told."""
        gpu_tells = self._gpu is not None and not {"power_w", "gpu_energy_j"} <= self._told.keys()
        return self._rapl is not None or gpu_tells

    def description(self, hz: float) -> MachineDescribed:
        """What there is to look at."""
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

    def look(self, position: Position, interval_s: float | None) -> TelemetrySampled:
        """The figures now, `interval_s` after the look before."""
        phase, layer, epoch = position
        host = self._host.read()
        self._explain(self._host.missing)
        cpu_power_w, cpu_energy_j = self._cpu_energy(interval_s)
        return TelemetrySampled(
            phase=phase,
            layer=layer,
            epoch=epoch,
            interval_s=None if interval_s is None else round(interval_s, 4),
            cpu_power_w=cpu_power_w,
            cpu_energy_j=cpu_energy_j,
            **asdict(host),
            **asdict(self._gpu_figures()),
        )

    def look_at_others(self) -> OtherGpusSampled | None:
        """The GPUs that do not learn; None where there are none."""
        return self._others.read() if self._others and self._others.names else None

    def news(self) -> list[FiguresMissing]:
        """Which figures have gone missing since the last call, and why."""
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Let NVML go."""
        if self._gpu is not None:
            self._gpu.close()

    def _open_rapl(self, folder: Path) -> RaplSource | None:
        try:
            return RaplSource(folder)
        except RaplUnavailableError as error:
            self._explain(dict.fromkeys(CPU_ENERGY_FIGURES, f"not available: {error}"))
            return None

    def _open_gpu(self, uuid: str | None) -> GpuSource | None:
        reason = "this run learns on another device"
        if uuid is not None:
            try:
                return GpuSource(uuid)
            except GpuUnavailableError as error:
                reason = str(error)
        self._explain(dict.fromkeys(GPU_FIGURES, f"no NVIDIA GPU: {reason}"))
        return None

    def _gpu_figures(self) -> GpuFigures:
        if self._gpu is None:
            return NO_FIGURES
        try:
            figures = self._gpu.read()
        except GpuUnavailableError as error:
            self._explain(dict.fromkeys(GPU_FIGURES, str(error)))
            self._gpu.close()
            self._gpu = self._others = None
            return NO_FIGURES
        self._explain(self._gpu.missing)
        return figures

    def _cpu_energy(self, interval_s: float | None) -> tuple[float | None, float | None]:
        """Mean power since the look before, and joules since the first."""
        if self._rapl is None:
            return None, None
        try:
            energy_j = self._rapl.read_j()
        except RaplUnavailableError as error:
            self._explain(dict.fromkeys(CPU_ENERGY_FIGURES, f"not available: {error}"))
            self._rapl = None
            return None, None
        before, self._cpu_energy_j = self._cpu_energy_j, energy_j
        power_w = (energy_j - before) / interval_s if before is not None and interval_s else None
        return None if power_w is None else round(power_w, 2), round(energy_j, 3)

    def _explain(self, missing: Mapping[str, str]) -> None:
        """Note reasons that have not been told of these figures, those that are the same together."""
        fresh = {figure: reason for figure, reason in missing.items() if self._told.get(figure) != reason}
        self._told |= fresh
        for reason in dict.fromkeys(fresh.values()):
            self._news.append(FiguresMissing(tuple(f for f, r in fresh.items() if r == reason), reason))
