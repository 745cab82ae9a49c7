"""Energy of windows of time, from the telemetry samples taken meanwhile.

An energy counter is interpolated between the times at which it was seen to change, so that a rarely
updated counter does not give one window nothing and the next one twice its energy. Where no counter
changes, sampled power is integrated instead, as `method` records. A window is measured once there
are samples from after its end.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from fftui.events import (
    Checkpointed,
    Event,
    MachineDescribed,
    RunFinished,
    RunStarted,
    StageKey,
    TelemetryEnded,
    TelemetrySampled,
    WindowMeasured,
)
from fftui.runs.frozen import changed

Source = Literal["gpu", "cpu"]
Method = Literal["counter", "integrated power", "both"]

UNCHANGED_S = 2.0  # after which a counter that has not changed is given up
GAP_S = 2.0  # between two samples, beyond which the energy between them is unknown
# a journal's times are rounded: the idle window starts with the first sample, or seems to just
# before
EDGE_S = 0.01
OVERLAP_S = 0.5  # by which windows may overlap
MAX_WAITING = 600  # windows that wait for a sample: a driver that hangs gives none
MEASURED_SHARE = 0.95  # of the time, for which the energy has to be measured
# of a curve; beyond, the older half is thinned, which only blurs the start of long windows
MAX_POINTS = 2000


@dataclass(frozen=True)
class Energy:
    """Joules drawn, the method of measurement, and the seconds that were measured."""

    joules: float
    method: Method
    measured_s: float

    def __add__(self, other: "Energy") -> "Energy":
        method: Method = self.method if self.method == other.method else "both"
        return Energy(self.joules + other.joules, method, self.measured_s + other.measured_s)

    @property
    def power_w(self) -> float | None:
        """Mean power over the measured time; None where nothing was measured."""
        return self.joules / self.measured_s if self.measured_s > 0 else None


@dataclass(frozen=True)
class WindowEnergy:
    """The energy of a window: of the GPU's board and of the CPU's packages; None where it was not
    measured.
    """

    window: WindowMeasured
    gpu: Energy | None
    cpu: Energy | None

    @property
    def usage(self) -> "Usage":
        """The window's time, images, steps and energy."""
        window = self.window
        return Usage(seconds_of(window), window.images, window.steps, self.gpu, self.cpu)


class Curve(NamedTuple):
    """Cumulative energy over time without a gap, as points (Unix seconds, joules)."""

    times: tuple[float, ...] = ()
    joules: tuple[float, ...] = ()

    def covers(self, window: WindowMeasured) -> bool:
        """Whether the curve spans the window, give or take the rounding of times."""
        if len(self.times) < 2:
            return False
        return (
            self.times[0] - EDGE_S <= window.began_at and window.ended_at <= self.times[-1] + EDGE_S
        )

    def between(self, window: WindowMeasured) -> float:
        """Joules drawn in a window that the curve covers."""
        return self._at(window.ended_at) - self._at(window.began_at)

    def with_point(self, at: float, joules: float) -> "Curve":
        """The curve with one more point, thinned if it has too many."""
        times, drawn = (*self.times, at), (*self.joules, joules)
        if len(times) > MAX_POINTS:
            half = MAX_POINTS // 2
            times, drawn = times[:half:2] + times[half:], drawn[:half:2] + drawn[half:]
        return Curve(times, drawn)

    def since(self, at: float) -> "Curve":
        """The curve without the points that are not needed for energies from Unix time `at` on."""
        first = max(0, bisect_right(self.times, at) - 1)
        return Curve(self.times[first:], self.joules[first:]) if first else self

    def _at(self, at: float) -> float:
        above = min(max(1, bisect_left(self.times, at)), len(self.times) - 1)
        t0, t1, j0, j1 = (*self.times[above - 1 : above + 1], *self.joules[above - 1 : above + 1])
        return j0 + (j1 - j0) * (at - t0) / (t1 - t0) if t1 > t0 else j1


NO_CURVE = Curve()


