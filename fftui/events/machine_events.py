"""Events of the machine: its metrics while a run learns, and the windows of time that its energy is
measured for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated

from fftui.events.event import Event, lengths_differ
from fftui.events.field_types import (
    Amount,
    Count,
    CountInWindow,
    Flag,
    Fraction,
    Hertz,
    Ordinal,
    Real,
    ShortText,
    UnixSeconds,
)
from fftui.events.moment import Doing


@dataclass(frozen=True)
class WindowMeasured(Event, kind="window"):
    """A contiguous window of time in which the run did one thing; energy is measured for each
    window.

    `learning` is a window of batches, about a second long; an epoch's last one ends when the device
    is done, the others when their batches are issued. `loading` is the work before a layer's
    first epoch. `rest` is the measurement of the idle machine before the run.
    """

    doing: Doing
    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    steps: CountInWindow
    images: CountInWindow
    began_at: UnixSeconds  # Unix seconds, as `ended_at`
    ended_at: UnixSeconds


@dataclass(frozen=True)
class MachineDescribed(Event, kind="machine"):
    """The machine that is sampled, stated before the first sample of a session.

    Where a slice of a GPU learns (MIG), `whole_board` names the metrics of the board rather than of
    the slice.
    """

    hz: Hertz
    cores: Count | None
    host_memory_total_bytes: Count | None
    gpu: str | None = None  # name of the GPU that learns
    gpu_uuid: str | None = None
    driver: str | None = None
    mig: Flag = False
    whole_board: tuple[str, ...] = ()
    # names of those that do not learn, in the order of `OtherGpusSampled`
    other_gpus: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricsUnavailable(Event, kind="figures-missing"):
    """Metrics (fields of `TelemetrySampled`) that are not available from here on; stated once for
    each reason.
    """

    metrics: tuple[str, ...]
    reason: str

    @property
    def text(self) -> str:
        """Which metrics are not available, and why: the GPU's or the CPU's energy in a word."""
        if "power_w" in self.metrics and "gpu_utilization_percent" in self.metrics:
            return f"no GPU metrics: {self.reason}"
        if set(self.metrics) == {"cpu_power_w", "cpu_energy_j"}:
            return f"no energy of the CPU: {self.reason}"
        return f"no {', '.join(self.metrics)}: {self.reason}"


@dataclass(frozen=True)
class Metric:
    """Annotation of a metric of the machine: what it means and, if it is drawn, its name on the
    screen and the top of its scale.

    The top is a number, `cores` (100 for each), or a field of `MachineDescribed` or of the sample;
    None: the highest value seen. How values are written follows from the unit in the field's name.
    """

    meaning: str
    name: str = ""
    top: float | str | None = None


@dataclass(frozen=True)
class TelemetrySampled(Event, kind="telemetry"):
    """One sample of the machine's metrics; None where this machine does not provide one.

    A metric is a field here and what reads it in `fftui.telemetry`; its column and its timeline
    follow.
    """

    phase: Ordinal | None
    layer: Ordinal | None
    epoch: Count | None  # 0: before the first one of the layer
    interval_s: Amount | None = None  # since the previous sample
    doing: Doing | None = None
    process_cpu_percent: Annotated[
        Amount | None, Metric("of this process; 100 is one core", "process CPU", top="cores")
    ] = None
    process_memory_bytes: Annotated[
        Count | None,
        Metric("resident memory of this process", "process memory", top="host_memory_total_bytes"),
    ] = None
    host_cpu_percent: Annotated[
        Amount | None, Metric("of all cores together", "machine CPU", top=100.0)
    ] = None
    host_memory_used_bytes: Annotated[
        Count | None,
        Metric("memory in use on the host", "machine memory", top="host_memory_total_bytes"),
    ] = None
    cpu_power_w: Annotated[
        Amount | None,
        Metric("power of the CPU's packages (RAPL), mean since the previous sample", "CPU power"),
    ] = None
    cpu_energy_j: Annotated[
        Amount | None,
        Metric("energy of the CPU's packages (RAPL) since the session's sampler started, joules"),
    ] = None
    gpu_utilization_percent: Annotated[
        Amount | None, Metric("share of time in which a kernel ran", "GPU", top=100.0)
    ] = None
    gpu_memory_utilization_percent: Annotated[
        Amount | None,
        Metric("share of time in which memory was read or written", "GPU memory bus", top=100.0),
    ] = None
    gpu_memory_used_bytes: Annotated[
        Count | None,
        Metric(
            "memory in use on the GPU, by all processes", "GPU memory", top="gpu_memory_total_bytes"
        ),
    ] = None
    gpu_memory_total_bytes: Annotated[Count | None, Metric("memory of the GPU")] = None
    gpu_process_memory_bytes: Annotated[
        Count | None,
        Metric(
            "memory in use on the GPU, by this process",
            "GPU memory, own",
            top="gpu_memory_total_bytes",
        ),
    ] = None
    power_w: Annotated[
        Amount | None, Metric("power drawn by the GPU's board", "power", top="power_limit_w")
    ] = None
    power_limit_w: Annotated[Amount | None, Metric("the power it may draw")] = None
    gpu_energy_j: Annotated[
        Amount | None, Metric("the board's energy counter (since its driver was loaded), joules")
    ] = None
    gpu_temperature_c: Annotated[
        Real | None, Metric("temperature of the GPU, degrees Celsius", "GPU temperature", top=100.0)
    ] = None
    gpu_sm_clock_mhz: Annotated[
        Amount | None, Metric("clock of its multiprocessors", "SM clock")
    ] = None
    gpu_memory_clock_mhz: Annotated[
        Amount | None, Metric("clock of its memory", "memory clock")
    ] = None
    gpu_throttle_reasons: Annotated[
        str | None, Metric("why its clocks are throttled, separated by commas, or none")
    ] = None


METRICS: Mapping[str, Metric] = {
    each.name: annotation
    for each in fields(TelemetrySampled)
    for annotation in getattr(each.type, "__metadata__", ())
    if isinstance(annotation, Metric)
}


@dataclass(frozen=True)
class OtherGpusSampled(Event, kind="other-gpus"):
    """One sample of the GPUs that do not learn, about once a second, in the order of
    `MachineDescribed.other_gpus`.
    """

    utilization_percent: tuple[Amount | None, ...]
    memory_used_bytes: tuple[Count | None, ...]
    memory_total_bytes: tuple[Count | None, ...]
    power_w: tuple[Amount | None, ...]

    def contradiction(self) -> str | None:
        """Another number of GPUs in one list than in the next."""
        return lengths_differ(
            utilization_percent=self.utilization_percent,
            memory_used_bytes=self.memory_used_bytes,
            memory_total_bytes=self.memory_total_bytes,
            power_w=self.power_w,
        )


@dataclass(frozen=True)
class RankDescribed(Event, kind="rank-machine"):
    """The machine of another rank than 0, stated before its first sample of a session."""

    rank: Ordinal
    host: ShortText
    machine: MachineDescribed

    @property
    def text(self) -> str:
        """Where the rank is, in a word."""
        with_gpu = f", {self.machine.gpu}" if self.machine.gpu else ""
        return f"rank {self.rank} on {self.host}{with_gpu}"


@dataclass(frozen=True)
class RankSampled(Event, kind="rank-telemetry"):
    """One sample of the process and machine of another rank than 0, about once a second; what was
    done is what rank 0 did when it heard of it.
    """

    rank: Ordinal
    sample: TelemetrySampled


@dataclass(frozen=True)
class TelemetryEnded(Event, kind="telemetry-ended"):
    """The sampler has stopped: how regular it was and its cost. `error` is why, if it stopped
    before the run ended.
    """

    samples: Count
    missed: Count  # left out because the machine was busy when they were due
    elapsed_s: Amount
    cpu_s: Amount  # of the sampler's own thread
    on_time: Fraction | None  # share of the intervals within 20 ms of the requested one
    error: str | None = None
