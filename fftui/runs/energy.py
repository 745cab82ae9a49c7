"""Energy of windows of time, from samples that were taken beside them.

An energy counter is held against the windows by interpolation between the moments at which it was seen to move, so
that a counter which moves rarely gives no window nothing and the next one twice. Where none moves, sampled power is
integrated instead, and the method says so. A window is settled once there are samples from beyond its end.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from typing import Literal

from fftui.events import (
    Checkpointed,
    Event,
    MachineDescribed,
    RunFinished,
    RunStarted,
    TelemetryEnded,
    TelemetrySampled,
    WindowMeasured,
)

Source = Literal["gpu", "cpu"]
Method = Literal["counter", "integrated power", "both"]
Place = tuple[int | None, int | None]  # phase and layer

STILL_S = 2.0  # without moving, until a counter is no longer waited for
GAP_S = 2.0  # between two samples, over which nothing is known
EDGE_S = 0.01  # a journal's times are rounded: rest begins with the first sample, and may seem to begin before it
OVERLAP_S = 0.5  # by which windows may overlap
WAITING = 600  # windows that wait for a sample at most: a driver that hangs gives none
KNOWN = 0.95  # share of the time that an energy has to be known of
KEPT = 2000  # points of a curve; the older half is thinned beyond, which only blurs where long windows begin


@dataclass(frozen=True)
class Energy:
    """Joules drawn, how they were found, and the seconds that they were found for."""

    joules: float
    method: Method
    measured_s: float

    def __add__(self, other: "Energy") -> "Energy":
        method: Method = self.method if self.method == other.method else "both"
        return Energy(self.joules + other.joules, method, self.measured_s + other.measured_s)

    @property
    def power_w(self) -> float | None:
        """Mean power."""
        return self.joules / self.measured_s if self.measured_s > 0 else None


@dataclass(frozen=True)
class Settled:
    """What is known of a window's energy: the GPU's board, the packages of the CPU; None where it was not told."""

    window: WindowMeasured
    gpu: Energy | None
    cpu: Energy | None

    @property
    def spent(self) -> "Spent":
        """What was spent in it."""
        window = self.window
        return Spent(seconds_of(window), window.images, window.steps, self.gpu, self.cpu)


@dataclass(frozen=True)
class Curve:
    """Joules added up over time without a gap, as points (Unix seconds, joules)."""

    times: tuple[float, ...] = ()
    joules: tuple[float, ...] = ()

    def covers(self, window: WindowMeasured) -> bool:
        """Whether it is known from the window's beginning to its end, but for what rounding may hide."""
        if len(self.times) < 2:
            return False
        return self.times[0] - EDGE_S <= window.began_at and window.ended_at <= self.times[-1] + EDGE_S

    def between(self, window: WindowMeasured) -> float:
        """Joules drawn in a window that it covers."""
        return self._at(window.ended_at) - self._at(window.began_at)

    def with_point(self, at: float, joules: float) -> "Curve":
        """One point longer."""
        times, drawn = (*self.times, at), (*self.joules, joules)
        if len(times) > KEPT:
            half = KEPT // 2
            times, drawn = times[:half:2] + times[half:], drawn[:half:2] + drawn[half:]
        return Curve(times, drawn)

    def since(self, at: float) -> "Curve":
        """Without the points that are not needed to tell what was drawn from `at` on."""
        first = max(0, bisect_right(self.times, at) - 1)
        return Curve(self.times[first:], self.joules[first:]) if first else self

    def _at(self, at: float) -> float:
        above = min(max(1, bisect_left(self.times, at)), len(self.times) - 1)
        t0, t1, j0, j1 = (*self.times[above - 1 : above + 1], *self.joules[above - 1 : above + 1])
        return j0 + (j1 - j0) * (at - t0) / (t1 - t0) if t1 > t0 else j1