class SourceMeter(NamedTuple):
    """One source of energy: the curve of its counter, that of its integrated power, and the last
    values of both.
    """

    counter: Curve = NO_CURVE
    power: Curve = NO_CURVE
    counted_j: float | None = None  # of the last sample
    changed_at: float = 0.0  # Unix seconds at which the counter last changed
    power_w: float | None = None
    sampled_at: float = 0.0

    def sampled(self, at: float, counted_j: float | None, power_w: float | None) -> "SourceMeter":
        """The meter with one more sample, which is no earlier than the last one."""
        before = SourceMeter() if at - self.sampled_at > GAP_S else self
        counter, changed_at = before._counted(at, counted_j)
        return SourceMeter(
            counter, before._powered(at, power_w), counted_j, changed_at, power_w, at
        )

    def measured(self, window: WindowMeasured, *, last: bool) -> Energy | Literal["wait"] | None:
        """The window's energy; "wait" while the counter may yet change. `last`: no sample will
        follow.
        """
        if self.counter.covers(window):
            return Energy(self.counter.between(window), "counter", seconds_of(window))
        may_wait = not last and self.sampled_at - window.ended_at < UNCHANGED_S
        if may_wait and (self.counter.times or self.sampled_at < window.ended_at):
            return "wait"
        if not self.power.covers(window):
            return None
        return Energy(self.power.between(window), "integrated power", seconds_of(window))

    def since(self, at: float) -> "SourceMeter":
        """The meter without the points that are not needed for energies from Unix time `at` on."""
        return self._replace(counter=self.counter.since(at), power=self.power.since(at))

    def _counted(self, at: float, counted_j: float | None) -> tuple[Curve, float]:
        """The counter's curve with one more value, and the time at which it last changed."""
        if counted_j is None:
            return NO_CURVE, at
        # it restarted: the difference is unknown
        if self.counted_j is None or counted_j < self.counted_j:
            return Curve((at,), (counted_j,)), at
        if counted_j > self.counted_j:
            return self.counter.with_point(at, counted_j), at
        given_up = at - self.changed_at > UNCHANGED_S
        return NO_CURVE if given_up else self.counter, self.changed_at

    def _powered(self, at: float, power_w: float | None) -> Curve:
        """The curve of integrated power with one more value."""
        if power_w is None:
            return NO_CURVE
        if self.power_w is None or not self.power.times:
            return Curve((at,), (0.0,))
        drawn = self.power.joules[-1] + (at - self.power.times[-1]) * (power_w + self.power_w) / 2
        return self.power.with_point(at, drawn)


@dataclass(frozen=True)
class EnergyFold:
    """A fold over events that measures the energy of windows, in bounded memory.

    Each step gives the next fold and the windows whose energy is now measured.
    """

    gpu: SourceMeter = field(default_factory=SourceMeter)
    cpu: SourceMeter = field(default_factory=SourceMeter)
    waiting: tuple[WindowMeasured, ...] = ()
    ended_at: float = 0.0  # end of the newest window: the next one begins there at the earliest
    sampling: bool = False

    def after(self, at: float, event: Event) -> tuple["EnergyFold", tuple[WindowEnergy, ...]]:
        """The next fold and the windows measured, after `event` stated at Unix time `at`."""
        match event:
            case TelemetrySampled():
                gpu = self.gpu.sampled(at, event.gpu_energy_j, event.power_w)
                cpu = self.cpu.sampled(at, event.cpu_energy_j, None)
                sampled = changed(self, gpu=gpu, cpu=cpu)
                return sampled._measure() if self.waiting else (sampled, ())
            case WindowMeasured():
                ended_at = max(self.ended_at, event.ended_at)
                return changed(self, waiting=(*self.waiting, event), ended_at=ended_at)._measure()
            case MachineDescribed():  # a new sampler: its counters do not continue those of another
                return changed(self, gpu=SourceMeter(), cpu=SourceMeter(), sampling=True), ()
            case TelemetryEnded() | RunFinished():
                return changed(self, sampling=False)._measure()
            case _:
                return self, ()

    def _measure(self) -> tuple["EnergyFold", tuple[WindowEnergy, ...]]:
        measured: list[WindowEnergy] = []
        for number, window in enumerate(self.waiting):
            last = not self.sampling or len(self.waiting) - number > MAX_WAITING
            gpu, cpu = self.gpu.measured(window, last=last), self.cpu.measured(window, last=last)
            if gpu == "wait" or cpu == "wait":
                break
            measured.append(WindowEnergy(window, gpu, cpu))
        if not measured and len(self.waiting) > 1:
            return self, ()  # nothing more is to be forgotten
        waiting = self.waiting[len(measured) :]
        # Windows are timed by two clocks, so the next may begin a little before this one's end.
        needed_from = (waiting[0].began_at if waiting else self.ended_at) - OVERLAP_S
        trimmed = changed(
            self, waiting=waiting, gpu=self.gpu.since(needed_from), cpu=self.cpu.since(needed_from)
        )
        return trimmed, tuple(measured)


