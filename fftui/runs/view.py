"""`RunView`: everything a screen, a progress bar or a plain line shows of a run, as a fold over its
events.

A view is frozen. `view.after(at, event)` is the next one, so a training thread can replace the view
while another thread reads the last one: nobody waits, nobody sees half of a change.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from fftui import events as ev
from fftui.runs.energy import EnergyAccount
from fftui.runs.frozen import Recent, changed
from fftui.runs.history import History
from fftui.runs.layer_view import EpochPart, EpochView, LayerState, LayerView, Stage
from fftui.runs.memory import MemoryAccount, used_percents

TELEMETRY_KEPT = 1200  # samples; two minutes at the default rate
LOG_KEPT = 500  # lines
PARTS_KEPT = 720  # of an epoch under way: an hour at one in five seconds


@dataclass(frozen=True)
class LogLine:
    """One line of the log."""

    at: float
    text: str


@dataclass(frozen=True)
class RunView:
    """The state of a run after some of its events, as it is shown."""

    started: ev.RunStarted | None = None
    # Unix seconds at which this session began, plus the time it was paused
    started_at: float | None = None
    now: float | None = None  # Unix seconds of the newest event
    status: ev.Status = "running"
    phase: ev.PhaseStarted | None = None
    layers: tuple[LayerView, ...] = ()
    stages: tuple[Stage, ...] = ()  # in the order in which they began
    # index into `layers` of the row that learns, the first where several do
    current: int | None = None
    progress: ev.Stepped | None = None
    done_at_start: int = 0  # steps already done when this session began (a resumed run)
    # steps (from, up to) that count as done and took this session no time
    skipped: tuple[tuple[int, int], ...] = ()
    evaluations: tuple[ev.Evaluated, ...] = ()
    # the newest samples; `history` has them all
    telemetry: Recent[ev.TelemetrySampled] = field(default_factory=Recent)
    history: History = field(default_factory=History)
    machine: ev.MachineDescribed | None = None
    missing: tuple[tuple[str, str], ...] = ()  # metrics that are not available, and why
    other_gpus: ev.OtherGpusSampled | None = None
    sampler: ev.TelemetryEnded | None = None  # the end of the last session's sampler
    energy: EnergyAccount = field(default_factory=EnergyAccount)
    memory: MemoryAccount = field(default_factory=MemoryAccount)
    log: tuple[LogLine, ...] = ()
    divergence: ev.LayerDiverged | None = None  # why the run failed
    chosen: ev.LayersChosen | None = None  # the layers that predict, where they are chosen
    result: ev.RunFinished | None = None
    paused_at: float | None = None  # Unix seconds, while the run waits

    @property
    def fraction(self) -> float:
        """The fraction of the run's steps that is done, 0 to 1."""
        if self.status == "finished":
            return 1.0
        return (
            self.progress.done / self.progress.total
            if self.progress and self.progress.total
            else 0.0
        )

    @property
    def measuring(self) -> bool:
        """Whether accuracies are measured: nothing is left to learn in this phase."""
        step, rows = self.progress, self.layers
        learned = bool(rows) and all(row.state in ("learned", "skipped") for row in rows)
        over = step is not None and step.done >= step.total > 0
        return self.status == "running" and not self.learning and (learned or over)

    @property
    def doing(self) -> str:
        """Learning or measuring while the run is running; else its status."""
        if self.status != "running":
            return self.status
        return "measuring" if self.measuring else "learning"

    @property
    def elapsed_s(self) -> float | None:
        """Seconds of this session, without those of a pause."""
        until = self.now if self.paused_at is None else self.paused_at
        begun = self.started_at
        return None if until is None or begun is None else max(0.0, until - begun)

    @property
    def diverged(self) -> bool:
        """Whether the loss of any layer is not a finite number."""
        return any(layer.diverged for layer in self.layers)

    @property
    def learning(self) -> tuple[LayerView, ...]:
        """The rows that are learning: several where layers learn in parallel."""
        return tuple(row for row in self.layers if row.state == "learning")

    @property
    def head(self) -> ev.Evaluated | None:
        """The newest measurement of the softmax head in this phase; None where no head learns
        beside the layers.
        """
        phase = self.phase.phase if self.phase else None
        measured = (
            e
            for e in reversed(self.evaluations)
            if e.phase == phase and e.head_accuracy is not None
        )
        return next(measured, None)

    def stage(self, phase: int, layer: int | None) -> Stage | None:
        """The stage in which `layer` (None: several layers, or the network) learns in `phase`; None
        if not begun.
        """
        return next((s for s in self.stages if (s.phase, s.layer) == (phase, layer)), None)

    def time_left_s(self) -> float | None:
        """Seconds until the last step, at this session's mean time per step cost; None before the
        first step.
        """
        if (
            self.progress is None
            or self.started_at is None
            or self.now is None
            or self.status != "running"
        ):
            return None
        spent = self._cost(self.done_at_start, self.progress.done)
        spent -= sum(self._cost(begin, min(end, self.progress.done)) for begin, end in self.skipped)
        if spent <= 0:
            return None
        return (
            (self.now - self.started_at)
            / spent
            * self._cost(self.progress.done, self.progress.total)
        )

    def memory_summary(self) -> dict[str, float | None]:
        """The memory fields of a run's record."""
        last = self.telemetry[-1] if self.telemetry else None
        return {**self.memory.summary(), **used_percents(self.history, last, self.machine)}

    def _cost(self, begin: int, end: int) -> float:
        """The relative cost of the steps from `begin` to `end`; their number where their costs are
        unknown.
        """
        if self.started is None or not self.started.step_costs:
            return end - begin
        cost, before = 0.0, 0
        for steps, each in zip(self.started.stage_steps, self.started.step_costs, strict=False):
            cost += max(0, min(end, before + steps) - max(begin, before)) * each
            before += steps
        return cost

    def _end_of_stage(self) -> int:
        """The number of the last step of the current stage."""
        done = self.progress.done if self.progress else 0
        ends = accumulate(self.started.stage_steps) if self.started else ()
        return next((end for end in ends if end >= done), done)

    def after(self, at: float, event: ev.Event) -> "RunView":
        """The view after `event`, stated at Unix time `at`."""
        fold = _FOLDS.get(type(event))
        view = self if fold is None else fold(self, event, at)
        return changed(view, now=at, energy=self.energy.after(at, event))

    def _after_run_started(self, event: ev.RunStarted, at: float) -> "RunView":
        fresh = RunView(
            started=event,
            started_at=at,
            layers=tuple(LayerView(n, label) for n, label in enumerate(event.layers, 1)),
            memory=MemoryAccount(event.memory_before_bytes),
            log=self.log,
        )
        view = fresh if not event.resumed or not self.layers else self._resumed(event, at)
        return view._logged(
            at, f"{'resumed' if event.resumed else 'started'} on {event.device}, {event.precision}"
        )

    def _after_phase_started(self, event: ev.PhaseStarted, at: float) -> "RunView":
        return replace(self, phase=event)._logged(at, f"phase {event.phase}: {event.rule}")

    def _after_layer_started(self, event: ev.LayerStarted, at: float) -> "RunView":
        stage = Stage(event.phase, event.layer, event.parallel, event.epochs)
        view = replace(self, stages=(*(s for s in self.stages if not _same_stage(s, stage)), stage))
        view = view._without_outdated_accuracies(event)
        for number in reversed(stage.rows):  # the first is the current one
            view = view._with_row_for(number)._updated(
                number,
                state="learning",
                phase=event.phase,
                epochs=event.epochs,
                threshold=event.threshold,
                layer_s=None,
                under_way=(),
                current=True,
            )
        return view

    def _after_stepped(self, event: ev.Stepped, at: float) -> "RunView":
        # A checkpoint may be older than the last step in the journal: what was lost is done again.
        return changed(self, progress=event, done_at_start=min(self.done_at_start, event.done - 1))

    def _after_means_so_far(self, event: ev.MeansSoFar, at: float) -> "RunView":
        row = self._row(event.layer)
        if row is None:
            return self
        part = EpochPart(
            event.epoch - 1 + event.step / event.steps,
            event.loss,
            event.goodness_positive,
            event.goodness_negative,
        )
        # a resumed run does again what its checkpoint did not hold
        before = tuple(each for each in row.under_way if each.at < part.at)
        return self._updated(event.layer, under_way=(*before[-PARTS_KEPT + 1 :], part))

    def _after_layer_means(self, event: ev.LayerMeans, at: float) -> "RunView":
        return self._with_epoch(event.layer, _epoch_of(event))

    def _after_epoch_finished(self, event: ev.EpochFinished, at: float) -> "RunView":
        stage = self.stage(event.phase, event.layer)
        if stage is None or not stage.parallel:
            return self._with_epoch(event.layer, _with_shared(_epoch_of(event), event))
        view = self
        for number in stage.parallel:
            row = view._row(number)
            last = row.last if row else None
            if row and last and (last.phase, last.epoch) == (event.phase, event.epoch):
                view = view._updated(number, history=(*row.history[:-1], _with_shared(last, event)))
        return view

    def _after_layer_finished(self, event: ev.LayerFinished, at: float) -> "RunView":
        stage = self.stage(event.phase, event.layer) or Stage(
            event.phase, event.layer, (), event.epochs
        )
        ended = replace(stage, epochs=event.epochs, layer_s=event.layer_s)
        view = replace(
            self,
            stages=tuple(ended if s is stage else s for s in self.stages),
            memory=self.memory.with_peak(event.peak_memory_bytes),
        )
        for number in stage.rows:
            own_s = None if stage.parallel else event.layer_s
            state = "skipped" if event.skipped else "learned"
            view = view._updated(number, state=state, layer_s=own_s, under_way=())
        if event.ended_early and self.progress is not None:
            view = replace(
                view, skipped=(*view.skipped, (self.progress.done, self._end_of_stage()))
            )
        return view._logged(at, f"{_name(stage)} {event.text}")

    def _after_layer_diverged(self, event: ev.LayerDiverged, at: float) -> "RunView":
        view = replace(self, divergence=event)
        learning = [row.number for row in self.learning]
        for number in [event.layer] if event.layer in learning else learning:
            view = view._updated(number, state="diverged")
        return view._logged(at, event.text)

    def _after_layers_chosen(self, event: ev.LayersChosen, at: float) -> "RunView":
        return replace(self, chosen=event)._logged(at, event.text)

    def _after_evaluated(self, event: ev.Evaluated, at: float) -> "RunView":
        view = replace(self, evaluations=(*_before(event, self.evaluations), event))
        for number, accuracy in enumerate(event.layer_accuracies, 1):
            view = view._updated(number, accuracy=accuracy, accuracy_split=event.split)
        if event.layer is None and not event.layer_accuracies:
            view = view._updated(None, accuracy=event.accuracy, accuracy_split=event.split)
        if event.final:
            view = view._logged(at, f"{event.split} accuracy {event.accuracy:.2%}")
        return view

    def _after_telemetry_sampled(self, event: ev.TelemetrySampled, at: float) -> "RunView":
        return changed(
            self,
            telemetry=self.telemetry.after(event, TELEMETRY_KEPT),
            history=self.history.sampled(at, event),
        )

    def _after_machine_described(self, event: ev.MachineDescribed, at: float) -> "RunView":
        return replace(self, machine=event, missing=(), other_gpus=None, sampler=None)

    def _after_metrics_unavailable(self, event: ev.MetricsUnavailable, at: float) -> "RunView":
        known = dict(self.missing) | dict.fromkeys(event.metrics, event.reason)
        return replace(self, missing=tuple(known.items()))._logged(at, event.text)

    def _after_other_gpus_sampled(self, event: ev.OtherGpusSampled, at: float) -> "RunView":
        return changed(self, other_gpus=event)

    def _after_rank_described(self, event: ev.RankDescribed, at: float) -> "RunView":
        return self._logged(at, event.text)

    def _after_telemetry_ended(self, event: ev.TelemetryEnded, at: float) -> "RunView":
        view = replace(self, sampler=event)
        return view._logged(at, f"telemetry ended: {event.error}") if event.error else view

    def _after_checkpointed(self, event: ev.Checkpointed, at: float) -> "RunView":
        return self._logged(at, "checkpoint written")

    def _after_status_changed(self, event: ev.StatusChanged, at: float) -> "RunView":
        view = replace(
            self,
            status=event.status,
            paused_at=at if event.status in ("paused", "unsaved") else None,
        )
        if self.paused_at is not None and self.started_at is not None and event.status == "running":
            # a pause does not slow the pace
            view = replace(view, started_at=self.started_at + (at - self.paused_at))
        return view._logged(at, event.status)

    def _after_control_requested(self, event: ev.ControlRequested, at: float) -> "RunView":
        return self._logged(at, f"{event.action}: asked by process {event.pid} on {event.host}")

    def _after_noted(self, event: ev.Noted, at: float) -> "RunView":
        return self._logged(at, event.message)

    def _after_run_finished(self, event: ev.RunFinished, at: float) -> "RunView":
        text = f"{event.status}: {event.error}" if event.error else event.status
        return replace(self.interrupted, status=event.status, result=event)._logged(at, text)

    def _resumed(self, event: ev.RunStarted, at: float) -> "RunView":
        """The view of a resumed run: learned layers stay, the one being learned continues from the
        checkpoint.
        """
        done = self.progress.done if self.progress else 0
        return replace(
            self._with_rows_of(("learning", "interrupted"), "waiting"),
            started=event,
            started_at=at,
            status="running",
            result=None,
            paused_at=None,
            divergence=None,
            chosen=None,
            done_at_start=done,
            skipped=(),
            memory=replace(self.memory, before_bytes=event.memory_before_bytes),
        )

    @cached_property
    def interrupted(self) -> "RunView":
        """The view with no row learning: those that were are interrupted. The same at each call."""
        return self._with_rows_of(("learning",), "interrupted")

    def _with_rows_of(self, states: Sequence[LayerState], now: LayerState) -> "RunView":
        """The view with the rows of some states in another, and none current."""
        rows = tuple(replace(row, state=now) if row.state in states else row for row in self.layers)
        return replace(self, layers=rows, current=None)

    def _with_epoch(self, number: int | None, epoch: EpochView) -> "RunView":
        row = self._row(number)
        if row is None:
            return self
        history, now = row.history, (epoch.phase, epoch.epoch)
        # A resumed run states an epoch again when the checkpoint was older than the journal: the
        # later one counts.
        while history and (history[-1].phase, history[-1].epoch) >= now:
            history = history[:-1]
        return self._updated(
            number,
            epoch=epoch.epoch,
            threshold=epoch.threshold,
            history=(*history, epoch),
            under_way=(),
        )

    def _row(self, number: int | None) -> LayerView | None:
        return next((row for row in self.layers if row.number == number), None)

    def _with_row_for(self, number: int | None) -> "RunView":
        """The view with a row of that number: for backprop, which trains all layers at once, a row
        `network`.
        """
        if self._row(number) is not None:
            return self
        return replace(self, layers=(*self.layers, LayerView(number, "network")))

    def _without_outdated_accuracies(self, event: ev.LayerStarted) -> "RunView":
        """The view without the accuracies of rows whose layer, or one before it, learns again in
        another phase.
        """
        rows = tuple(
            replace(row, accuracy=None, accuracy_split=None)
            if row.phase != event.phase
            and (event.layer is None or row.number is None or row.number >= event.layer)
            else row
            for row in self.layers
        )
        return replace(self, layers=rows)

    def _updated(
        self, number: int | None, *, current: bool = False, **changes: object
    ) -> "RunView":
        index = next((i for i, row in enumerate(self.layers) if row.number == number), None)
        if index is None:
            return self
        rows = list(self.layers)
        # names checked by every caller's test
        rows[index] = replace(rows[index], **changes)  # type: ignore[arg-type]
        return replace(self, layers=tuple(rows), current=index if current else self.current)

    def _logged(self, at: float, text: str) -> "RunView":
        return replace(self, log=(*self.log[-LOG_KEPT + 1 :], LogLine(at, text)))


