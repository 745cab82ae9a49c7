"""`RunView`: everything a screen, a progress bar or a plain line shows of a run, as a fold over its events.

A view is frozen. `view.after(at, event)` is the next one, so a thread that trains can put a new view in place
while another reads the last: nobody waits, nobody sees half of a change.
"""

from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from itertools import accumulate
from typing import Literal

from fftui import events as ev
from fftui.format import missing_text
from fftui.runs.energy import Ledger
from fftui.runs.history import History

LayerState = Literal["waiting", "learning", "learned", "skipped"]
TELEMETRY_KEPT = 1200  # samples; two minutes at the default rate, `history` has them all
LOG_KEPT = 500  # lines


@dataclass(frozen=True)
class EpochView:
    """What one row made of an epoch.

    `accuracy` is of the network on training images. `epoch_s` is the wall time, `compute_s` time on the device and
    `data_s` for its images. Layers that learn in parallel all have the same: they are not to be summed over rows.
    """

    phase: int
    epoch: int
    loss: float
    goodness_positive: float | None = None
    goodness_negative: float | None = None
    threshold: float | None = None
    accuracy: float | None = None
    epoch_s: float | None = None
    compute_s: float | None = None
    data_s: float | None = None


@dataclass(frozen=True)
class Stretch:
    """What learns from one start to one end: a `layer`, the layers in `parallel`, or (neither) the network."""

    phase: int
    layer: int | None
    parallel: tuple[int, ...]
    epochs: int  # planned; once it has ended those it took
    layer_s: float | None = None  # time it took; None until it has ended

    @property
    def rows(self) -> tuple[int | None, ...]:
        """The numbers of the rows that learn."""
        return self.parallel or (self.layer,)


@dataclass(frozen=True)
class LayerView:
    """One row of the layer table. `number` counts from 1; None is the network as a whole (backprop).

    `layer_s` is None until the layer has learned, and where it learned in parallel with others (see `Stretch`).
    """

    number: int | None
    label: str
    state: LayerState = "waiting"
    phase: int | None = None
    epoch: int = 0
    epochs: int = 0
    threshold: float | None = None
    history: tuple[EpochView, ...] = ()
    accuracy: float | None = None  # of this layer's goodness alone, as last measured since it learned
    accuracy_split: str | None = None  # the images it was measured on
    layer_s: float | None = None

    @property
    def last(self) -> EpochView | None:
        """The last finished epoch."""
        return self.history[-1] if self.history else None

    @property
    def separation(self) -> float | None:
        """g⁺ − g⁻ of the last epoch: how far apart the layer holds positive and negative data."""
        if self.last is None or self.last.goodness_positive is None or self.last.goodness_negative is None:
            return None
        return self.last.goodness_positive - self.last.goodness_negative


@dataclass(frozen=True)
class LogLine:
    """One line of the log."""

    at: float
    text: str