@dataclass(frozen=True)
class Usage:
    """The total time, images, steps and energy of some windows."""

    seconds: float = 0.0
    images: int = 0
    steps: int = 0
    gpu: Energy | None = None  # of those windows whose energy was measured; see `energy_of`
    cpu: Energy | None = None

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.seconds + other.seconds,
            self.images + other.images,
            self.steps + other.steps,
            _sum(self.gpu, other.gpu),
            _sum(self.cpu, other.cpu),
        )

    def partial_energy_of(self, source: Source) -> Energy | None:
        """The measured energy of `source`, which may cover only part of the time."""
        return self.gpu if source == "gpu" else self.cpu

    def energy_of(self, source: Source) -> Energy | None:
        """The energy of `source`; None unless nearly all of the time was measured."""
        energy = self.partial_energy_of(source)
        return (
            energy
            if energy is not None and energy.measured_s >= MEASURED_SHARE * self.seconds
            else None
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources whose energy was measured, the GPU first."""
        every: tuple[Source, ...] = ("gpu", "cpu")
        return tuple(source for source in every if self.energy_of(source) is not None)


@dataclass(frozen=True)
class UsageByStage:
    """The usage of each learning stage (preparation included), in order, and of all evaluations."""

    learning: tuple[tuple[StageKey, Usage], ...] = ()
    evaluating: Usage = Usage()

    def with_window(self, measured: WindowEnergy) -> "UsageByStage":
        """The usage with one more window, in which the machine was not idle."""
        usage, window = measured.usage, measured.window
        if window.doing == "evaluating":
            return changed(self, evaluating=self.evaluating + usage)
        stage, known = (window.phase, window.layer), dict(self.learning)
        return changed(
            self, learning=tuple({**known, stage: known.get(stage, Usage()) + usage}.items())
        )


@dataclass(frozen=True)
class EnergyAccount:
    """The time and energy that a run used: idle before it, learning, evaluating. A fold over its
    events.
    """

    windows: EnergyFold = field(default_factory=EnergyFold)
    idle: Usage = Usage()
    usage: UsageByStage = UsageByStage()
    saved: UsageByStage = UsageByStage()  # the part of `usage` before the last checkpoint
    saved_at: float = 0.0  # Unix seconds of the last checkpoint

    @property
    def learning(self) -> tuple[tuple[StageKey, Usage], ...]:
        """The usage of learning, by phase and layer."""
        return self.usage.learning

    @property
    def evaluating(self) -> Usage:
        """The usage of measuring accuracies."""
        return self.usage.evaluating

    @property
    def total(self) -> Usage:
        """The usage of learning in all stages."""
        return sum((usage for _, usage in self.learning), Usage())

    @property
    def source(self) -> Source | None:
        """The source to report: the GPU if its energy was measured, else the CPU; None where
        neither was.
        """
        return next(iter(self.total.sources), None)

    def summary(self) -> dict[str, float | str | None]:
        """The energy fields of a run's record."""
        source, total = self.source, self.total
        energy, idle = (
            (total.energy_of(source), self.idle.partial_energy_of(source))
            if source
            else (None, None)
        )
        return {
            "energy_j": energy.joules if energy else None,
            "energy_j_per_sample": energy.joules / total.images
            if energy and total.images
            else None,
            "energy_source": source,
            "energy_method": energy.method if energy else None,
            "idle_power_w": idle.power_w if idle else None,
        }

    def after(self, at: float, event: Event) -> "EnergyAccount":
        """The account after `event`, stated at Unix time `at`."""
        match event:
            case Checkpointed():
                return changed(self, saved=self.usage, saved_at=at)
            # learning since the checkpoint is lost and will be repeated
            case RunStarted(resumed=True):
                return changed(self, windows=EnergyFold(), usage=self.saved)
            case RunStarted():
                return EnergyAccount()
            case _:
                windows, measured = self.windows.after(at, event)
                account = self if windows is self.windows else changed(self, windows=windows)
                for each in measured:
                    account = account._with_window(each)
                return account

    def _with_window(self, measured: WindowEnergy) -> "EnergyAccount":
        if measured.window.doing == "rest":
            return changed(self, idle=self.idle + measured.usage)
        account = changed(self, usage=self.usage.with_window(measured))
        # its energy was not measured yet when the checkpoint was written
        if measured.window.ended_at <= self.saved_at:
            account = changed(account, saved=self.saved.with_window(measured))
        return account


def seconds_of(window: WindowMeasured) -> float:
    """Length of a window in seconds."""
    return window.ended_at - window.began_at


def _sum(one: Energy | None, other: Energy | None) -> Energy | None:
    return one + other if one and other else one or other