def fold(events: Iterable[tuple[float, ev.Event]], view: RunView | None = None) -> RunView:
    """The view of a run after these events, each with its Unix time, from `view` on."""
    view = view or RunView()
    for at, event in events:
        view = view.after(at, event)
    return view


def _epoch_of(event: ev.EpochFinished | ev.LayerMeans) -> EpochView:
    return EpochView(
        phase=event.phase,
        epoch=event.epoch,
        loss=event.loss,
        goodness_positive=event.goodness_positive,
        goodness_negative=event.goodness_negative,
        threshold=event.threshold,
    )


def _with_shared(epoch: EpochView, event: ev.EpochFinished) -> EpochView:
    """The row's epoch with the accuracy and times of the whole epoch."""
    return replace(
        epoch,
        accuracy=event.accuracy,
        epoch_s=event.epoch_s,
        compute_s=event.compute_s,
        data_s=event.data_s,
        step=event.step,
    )


def _same_stage(one: Stage, other: Stage) -> bool:
    """Whether both are the same stage: a resumed run starts again the one it had begun."""
    return (one.phase, one.layer) == (other.phase, other.layer)


def _name(stage: Stage) -> str:
    if stage.parallel:
        return f"{len(stage.parallel)} layers in parallel"
    return "the network" if stage.layer is None else f"layer {stage.layer}"


