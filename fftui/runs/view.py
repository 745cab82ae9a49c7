"""`RunView`: everything a screen, a progress bar or a plain line shows of a run, as a fold over its
events.

A view is frozen. `view.after(at, event)` is the next one, so a training thread can replace the view
while another thread reads the last one: nobody waits, nobody sees half of a change.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from fftui import events as ev
from fftui.runs.energy import EnergyAccount
from fftui.runs.frozen import Recent, changed
from fftui.runs.history import History
from fftui.runs.layer_rows import (
    index_of,
    means_of,
    updated,
    with_epoch,
    with_part,
    with_row_for,
    with_shared_epoch,
    with_state,
    with_times,
    without_outdated_accuracies,
)
from fftui.runs.layer_view import LayerState, LayerView, Stage
from fftui.runs.memory import MemoryAccount, used_percents
from fftui.runs.step_costs import cost_of_steps, last_step_of_stage

TELEMETRY_KEPT = 1200  # samples; two minutes at the default rate
LOG_KEPT = 500  # lines
LEARNING: tuple[LayerState, ...] = ("learning", "paused")  # has begun and will go on


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
        """The rows that are learning, or paused in it: several where layers learn in parallel."""
        return tuple(row for row in self.layers if row.state in LEARNING)

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
        first step, and once a layer has diverged: no other step is taken.
        """
        step, started_at, now = self.progress, self.started_at, self.now
        if step is None or started_at is None or now is None or self.status != "running":
            return None
        if self.divergence is not None:
            return None
        spent = cost_of_steps(self.started, self.done_at_start, step.done)
        for begin, end in self.skipped:
            spent -= cost_of_steps(self.started, begin, min(end, step.done))
        if spent <= 0:
            return None
        return (now - started_at) / spent * cost_of_steps(self.started, step.done, step.total)

    def memory_summary(self) -> dict[str, float | None]:
        """The memory fields of a run's record."""
        last = self.telemetry[-1] if self.telemetry else None
        return {**self.memory.summary(), **used_percents(self.history, last, self.machine)}

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
        rows = without_outdated_accuracies(self.layers, event)
        for number in stage.rows:
            rows = updated(
                with_row_for(rows, number),
                number,
                state="learning",
                phase=event.phase,
                epochs=event.epochs,
                threshold=event.threshold,
                layer_s=None,
                under_way=(),
            )
        # a resumed run starts again the stage that it had begun
        others = (s for s in self.stages if (s.phase, s.layer) != (stage.phase, stage.layer))
        return replace(
            self, stages=(*others, stage), layers=rows, current=index_of(rows, stage.rows[0])
        )

    def _after_stepped(self, event: ev.Stepped, at: float) -> "RunView":
        # A checkpoint may be older than the last step in the journal: what was lost is done again.
        return changed(self, progress=event, done_at_start=min(self.done_at_start, event.done - 1))

    def _after_means_so_far(self, event: ev.MeansSoFar, at: float) -> "RunView":
        return replace(self, layers=with_part(self.layers, event))

    def _after_layer_means(self, event: ev.LayerMeans, at: float) -> "RunView":
        return replace(self, layers=with_epoch(self.layers, event.layer, means_of(event)))

    def _after_epoch_finished(self, event: ev.EpochFinished, at: float) -> "RunView":
        stage = self.stage(event.phase, event.layer)
        rows = self.layers
        if stage is None or not stage.parallel:
            rows = with_epoch(rows, event.layer, with_times(means_of(event), event))
        else:
            for number in stage.parallel:
                rows = with_shared_epoch(rows, number, event)
        return replace(self, layers=rows)

    def _after_layer_finished(self, event: ev.LayerFinished, at: float) -> "RunView":
        stage = self.stage(event.phase, event.layer) or Stage(
            event.phase, event.layer, (), event.epochs
        )
        ended = replace(stage, epochs=event.epochs, layer_s=event.layer_s)
        rows = self.layers
        for number in stage.rows:
            own_s = None if stage.parallel else event.layer_s
            state = "skipped" if event.skipped else "learned"
            rows = updated(rows, number, state=state, layer_s=own_s, under_way=())
        view = replace(
            self,
            stages=tuple(ended if s is stage else s for s in self.stages),
            layers=rows,
            memory=self.memory.with_peak(event.peak_memory_bytes),
        )
        if event.ended_early and self.progress is not None:
            done = self.progress.done
            left_out = (done, last_step_of_stage(self.started, done))
            view = replace(view, skipped=(*view.skipped, left_out))
        return view._logged(at, f"{_name(stage)} {event.text}")

    def _after_layer_diverged(self, event: ev.LayerDiverged, at: float) -> "RunView":
        learning = [row.number for row in self.learning]
        rows = self.layers
        for number in [event.layer] if event.layer in learning else learning:
            rows = updated(rows, number, state="diverged")
        return replace(self, layers=rows, divergence=event)._logged(at, event.text)

    def _after_layers_chosen(self, event: ev.LayersChosen, at: float) -> "RunView":
        return replace(self, chosen=event)._logged(at, event.text)

    def _after_evaluated(self, event: ev.Evaluated, at: float) -> "RunView":
        rows, split = self.layers, event.split
        for number, accuracy in enumerate(event.layer_accuracies, 1):
            rows = updated(rows, number, accuracy=accuracy, accuracy_split=split)
        if event.layer is None and not event.layer_accuracies:
            rows = updated(rows, None, accuracy=event.accuracy, accuracy_split=split)
        evaluations = (*_before(event, self.evaluations), event)
        view = replace(self, layers=rows, evaluations=evaluations)
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
        waits = event.status in ("paused", "unsaved")
        rows = with_state(self.layers, LEARNING, "paused" if waits else "learning")
        view = replace(self, status=event.status, layers=rows, paused_at=at if waits else None)
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
            self,
            layers=with_state(self.layers, (*LEARNING, "interrupted"), "waiting"),
            current=None,
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
        return replace(self, layers=with_state(self.layers, LEARNING, "interrupted"), current=None)

    def _logged(self, at: float, text: str) -> "RunView":
        return replace(self, log=(*self.log[-LOG_KEPT + 1 :], LogLine(at, text)))


def fold(events: Iterable[tuple[float, ev.Event]], view: RunView | None = None) -> RunView:
    """The view of a run after these events, each with its Unix time, from `view` on."""
    view = view or RunView()
    for at, event in events:
        view = view.after(at, event)
    return view


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