@dataclass(frozen=True)
class Meter:
    """One source: the curve of its counter, the curve of its integrated power, and where both stand."""

    counter: Curve = Curve()
    power: Curve = Curve()
    counted_j: float | None = None  # as last seen
    moved_at: float = 0.0
    power_w: float | None = None
    seen_at: float = 0.0

    def seen(self, at: float, counted_j: float | None, power_w: float | None) -> "Meter":
        """After one more sample, whose time is not before the last one's."""
        gap = at - self.seen_at > GAP_S
        meter = replace(self, counter=Curve(), power=Curve(), counted_j=None, power_w=None) if gap else self
        return replace(meter._counted(at, counted_j), seen_at=at)._powered(at, power_w)

    def settled(self, window: WindowMeasured, *, last: bool) -> Energy | Literal["wait"] | None:
        """The window's energy; "wait" while a counter may still move. `last`: no sample will follow."""
        if self.counter.covers(window):
            return Energy(self.counter.between(window), "counter", seconds_of(window))
        patient = not last and self.seen_at - window.ended_at < STILL_S
        if patient and (self.counter.times or self.seen_at < window.ended_at):
            return "wait"
        if not self.power.covers(window):
            return None
        return Energy(self.power.between(window), "integrated power", seconds_of(window))

    def since(self, at: float) -> "Meter":
        """Without what is no longer needed."""
        return replace(self, counter=self.counter.since(at), power=self.power.since(at))

    def _counted(self, at: float, counted_j: float | None) -> "Meter":
        before = self.counted_j
        if counted_j is None or before is None or counted_j < before:  # a counter that begins anew says nothing of this
            start = Curve() if counted_j is None else Curve((at,), (counted_j,))
            return replace(self, counter=start, counted_j=counted_j, moved_at=at)
        if counted_j > before:
            return replace(self, counter=self.counter.with_point(at, counted_j), counted_j=counted_j, moved_at=at)
        return replace(self, counter=Curve()) if at - self.moved_at > STILL_S else self

    def _powered(self, at: float, power_w: float | None) -> "Meter":
        if power_w is None:
            return replace(self, power=Curve(), power_w=None)
        if self.power_w is None or not self.power.times:
            return replace(self, power=Curve((at,), (0.0,)), power_w=power_w)
        drawn = self.power.joules[-1] + (at - self.power.times[-1]) * (power_w + self.power_w) / 2
        return replace(self, power=self.power.with_point(at, drawn), power_w=power_w)


@dataclass(frozen=True)
class Metering:
    """A fold over events that settles the energy of windows, in bounded memory.

    Each step gives the next metering and the windows that are settled by it.
    """

    gpu: Meter = field(default_factory=Meter)
    cpu: Meter = field(default_factory=Meter)
    waiting: tuple[WindowMeasured, ...] = ()
    ended_at: float = 0.0  # the newest window's end: the next one begins there at the earliest
    sampling: bool = False

    def after(self, at: float, event: Event) -> tuple["Metering", tuple[Settled, ...]]:
        """After `event`, stated at Unix time `at`."""
        match event:
            case TelemetrySampled():
                gpu = self.gpu.seen(at, event.gpu_energy_j, event.power_w)
                cpu = self.cpu.seen(at, event.cpu_energy_j, None)
                return replace(self, gpu=gpu, cpu=cpu)._settle()
            case WindowMeasured(began_at=float() | int(), ended_at=float() | int()):  # a journal may hold none
                ended_at = max(self.ended_at, event.ended_at)
                return replace(self, waiting=(*self.waiting, event), ended_at=ended_at)._settle()
            case MachineDescribed():  # a sampler begins: what another has counted does not go on
                return replace(self, gpu=Meter(), cpu=Meter(), sampling=True), ()
            case TelemetryEnded() | RunFinished():
                return replace(self, sampling=False)._settle()
            case _:
                return self, ()

    def _settle(self) -> tuple["Metering", tuple[Settled, ...]]:
        settled: list[Settled] = []
        for number, window in enumerate(self.waiting):
            last = not self.sampling or len(self.waiting) - number > WAITING
            gpu, cpu = self.gpu.settled(window, last=last), self.cpu.settled(window, last=last)
            if gpu == "wait" or cpu == "wait":
                break
            settled.append(Settled(window, gpu, cpu))
        waiting = self.waiting[len(settled) :]
        # Two clocks make windows, so the next may begin a little before this one's end.
        needed_from = (waiting[0].began_at if waiting else self.ended_at) - OVERLAP_S
        trimmed = replace(self, waiting=waiting, gpu=self.gpu.since(needed_from), cpu=self.cpu.since(needed_from))
        return trimmed, tuple(settled)