def _before(event: ev.Evaluated, evaluations: tuple[ev.Evaluated, ...]) -> tuple[ev.Evaluated, ...]:
    """The evaluations without those that `event` repeats, and those that followed them: a resumed
    run states them again.
    """
    same = (event.phase, event.layer, event.split, event.final)
    newest = next((e for e in reversed(evaluations) if _series(e) == same), None)
    if newest is None or newest.epoch < event.epoch:
        return evaluations
    return tuple(e for e in evaluations if _series(e) != same or e.epoch < event.epoch)


def _series(event: ev.Evaluated) -> tuple[object, ...]:
    return (event.phase, event.layer, event.split, event.final)


# How each kind of event changes the view; the others leave it as it is.
_FOLDS: dict[type[ev.Event], Callable[[RunView, Any, float], RunView]] = {
    ev.RunStarted: RunView._after_run_started,
    ev.PhaseStarted: RunView._after_phase_started,
    ev.LayerStarted: RunView._after_layer_started,
    ev.Stepped: RunView._after_stepped,
    ev.LayerMeans: RunView._after_layer_means,
    ev.MeansSoFar: RunView._after_means_so_far,
    ev.EpochFinished: RunView._after_epoch_finished,
    ev.LayerFinished: RunView._after_layer_finished,
    ev.LayerDiverged: RunView._after_layer_diverged,
    ev.LayersChosen: RunView._after_layers_chosen,
    ev.Evaluated: RunView._after_evaluated,
    ev.TelemetrySampled: RunView._after_telemetry_sampled,
    ev.MachineDescribed: RunView._after_machine_described,
    ev.MetricsUnavailable: RunView._after_metrics_unavailable,
    ev.OtherGpusSampled: RunView._after_other_gpus_sampled,
    ev.RankDescribed: RunView._after_rank_described,
    ev.TelemetryEnded: RunView._after_telemetry_ended,
    ev.Checkpointed: RunView._after_checkpointed,
    ev.StatusChanged: RunView._after_status_changed,
    ev.ControlRequested: RunView._after_control_requested,
    ev.Noted: RunView._after_noted,
    ev.RunFinished: RunView._after_run_finished,
}
