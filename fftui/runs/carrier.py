"""The thread that carries a run out: it asks for the next event, writes it down and folds it into a view.

Whoever watches reads `view`; nobody is waited for. A failing disk or sampler is noted and does not end a run.
torch is loaded by the thread itself, so that a screen can open in front of it.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fftui import events as ev
from fftui.errors import FFTUIError, RequestError
from fftui.experiment import Experiment
from fftui.runs import provenance
from fftui.runs.files import remove_leftovers, write_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalWriter, read_journal
from fftui.runs.learning import Learning, OpenLearning, Position, open_training
from fftui.runs.view import RunView

if TYPE_CHECKING:
    from fftui.learning.state import TrainingState
    from fftui.telemetry.sampler import Sampler

STEPS_SHOWN_EVERY_S = 0.05
HEARTBEAT_S = 60.0  # of a paused run: see `fftui.runs.standing`

Listener = Callable[[float, ev.Event], None]
Output = Literal["journal", "checkpoint", "tables", "record", "end"]


class Carrier(threading.Thread):
    """Carries out the run in `folder`, from its last checkpoint if `resume`.

    `start()` does so in a thread of its own, `run()` in the caller's. `listener`, if given, hears every event that
    is written down, in the thread that states it, and must not wait. After the end, `view.result` says how the run
    ended, `refused` holds the error if it never began, and `problems` names what could not be written.

    Raises RunNotFoundError where `folder` holds no run.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        folder: RunFolder,
        experiment: Experiment,
        device: str = "auto",
        data_folder: Path | None = None,
        resume: bool = False,
        *,
        listener: Listener | None = None,
        open_learning: OpenLearning = open_training,
    ) -> None:
        super().__init__(name=f"fftui-{folder.id}")
        self._record = folder.record()
        self.folder = folder
        self.experiment = experiment
        self.refused: FFTUIError | None = None
        self._device = device
        self._data_folder = data_folder
        self._resuming = resume
        self._listener = listener
        self._open_learning = open_learning
        self._learning: Learning | None = None
        self._journal: JournalWriter | None = None
        self._view = RunView()
        self._fold_lock = threading.Lock()
        self._wishes = threading.Condition()
        self._pause_wished = False
        self._stop_wished = False
        self._troubles: dict[Output, str] = {}
        self._under_way = False
        self._saved_at = time.monotonic()
        self._shown_at = float("-inf")

    @property
    def view(self) -> RunView:
        """The newest view; reading it never waits."""
        return self._view

    @property
    def paused(self) -> bool:
        """Whether the run waits, or will after the current step."""
        return self._pause_wished

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each output that could not be written and still is not."""
        return tuple(self._troubles.values())

    def pause(self) -> None:
        """Wait after the current step; a checkpoint is written first."""
        self._wish(pause=True)

    def resume(self) -> None:
        """Go on."""
        self._wish(pause=False)

    def stop(self) -> None:
        """Write checkpoint and tables after the current step, and end as `interrupted`."""
        self._wish(stop=True)

    def skip_layer(self) -> None:
        """End the layer that learns now after the current step; nothing where none does."""
        if self._learning is not None:
            self._learning.skip_layer()

    def run(self) -> None:
        """Carry the run out to its end. Raises nothing: see `view.result`, `refused` and `problems`."""
        try:
            self._journal = JournalWriter(self.folder.journal)
        except FFTUIError as error:
            self._refuse(error)
            return
        except OSError as error:
            self._refuse(RequestError(f"cannot write {self.folder.journal}: {error.strerror}"))
            return
        try:
            if self._resuming:
                remove_leftovers(self.folder.path)
            if self._begin():
                self._carry_out()
                self._write_end()
                self._write_tables()
        except Exception as error:  # noqa: BLE001 - a thread's last resort: nothing ends without a word
            self._troubles["end"] = f"run {self.folder.id} did not end as it should: {_described(error)}"
        finally:
            self._journal.close()
            self._watch_journal()

    def _begin(self) -> bool:
        """Open the training; False where it is refused."""
        try:
            state = self._last_state() if self._resuming else None
            self._learning = self._open_learning(
                self.experiment,
                run=self.folder.id,
                data_folder=self._data_folder,
                device=self._device,
                state=state,
            )
        except FFTUIError as error:
            self._refuse(error)
            return False
        except Exception as error:  # noqa: BLE001 - a thread's last resort: the run records what it died of
            self._fail(error)
            self._write_end()
            return False
        return True

    def _last_state(self) -> "TrainingState | None":
        from fftui.runs.checkpoint import load_checkpoint  # noqa: PLC0415 - torch

        view = self._view
        for at, event in read_journal(self.folder.journal):
            view = view.after(at, event)
        self._view = view
        state = load_checkpoint(self.folder)
        if state is None:
            self._state(ev.Noted("no checkpoint yet: beginning again"))
        return state

    def _carry_out(self) -> None:
        assert self._learning is not None
        learning = self._learning
        try:
            with self._sampling(learning) as sampler:
                self._saved_at = time.monotonic()
                self._under_way = True
                end = self._learn(learning, sampler)
                self._under_way = False
                self._save(learning)
            self._state(end or learning.ended("interrupted"))
        except Exception as error:  # noqa: BLE001 - a thread's last resort: the run records what it died of
            self._under_way = False
            self._fail(error)
        finally:
            learning.close()

    def _learn(self, learning: Learning, sampler: "Sampler") -> ev.RunFinished | None:
        """Ask for events until the last one, which is not stated yet; None where somebody wished to stop before."""
        every_s = self.experiment.checkpoint.every_s
        while not self._stop_wished:
            event = next(learning)
            if isinstance(event, ev.RunFinished):
                return event
            if self._worth_stating(event):
                self._state(event)
            if isinstance(event, ev.RunStarted):
                self._compare_start(event)
                self._write_start(event)
                sampler.start()  # not before: a start begins the view of a run anew
                self._rest(sampler)
            due = every_s > 0 and time.monotonic() - self._saved_at >= every_s
            if isinstance(event, ev.LayerFinished):
                self._save(learning, (event.phase, event.layer, event.epochs))
            elif due:
                self._save(learning)
            if self._pause_wished:
                self._wait(learning)
        return None

    def _worth_stating(self, event: ev.Event) -> bool:
        """Steps are progress for people, who cannot read a thousand a second."""
        if isinstance(event, ev.Stepped) and event.step < event.steps:
            now = time.monotonic()
            if now - self._shown_at < STEPS_SHOWN_EVERY_S:
                return False
            self._shown_at = now
        return True

    def _wait(self, learning: Learning) -> None:
        assert self._journal is not None
        if self._stop_wished:
            return
        self._save(learning)
        self._update_record(status="paused")
        self._state(ev.StatusChanged("paused"))
        with self._wishes:
            while not self._wishes.wait_for(lambda: self._stop_wished or not self._pause_wished, HEARTBEAT_S):
                self._journal.touch()
        if not self._stop_wished:
            self._update_record(status="running")
            self._state(ev.StatusChanged("running"))

    def _save(self, learning: Learning, place: Position | None = None) -> None:
        """Write a checkpoint; `place` is what it says of itself, if that is not what learns now."""
        from fftui.runs.checkpoint import save_checkpoint  # noqa: PLC0415 - torch

        started = time.monotonic()
        try:
            state = learning.state()
            for window in learning.pop_windows():
                self._state(window)
            save_checkpoint(self.folder, state)
        except OSError as error:
            self._trouble("checkpoint", error, str(self.folder.checkpoint))
        else:
            self._troubles.pop("checkpoint", None)
            self._state(ev.Checkpointed(*(place or learning.position), time.monotonic() - started))
        self._saved_at = time.monotonic()

    @contextmanager
    def _sampling(self, learning: Learning) -> Iterator["Sampler"]:
        from fftui.telemetry.sampler import Sampler  # noqa: PLC0415 - with the training, behind the screen

        sampler = Sampler(
            self.experiment.telemetry.hz, lambda: learning.position, self._state, gpu_uuid=learning.cuda_uuid
        )
        try:
            yield sampler
        finally:
            sampler.stop()

    def _rest(self, sampler: "Sampler") -> None:
        """Do nothing for a moment, so that the power of an idle machine is known; not where none is told."""
        idle_s = self.experiment.telemetry.idle_s
        if idle_s <= 0 or not sampler.tells_power():
            return
        began_at = time.time()
        with self._wishes:
            self._wishes.wait_for(lambda: self._stop_wished, idle_s)
        self._state(ev.WindowMeasured("idle", None, None, None, 0, 0, began_at, time.time()))

    def _fail(self, error: Exception) -> None:
        try:
            write_bytes(self.folder.error_log, "".join(traceback.format_exception(error)).encode())
        except OSError as failure:
            self._trouble("record", failure, str(self.folder.error_log))
        text = _described(error)
        self._state(self._learning.ended("failed", text) if self._learning else _never_begun(text))

    def _refuse(self, error: FFTUIError) -> None:
        """Nothing was learned: a new run leaves no folder behind, an old one stays as it was."""
        self.refused = error
        if not self._resuming:
            self.folder.discard()
        end = _never_begun(str(error))
        with self._fold_lock:
            self._view = self._view.after(time.time(), end)

    def _state(self, event: ev.Event) -> None:
        """Write `event` down and put the next view in place; any thread may."""
        assert self._journal is not None
        with self._fold_lock:
            at = self._journal.append(event)
            self._view = self._view.after(at, event)
        if self._listener:
            self._listener(at, event)
        self._watch_journal()

    def _watch_journal(self) -> None:
        assert self._journal is not None
        failure = self._journal.failure
        if failure is None:
            self._troubles.pop("journal", None)
        elif "journal" not in self._troubles:
            self._trouble("journal", failure, str(self.folder.journal))

    def _trouble(self, output: Output, error: Exception, what: str) -> None:
        """Note, once until it is mended, that `output` cannot be written."""
        known = output in self._troubles
        reason = error.strerror if isinstance(error, OSError) else None
        self._troubles[output] = f"cannot write {what}: {reason or _described(error)}"
        if not known:
            self._state(ev.Noted(f"{self._troubles[output]}{'; learning goes on' if self._under_way else ''}"))

    def _compare_start(self, event: ev.RunStarted) -> None:
        """Say so where what was begun elsewhere goes on here: its figures are no longer those of one machine."""
        before, now = (self._record.device, self._record.precision), (event.device, event.precision)
        if event.resumed and None not in before and before != now:
            self._state(
                ev.Noted(
                    f"until now this run learned on {before[0]} in {before[1]}, from here on it does on {now[0]} in "
                    f"{now[1]}: it will not end with the same bits as an uninterrupted one"
                )
            )

    def _write_start(self, event: ev.RunStarted) -> None:
        self._update_record(
            status="running",
            ended=None,
            error=None,
            device=event.device,
            precision=event.precision,
            pid=os.getpid(),
            process_started=provenance.process_start(os.getpid()),
            versions=provenance.versions(),
            machine=provenance.machine(),
            source_revision=provenance.source_revision(),
        )

    def _write_end(self) -> None:
        end = self._view.result
        if end is None:
            return
        self._update_record(
            status=end.status,
            ended=datetime.now(UTC),
            test_accuracy=end.test_accuracy,
            layer_accuracies=end.layer_accuracies,
            e2e_s=end.e2e_s,
            train_s=end.train_s,
            compute_s=end.compute_s,
            data_s=end.data_s,
            evaluation_s=end.evaluation_s,
            error=end.error,
            **self._view.ledger.summary(),
        )

    def _update_record(self, **changes: object) -> None:
        self._record = self._record.model_copy(update=changes)
        try:
            self.folder.write_record(self._record)
        except OSError as error:
            self._trouble("record", error, str(self.folder.run_json))
        else:
            self._troubles.pop("record", None)

    def _write_tables(self) -> None:
        try:
            from fftui.runs.tables import write_tables  # noqa: PLC0415 - Polars

            write_tables(self.folder)
        except Exception as error:  # noqa: BLE001 - whatever a table trips over, the run itself is over and recorded
            self._trouble("tables", error, f"the tables in {self.folder.path}")

    def _wish(self, *, pause: bool | None = None, stop: bool = False) -> None:
        with self._wishes:
            if pause is not None:
                self._pause_wished = pause
            self._stop_wished = self._stop_wished or stop
            self._wishes.notify_all()


def _never_begun(error: str) -> ev.RunFinished:
    return ev.RunFinished("failed", None, (), 0.0, error)


def _described(error: Exception) -> str:
    """What `error` says, in one line; its type too where that is not one of ours."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason if isinstance(error, FFTUIError) else f"{type(error).__name__}: {reason}"
