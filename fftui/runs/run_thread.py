"""The thread that runs an experiment: it asks for each event, appends it to the journal and updates
the run's view.

A screen reads `view` without being waited for. A failing disk or sampler is noted and does not end
the run. The thread itself loads torch, so that a screen can open before that.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fftui import events as ev
from fftui.errors import FFTUIError, RequestError
from fftui.events import EpochKey
from fftui.experiment import Experiment
from fftui.runs.checkpoint_schedule import CheckpointSchedule
from fftui.runs.control_file import ControlFile
from fftui.runs.control_thread import obeying
from fftui.runs.expectation import warning_of
from fftui.runs.files import remove_leftovers
from fftui.runs.finding import find_run
from fftui.runs.folder import RunFolder
from fftui.runs.ownership import Ownership
from fftui.runs.resuming import last_state
from fftui.runs.run_outputs import Listener, RunOutputs, describe
from fftui.runs.run_requests import RunRequests
from fftui.runs.start_notes import start_notes
from fftui.runs.status import take_run
from fftui.runs.unsaved_runs import UnsavedWait
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace

if TYPE_CHECKING:
    from torch import Tensor

    from fftui.learning.training import Training
    from fftui.telemetry.sampler import Sampler

STEPS_SHOWN_EVERY_S = 0.05
HEARTBEAT_S = 60.0  # of a paused run: see `fftui.runs.status`

StartTraining = Callable[..., "Training"]


def start_training(experiment: Experiment, **options: Any) -> "Training":
    """Start the training of `experiment` with the options of `fftui.learning.training.train`;
    loads torch. Raises what that raises.
    """
    from fftui.learning.training import train  # noqa: PLC0415 - seconds

    return train(experiment, **options)


class RunThread(threading.Thread):
    """Runs the experiment of the run in `folder`, from its last checkpoint if `resume`.

    `start()` does so in a thread of its own, `run()` in the caller's. `listener`, if given, is
    called with each event of the journal and its Unix time, in the thread that states the event,
    and must not wait. Afterwards `view.result` is the last event, `refused` the error of a run that
    never started, and `problems` lists what could not be written.

    Raises RunNotFoundError where `folder` holds no run, ExperimentError where its experiment cannot
    be read.
    """

    def __init__(
        self,
        folder: RunFolder,
        workspace: Workspace,
        *,
        resume: bool = False,
        listener: Listener | None = None,
        start_training: StartTraining = start_training,
    ) -> None:
        super().__init__(name=f"fftui-{folder.id}")
        self.folder = folder
        self.experiment = folder.experiment()
        self._outputs = RunOutputs(folder, self.experiment, listener)
        self.refused: FFTUIError | None = None
        self.workspace = workspace
        self._resuming = resume
        self._start_training = start_training
        self._training: Training | None = None
        self._owned: Ownership | None = None  # none where the folder cannot be written
        self._requests = RunRequests()
        self._unsaved = UnsavedWait(
            self._outputs, self._requests, self.experiment.checkpoint.keep_trying_s
        )
        self._warning = ""  # of too little memory, or too much time
        self._schedule = CheckpointSchedule(self.experiment.checkpoint.every_s)
        self._shown_at = float("-inf")

    @property
    def view(self) -> RunView:
        """The newest view of the run; reading it never waits."""
        return self._outputs.view

    @property
    def paused(self) -> bool:
        """Whether the run is paused, or will be after the current step."""
        return self._requests.paused

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each output that cannot be written, and for a listener that failed."""
        return self._outputs.problems

    def listen(self, listener: Listener) -> None:
        """Call `listener` too with each event from now on; before `start` it hears all."""
        self._outputs.listeners.append(listener)

    def pause(self) -> None:
        """Pause after the current step; a checkpoint is written first."""
        self._requests.pause()

    def resume(self) -> None:
        """Continue a paused run."""
        self._requests.resume()

    def stop(self) -> None:
        """End the run as `interrupted` after the current step, with a checkpoint and its tables."""
        self._requests.stop()

    def skip_layer(self) -> None:
        """End the layer being learned after the current step; does nothing where none is."""
        if self._training is not None:
            self._training.skip_layer()

    def request_checkpoint(self) -> None:
        """Write a checkpoint after the current step, also while paused."""
        self._requests.save()

    def run(self) -> None:
        """Run the experiment to its end. Raises nothing: see `view.result`, `refused` and
        `problems`.
        """
        try:
            self._owned = take_run(self.folder)
        except FFTUIError as error:
            self._state_refusal(error)  # the folder is another process's
            return
        try:
            self._run_owned()
        finally:
            if self._owned is not None:
                self._owned.release()

    def _run_owned(self) -> None:
        try:
            self._outputs.open()
        except FFTUIError as error:
            self._state_refusal(error)  # the folder is another process's
            return
        except OSError as error:
            self._refuse(RequestError(f"cannot write {self.folder.journal}: {error.strerror}"))
            return
        try:
            if self._resuming:
                remove_leftovers(self.folder.path)
            with obeying(ControlFile(self.folder.control), self, self._outputs.emit):
                begun = self._begin()
                if begun:
                    self._train()
            if begun:
                self._conclude()
        # a thread's last resort: no failure stays unreported
        except Exception as error:  # noqa: BLE001
            self._outputs.errors["end"] = (
                f"run {self.folder.id} did not end as it should: {describe(error)}"
            )
        finally:
            self._outputs.close()

    def _begin(self) -> bool:
        """Start the training; False where it is refused."""
        try:
            # whatever started the run: a command, the screen, a study, the queue
            self._warning = warning_of(self.experiment, self.workspace.device)
            state = last_state(self._outputs) if self._resuming else None
            self._training = self._start_training(
                self.experiment,
                run=self.folder.id,
                data_folder=self.workspace.data_folder,
                device=self.workspace.device,
                weights_of=self._weights_of,
                state=state,
            )
        except FFTUIError as error:
            self._refuse(error)
            return False
        # a thread's last resort: the run records why it failed
        except Exception as error:  # noqa: BLE001
            self._fail(error)
            self._conclude()
            return False
        return True

    def _weights_of(self, run: str) -> "Mapping[str, Tensor]":
        """The weights that a phase with `init_from` starts from."""
        from fftui.runs.weights import weights_of  # noqa: PLC0415 - torch

        return weights_of(find_run(self.workspace.runs_dir, run))

    def _train(self) -> None:
        assert self._training is not None
        training = self._training
        try:
            with self._sampling(training) as sampler:
                self._schedule.begin()
                self._outputs.while_written = "; learning goes on"
                end = self._consume(training, sampler)
                self._outputs.while_written = ""
                self._save(training)
            self._outputs.emit(self._end(training, end))
        # a thread's last resort: the run records why it failed
        except Exception as error:  # noqa: BLE001
            self._outputs.while_written = ""
            self._fail(error)
        finally:
            training.close()

    def _consume(self, training: "Training", sampler: "Sampler") -> ev.RunFinished | None:
        """Take events until the last one, returned without being stated; None where the run was
        stopped before.
        """
        while not (self._requests.stopped or self._unsaved.gave_up):
            event = next(training)
            if isinstance(event, ev.RunFinished):
                return event
            if isinstance(event, ev.RunStarted):
                self._state_start(event)
            elif self._worth_emitting(event):
                self._outputs.emit(event)
            if isinstance(event, ev.RunStarted):
                sampler.start()  # not before: RunStarted resets the view
                self._measure_idle(training, sampler)
            if isinstance(event, ev.EpochFinished):
                sampler.check()
            if isinstance(event, ev.LayerFinished):
                self._save(training, (event.phase, event.layer, event.epochs))
            elif self._requests.checkpoint or self._schedule.is_due:
                self._save(training)
            if self._requests.paused:
                self._wait(training)
            self._keep_within_bound(training)
        return None

    def _keep_within_bound(self, training: "Training") -> None:
        """Wait for room where as many rows wait for it as are kept."""
        if self._outputs.journal.is_full:
            training.rest()
            self._unsaved.is_written_in_time(self._outputs.is_flushed)

    def _end(self, training: "Training", end: ev.RunFinished | None) -> ev.RunFinished:
        """The run's last event: `end`, once weights, rows and tables are on the disk."""
        if end is not None and self._unsaved.is_written_in_time(
            lambda: self._is_written(training, end)
        ):
            return end
        if self._unsaved.gave_up:
            return training.ended("unsaved", self._outputs.reason)
        return training.ended("interrupted")

    def _is_written(self, training: "Training", end: ev.RunFinished) -> bool:
        """Whether weights, rows and tables of a run that has learned all are on the disk, after an
        attempt to write what is not.
        """
        if "checkpoint" in self._outputs.errors:
            self._save(training)
        if not self._outputs.is_flushed() or "checkpoint" in self._outputs.errors:
            return False
        return self._outputs.write_tables(end)

    def _conclude(self) -> None:
        """Record the end. A run is recorded as finished once its last row is on the disk too."""
        end = self.view.result
        if end is None:
            return
        if end.status != "finished":
            if self._outputs.is_flushed() or end.status != "unsaved":
                self._outputs.write_end(end)  # else its status is that of one whose process is gone
            self._outputs.write_tables()
        elif not self._unsaved.is_written_in_time(
            lambda: self._outputs.is_finished(end), end.status
        ):
            assert self._training is not None
            self._outputs.emit(self._training.ended("unsaved", self._outputs.reason))
        else:
            self._outputs.date_tables()  # a wait has added rows

    def _worth_emitting(self, event: ev.Event) -> bool:
        """Whether to state the event: steps are shown to people, who cannot read a thousand a
        second.
        """
        if isinstance(event, ev.Stepped) and event.step < event.steps:
            now = time.monotonic()
            if now - self._shown_at < STEPS_SHOWN_EVERY_S:
                return False
            self._shown_at = now
        return True

    def _wait(self, training: "Training") -> None:
        if self._requests.stopped:
            return
        self._save(training)
        self._outputs.change_status("paused")
        while not self._requests.wait_in_pause(HEARTBEAT_S):
            if self._requests.checkpoint:
                self._save(training)
            else:
                self._outputs.journal.touch()
        if not self._requests.stopped:
            self._outputs.change_status("running")

    def _save(self, training: "Training", finished: EpochKey | None = None) -> None:
        """Write a checkpoint of the epoch being learned, or of the stage that has just
        `finished`.
        """
        began = time.monotonic()
        self._requests.saving()
        state = training.state()
        if training.is_sound:  # else the last checkpoint is better; the end comes next
            for window in training.pop_windows():
                self._outputs.emit(window)
            written = self._outputs.write_checkpoint(state)
            took = time.monotonic() - began
            if written:
                self._schedule.written()
                place = finished or training.epoch_key
                self._outputs.emit(ev.Checkpointed(*place, took))
            else:
                self._schedule.failed(took)
        self._schedule.begin()

    @contextmanager
    def _sampling(self, training: "Training") -> Iterator["Sampler"]:
        # loaded with torch, after the screen is up
        from fftui.telemetry.sampler import Sampler  # noqa: PLC0415

        sampler = Sampler(
            self.experiment.telemetry.hz,
            lambda: training.moment,
            self._outputs.emit,
            gpu_uuid=training.cuda_uuid,
            elsewhere=training.sampled_elsewhere,
        )
        try:
            yield sampler
        finally:
            sampler.stop()

    def _measure_idle(self, training: "Training", sampler: "Sampler") -> None:
        """Wait for `telemetry.idle_s` seconds to measure the idle machine's power, if its power is
        measured.
        """
        idle_s = self.experiment.telemetry.idle_s
        if idle_s <= 0 or not sampler.measures_power():
            return
        training.rest()
        began_at = time.time()
        self._requests.wait_for_stop(idle_s)
        self._outputs.emit(ev.WindowMeasured("rest", None, None, None, 0, 0, began_at, time.time()))

    def _fail(self, error: Exception) -> None:
        self._outputs.log_failure(error)
        text = describe(error)
        self._outputs.emit(
            self._training.ended("failed", text) if self._training else _not_started(text)
        )

    def _refuse(self, error: FFTUIError) -> None:
        """End a run that could not start: a new one leaves no folder behind, a resumed one stays as
        it was.
        """
        self._state_refusal(error)
        if not self._resuming:
            self._outputs.discard()

    def _state_refusal(self, error: FFTUIError) -> None:
        self.refused = error
        self._outputs.show(_not_started(str(error)))

    def _state_start(self, event: ev.RunStarted) -> None:
        """State the start, after the record: whoever waits for the event then reads there which
        process carries the run out.
        """
        before = self._outputs.record
        self._outputs.write_start(event)
        self._outputs.emit(event)
        if self._warning:
            self._outputs.emit(ev.Noted(self._warning))
        for note in start_notes(self.experiment, self.folder.path, before, event):
            self._outputs.emit(ev.Noted(note))


def _not_started(error: str) -> ev.RunFinished:
    return ev.RunFinished("failed", None, (), 0.0, error)