@dataclass(frozen=True)
class Spent:
    """What windows come to together: seconds, images, steps and energy."""

    seconds: float = 0.0
    images: int = 0
    steps: int = 0
    gpu: Energy | None = None  # of the windows that it is known of; see `of`
    cpu: Energy | None = None

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.seconds + other.seconds,
            self.images + other.images,
            self.steps + other.steps,
            _sum(self.gpu, other.gpu),
            _sum(self.cpu, other.cpu),
        )

    def known(self, source: Source) -> Energy | None:
        """What is known of the energy of `source`, of some of the time perhaps."""
        return self.gpu if source == "gpu" else self.cpu

    def of(self, source: Source) -> Energy | None:
        """The energy of `source`; None unless it is known of nearly all the time: part of an energy is no energy."""
        energy = self.known(source)
        return energy if energy is not None and energy.measured_s >= KNOWN * self.seconds else None

    @property
    def sources(self) -> tuple[Source, ...]:
        """Those whose energy is known, the GPU first."""
        every: tuple[Source, ...] = ("gpu", "cpu")
        return tuple(source for source in every if self.of(source) is not None)


@dataclass(frozen=True)
class Booked:
    """What was spent on learning by phase and layer, preparing included, in the order in which it was learned; and on
    evaluating."""

    learning: tuple[tuple[Place, Spent], ...] = ()
    evaluating: Spent = Spent()

    def with_window(self, settled: Settled) -> "Booked":
        """With a window more, in which the machine was not idle."""
        spent, window = settled.spent, settled.window
        if window.doing == "evaluating":
            return replace(self, evaluating=self.evaluating + spent)
        place, known = (window.phase, window.layer), dict(self.learning)
        return replace(self, learning=tuple({**known, place: known.get(place, Spent()) + spent}.items()))


@dataclass(frozen=True)
class Ledger:
    """What a run has spent: idle before it, learning, evaluating. A fold over its events."""

    metering: Metering = field(default_factory=Metering)
    idle: Spent = Spent()
    booked: Booked = Booked()
    saved: Booked = Booked()  # of it what ended before the last checkpoint
    saved_at: float = 0.0  # Unix seconds

    @property
    def learning(self) -> tuple[tuple[Place, Spent], ...]:
        """What was spent on learning, by phase and layer."""
        return self.booked.learning

    @property
    def evaluating(self) -> Spent:
        """What was spent on measuring accuracies."""
        return self.booked.evaluating

    @property
    def total(self) -> Spent:
        """All that was spent on learning."""
        return sum((spent for _, spent in self.learning), Spent())

    @property
    def source(self) -> Source | None:
        """The source that is told of first: the GPU if its energy is known, else the CPU; None where neither is."""
        return next(iter(self.total.sources), None)

    def summary(self) -> dict[str, float | str | None]:
        """What a run's record holds of it."""
        source, total = self.source, self.total
        energy, rest = (total.of(source), self.idle.known(source)) if source else (None, None)
        return {
            "energy_j": energy.joules if energy else None,
            "energy_j_per_sample": energy.joules / total.images if energy and total.images else None,
            "energy_source": source,
            "energy_method": energy.method if energy else None,
            "idle_power_w": rest.power_w if rest else None,
        }

    def after(self, at: float, event: Event) -> "Ledger":
        """After `event`, stated at Unix time `at`."""
        match event:
            case Checkpointed():
                return replace(self, saved=self.booked, saved_at=at)
            case RunStarted(resumed=True):  # what was learned since the checkpoint is lost, and learned again
                return replace(self, metering=Metering(), booked=self.saved)
            case RunStarted():
                return Ledger()
            case _:
                metering, settled = self.metering.after(at, event)
                ledger = self if metering is self.metering else replace(self, metering=metering)
                for each in settled:
                    ledger = ledger._with_window(each)
                return ledger

    def _with_window(self, settled: Settled) -> "Ledger":
        if settled.window.doing == "idle":
            return replace(self, idle=self.idle + settled.spent)
        ledger = replace(self, booked=self.booked.with_window(settled))
        if settled.window.ended_at <= self.saved_at:  # its energy was not known yet when the checkpoint was written
            ledger = replace(ledger, saved=self.saved.with_window(settled))
        return ledger


def seconds_of(window: WindowMeasured) -> float:
    """How long it is."""
    return window.ended_at - window.began_at


def _sum(one: Energy | None, other: Energy | None) -> Energy | None:
    return one + other if one and other else one or other