@dataclass(frozen=True)
class RunView:
    """What is known of a run after some of its events."""

    started: ev.RunStarted | None = None
    started_at: float | None = None  # Unix seconds at which this sitting began, put off by the time it was paused
    now: float | None = None  # Unix seconds of the newest event
    status: ev.Status = "running"
    phase: ev.PhaseStarted | None = None
    layers: tuple[LayerView, ...] = ()
    stretches: tuple[Stretch, ...] = ()  # in the order in which they began
    current: int | None = None  # index into `layers` of the row that learns, the first where several do
    progress: ev.Stepped | None = None
    done_at_start: int = 0  # steps already done when this sitting began (a resumed run)
    skipped: tuple[tuple[int, int], ...] = ()  # steps (from, up to) that count as done and took this sitting no time
    evaluations: tuple[ev.Evaluated, ...] = ()
    telemetry: tuple[ev.TelemetrySampled, ...] = ()
    history: History = field(default_factory=History)
    machine: ev.MachineDescribed | None = None
    missing: tuple[tuple[str, str], ...] = ()  # figures that are not told, and why
    other_gpus: ev.OtherGpusSampled | None = None
    sampler: ev.TelemetryEnded | None = None  # how the last sitting's sampler ended
    ledger: Ledger = field(default_factory=Ledger)
    log: tuple[LogLine, ...] = ()
    result: ev.RunFinished | None = None
    paused_at: float | None = None  # Unix seconds, while the run waits

    @property
    def fraction(self) -> float:
        """How much of the run's steps is done, 0 to 1."""
        if self.status == "finished":
            return 1.0
        return self.progress.done / self.progress.total if self.progress and self.progress.total else 0.0

    @property
    def learning(self) -> tuple[LayerView, ...]:
        """The rows that learn now: several where layers learn in parallel."""
        return tuple(row for row in self.layers if row.state == "learning")

    @property
    def head(self) -> ev.Evaluated | None:
        """The newest measurement of the softmax head in this phase; None where no head learns beside the layers."""
        phase = self.phase.phase if self.phase else None
        measured = (e for e in reversed(self.evaluations) if e.phase == phase and e.head_accuracy is not None)
        return next(measured, None)

    def stretch(self, phase: int, layer: int | None) -> Stretch | None:
        """The stretch in which `layer` (None: several, or the network) learned in `phase`."""
        return next((s for s in self.stretches if (s.phase, s.layer) == (phase, layer)), None)

    def time_left_s(self) -> float | None:
        """Seconds until the last step at this sitting's mean pace, by what steps cost; None before the first step."""
        if self.progress is None or self.started_at is None or self.now is None or self.status != "running":
            return None
        spent = self._cost(self.done_at_start, self.progress.done)
        spent -= sum(self._cost(begin, min(end, self.progress.done)) for begin, end in self.skipped)
        if spent <= 0:
            return None
        return (self.now - self.started_at) / spent * self._cost(self.progress.done, self.progress.total)

    def _cost(self, begin: int, end: int) -> float:
        """What the steps from `begin` to `end` cost, layers told apart; as many as they are where nothing tells."""
        if self.started is None or not self.started.step_costs:
            return end - begin
        cost, before = 0.0, 0
        for steps, each in zip(self.started.stretch_steps, self.started.step_costs, strict=False):
            cost += max(0, min(end, before + steps) - max(begin, before)) * each
            before += steps
        return cost

    def _end_of_stretch(self) -> int:
        """The step with which the stretch of the last step ends."""
        done = self.progress.done if self.progress else 0
        ends = accumulate(self.started.stretch_steps) if self.started else ()
        return next((end for end in ends if end >= done), done)

    def after(self, at: float, event: ev.Event) -> "RunView":
        """The view once `event`, stated at Unix time `at`, is known."""
        return replace(self._fold(event, at), now=at, ledger=self.ledger.after(at, event))

    @singledispatchmethod
    def _fold(self, event: ev.Event, at: float) -> "RunView":
        return self

    @_fold.register(ev.RunStarted)
    def _(self, event: ev.RunStarted, at: float) -> "RunView":
        fresh = RunView(
            started=event,
            started_at=at,
            layers=tuple(LayerView(n, label) for n, label in enumerate(event.layers, 1)),
            log=self.log,
        )
        view = fresh if not event.resumed or not self.layers else self._resumed(event, at)
        return view._logged(at, f"{'resumed' if event.resumed else 'started'} on {event.device}, {event.precision}")

    @_fold.register(ev.PhaseStarted)
    def _(self, event: ev.PhaseStarted, at: float) -> "RunView":
        return replace(self, phase=event)._logged(at, f"phase {event.phase}: {event.rule}")

    @_fold.register(ev.LayerStarted)
    def _(self, event: ev.LayerStarted, at: float) -> "RunView":
        stretch = Stretch(event.phase, event.layer, event.parallel, event.epochs)
        view = replace(self, stretches=(*(s for s in self.stretches if not _same_start(s, stretch)), stretch))
        view = view._with_stale_forgotten(event)
        for number in reversed(stretch.rows):  # the first is the current one
            view = view._with_row_for(number)._updated(
                number,
                state="learning",
                phase=event.phase,
                epochs=event.epochs,
                threshold=event.threshold,
                layer_s=None,
                current=True,
            )
        return view

    @_fold.register(ev.Stepped)
    def _(self, event: ev.Stepped, at: float) -> "RunView":
        # A checkpoint may be older than the last step in the journal: what was lost is done again.
        return replace(self, progress=event, done_at_start=min(self.done_at_start, event.done - 1))

    @_fold.register(ev.LayerMeans)
    def _(self, event: ev.LayerMeans, at: float) -> "RunView":
        return self._with_epoch(event.layer, _epoch_of(event))

    @_fold.register(ev.EpochFinished)
    def _(self, event: ev.EpochFinished, at: float) -> "RunView":
        stretch = self.stretch(event.phase, event.layer)
        if stretch is None or not stretch.parallel:
            return self._with_epoch(event.layer, _of_all(_epoch_of(event), event))
        view = self
        for number in stretch.parallel:
            row = view._row(number)
            last = row.last if row else None
            if row and last and (last.phase, last.epoch) == (event.phase, event.epoch):
                view = view._updated(number, history=(*row.history[:-1], _of_all(last, event)))
        return view

    @_fold.register(ev.LayerFinished)
    def _(self, event: ev.LayerFinished, at: float) -> "RunView":
        stretch = self.stretch(event.phase, event.layer) or Stretch(event.phase, event.layer, (), event.epochs)
        ended = replace(stretch, epochs=event.epochs, layer_s=event.layer_s)
        view = replace(self, stretches=tuple(ended if s is stretch else s for s in self.stretches))
        for number in stretch.rows:
            own_s = None if stretch.parallel else event.layer_s
            view = view._updated(number, state="skipped" if event.skipped else "learned", layer_s=own_s)
        end = "skipped" if event.skipped else "learned"
        if event.skipped and self.progress is not None:
            view = replace(view, skipped=(*view.skipped, (self.progress.done, self._end_of_stretch())))
        return view._logged(at, f"{_name(stretch)} {end} after {event.epochs} epochs")

    @_fold.register(ev.Evaluated)
    def _(self, event: ev.Evaluated, at: float) -> "RunView":
        measured = (event.phase, event.layer, event.epoch, event.split, event.final)
        others = (e for e in self.evaluations if (e.phase, e.layer, e.epoch, e.split, e.final) != measured)
        view = replace(self, evaluations=(*others, event))
        for number, accuracy in enumerate(event.layer_accuracies, 1):
            view = view._updated(number, accuracy=accuracy, accuracy_split=event.split)
        if event.layer is None and not event.layer_accuracies:
            view = view._updated(None, accuracy=event.accuracy, accuracy_split=event.split)
        if event.final:
            view = view._logged(at, f"{event.split} accuracy {event.accuracy:.2%}")
        return view

    @_fold.register(ev.TelemetrySampled)
    def _(self, event: ev.TelemetrySampled, at: float) -> "RunView":
        kept = (*self.telemetry[-TELEMETRY_KEPT + 1 :], event)
        return replace(self, telemetry=kept, history=self.history.sampled(at, event))

    @_fold.register(ev.MachineDescribed)
    def _(self, event: ev.MachineDescribed, at: float) -> "RunView":
        return replace(self, machine=event, missing=(), other_gpus=None, sampler=None)

    @_fold.register(ev.FiguresMissing)
    def _(self, event: ev.FiguresMissing, at: float) -> "RunView":
        known = dict(self.missing) | dict.fromkeys(event.figures, event.reason)
        return replace(self, missing=tuple(known.items()))._logged(at, missing_text(event.figures, event.reason))

    @_fold.register(ev.OtherGpusSampled)
    def _(self, event: ev.OtherGpusSampled, at: float) -> "RunView":
        return replace(self, other_gpus=event)

    @_fold.register(ev.TelemetryEnded)
    def _(self, event: ev.TelemetryEnded, at: float) -> "RunView":
        view = replace(self, sampler=event)
        return view._logged(at, f"telemetry ended: {event.error}") if event.error else view

    @_fold.register(ev.Checkpointed)
    def _(self, event: ev.Checkpointed, at: float) -> "RunView":
        return self._logged(at, "checkpoint written")

    @_fold.register(ev.StatusChanged)
    def _(self, event: ev.StatusChanged, at: float) -> "RunView":
        view = replace(self, status=event.status, paused_at=at if event.status == "paused" else None)
        if self.paused_at is not None and self.started_at is not None and event.status == "running":
            view = replace(view, started_at=self.started_at + (at - self.paused_at))  # waiting is not pace
        return view._logged(at, event.status)

    @_fold.register(ev.Noted)
    def _(self, event: ev.Noted, at: float) -> "RunView":
        return self._logged(at, event.message)

    @_fold.register(ev.RunFinished)
    def _(self, event: ev.RunFinished, at: float) -> "RunView":
        text = f"{event.status}: {event.error}" if event.error else event.status
        return replace(self._at_rest(), status=event.status, result=event)._logged(at, text)

    def _resumed(self, event: ev.RunStarted, at: float) -> "RunView":
        """What was learned stands; what was being learned starts again from the checkpoint."""
        done = self.progress.done if self.progress else 0
        return replace(
            self._at_rest(),
            started=event,
            started_at=at,
            status="running",
            result=None,
            paused_at=None,
            done_at_start=done,
            skipped=(),
        )

    def _at_rest(self) -> "RunView":
        """What was being learned waits for whoever goes on with it."""
        rows = tuple(replace(row, state="waiting") if row.state == "learning" else row for row in self.layers)
        return replace(self, layers=rows, current=None)

    def _with_epoch(self, number: int | None, epoch: EpochView) -> "RunView":
        row = self._row(number)
        if row is None:
            return self
        # A resumed run states an epoch again when the checkpoint was older than the journal: the later one counts.
        kept = tuple(e for e in row.history if (e.phase, e.epoch) < (epoch.phase, epoch.epoch))
        return self._updated(number, epoch=epoch.epoch, threshold=epoch.threshold, history=(*kept, epoch))

    def _row(self, number: int | None) -> LayerView | None:
        return next((row for row in self.layers if row.number == number), None)

    def _with_row_for(self, number: int | None) -> "RunView":
        """Backprop trains all layers at once: it gets a row of its own, `network`, behind theirs."""
        if self._row(number) is not None:
            return self
        return replace(self, layers=(*self.layers, LayerView(number, "network")))

    def _with_stale_forgotten(self, event: ev.LayerStarted) -> "RunView":
        """Another phase changes what it learns, and all that stands on it: what was measured no longer holds."""
        rows = tuple(
            replace(row, accuracy=None, accuracy_split=None)
            if row.phase != event.phase and (event.layer is None or row.number is None or row.number >= event.layer)
            else row
            for row in self.layers
        )
        return replace(self, layers=rows)

    def _updated(self, number: int | None, *, current: bool = False, **changes: object) -> "RunView":
        index = next((i for i, row in enumerate(self.layers) if row.number == number), None)
        if index is None:
            return self
        rows = list(self.layers)
        rows[index] = replace(rows[index], **changes)  # type: ignore[arg-type]  # names checked by every caller's test
        return replace(self, layers=tuple(rows), current=index if current else self.current)

    def _logged(self, at: float, text: str) -> "RunView":
        return replace(self, log=(*self.log[-LOG_KEPT + 1 :], LogLine(at, text)))


def _epoch_of(event: ev.EpochFinished | ev.LayerMeans) -> EpochView:
    return EpochView(
        phase=event.phase,
        epoch=event.epoch,
        loss=event.loss,
        goodness_positive=event.goodness_positive,
        goodness_negative=event.goodness_negative,
        threshold=event.threshold,
    )


def _of_all(epoch: EpochView, event: ev.EpochFinished) -> EpochView:
    """With what is of the epoch as a whole."""
    return replace(
        epoch, accuracy=event.accuracy, epoch_s=event.epoch_s, compute_s=event.compute_s, data_s=event.data_s
    )


def _same_start(one: Stretch, other: Stretch) -> bool:
    """Whether a resumed run goes on with what it had begun."""
    return (one.phase, one.layer) == (other.phase, other.layer)


def _name(stretch: Stretch) -> str:
    if stretch.parallel:
        return f"{len(stretch.parallel)} layers in parallel"
    return "the network" if stretch.layer is None else f"layer {stretch.layer}"
