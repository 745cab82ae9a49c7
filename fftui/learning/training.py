"""`train`: an experiment as a generator of events.

    for event in train(experiment):
        ...

Pausing is not asking for the next event; stopping is closing it; `state()` between two events is a
checkpoint. Times count what happens between two events here, not what the consumer does with them.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.experiment.cost import stage_costs
from fftui.learning.device import (
    choose_device,
    choose_dtype,
    device_label,
    has_bfloat16,
    leave_tf32_off,
)
from fftui.learning.final_measure import final_measure
from fftui.learning.initial_weights import InitialWeights, WeightsOf
from fftui.learning.network import Network
from fftui.learning.prepared import continue_from, prepare
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.shared_cores import giving_way
from fftui.learning.sharing import Ranks
from fftui.learning.split_images import load_images
from fftui.learning.stage import Stage
from fftui.learning.stage_loop import StageLoop
from fftui.learning.state import BEST, LEARNER, NETWORK, Progress, TrainingState
from fftui.learning.stopwatch import Stopwatch
from fftui.learning.trained import TrainedNetwork
from fftui.learning.training_events import run_ended
from fftui.telemetry.gpu_device import gpu_uuid


def train(
    experiment: Experiment,
    *,
    run: str = "run",
    data_folder: Path | None = None,
    device: str = "auto",
    state: TrainingState | None = None,
    weights_of: WeightsOf | None = None,
) -> "Training":
    """Train `experiment`: an iterator of its events, continued from `state` if there is one.

    `weights_of` gives the weights of a run by its name, named as in `Network.state_dict`; it is
    asked for each phase that has `init_from` and no step taken: now, to refuse what does not fit,
    and at the start of the phase.

    Raises DataError where the images are not there, RequestError where the device is not, and
    ExperimentError where a phase starts from a run that is not to be had or does not fit.
    """
    return Training(
        experiment,
        run=run,
        data_folder=data_folder,
        device=device,
        state=state,
        weights_of=weights_of,
    )


class Training(Iterator[ev.Event]):
    """The training of an experiment: an iterator of its events."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        run: str = "run",
        data_folder: Path | None = None,
        device: str = "auto",
        state: TrainingState | None = None,
        weights_of: WeightsOf | None = None,
    ) -> None:
        self._experiment = experiment
        self._run = run
        self._device = choose_device(device)
        leave_tf32_off(self._device)
        self._dtype = choose_dtype(experiment.precision, self._device)
        self.device_name = device_label(self._device)
        self.precision = "bfloat16" if self._dtype == torch.bfloat16 else "float32"
        self._stopwatch = Stopwatch(self._device)
        self._initial_weights = InitialWeights(experiment.phases, weights_of)
        self._resumed = state
        progress = Progress() if state is None else state.progress
        self._stopwatch.times = progress.times
        # what the process takes without this run is no part of it
        self._memory_before = self._stopwatch.memory.held_bytes()
        with self._stopwatch.loading():
            self._images = load_images(experiment.data, experiment.seed, data_folder, self._device)
        with self._stopwatch.setting_up():
            self._prepared = prepare(experiment, self._images, self._dtype, self._stopwatch)
            self._network, self._rules = self._prepared.network, self._prepared.rules
            if state is not None:
                continue_from(self._network, state, len(experiment.phases))
            self._initial_weights.check(self._network, progress)
        self._loop = StageLoop(experiment, self._prepared, self._images, self._stopwatch, progress)
        self._events = self._learn()

    def __next__(self) -> ev.Event:
        return next(self._events)

    def close(self) -> None:
        """Stop: no further event comes."""
        self._events.close()
        self._loop.ranks.end()

    def share_with(self, ranks: Ranks) -> None:
        """Share the training among `ranks`, before its first event is asked for."""
        self._loop.ranks = ranks
        self.device_name += f", {ranks.count} ranks ({ranks.mode})"

    def skip_layer(self) -> None:
        """Continue with the next layer after this batch, if a layer learns. May be called from
        another thread.
        """
        self._loop.skip()

    @property
    def is_sound(self) -> bool:
        """Whether the state is worth saving: False from when a loss that is no finite number was
        seen until the last good weights are back.
        """
        stage = self._loop.stage
        return stage is None or stage.is_sound

    @property
    def epoch_key(self) -> ev.EpochKey:
        """Phase, layer and epoch being trained, from 1; None where nothing is. Safe to read from
        another thread.
        """
        stage, progress = self._loop.stage, self._loop.progress
        if stage is None:
            return None, None, None
        return stage.number, stage.trainer.layer, progress.epoch + 1

    @property
    def moment(self) -> ev.Moment:
        """What is being done, and in which phase, layer and epoch. Safe to read from another
        thread.
        """
        return ev.Moment(self._stopwatch.doing, *self.epoch_key)

    def rest(self) -> None:
        """Say that nothing is learned until the next event is asked for."""
        self._stopwatch.rest()

    @property
    def cuda_uuid(self) -> str | None:
        """UUID of the training GPU, as in NVML; None on other devices."""
        return gpu_uuid(self._device)

    def sampled_elsewhere(self) -> Sequence[ev.Event]:
        """What the other ranks have to say of their machines since the last call. May be called
        from another thread.
        """
        return self._loop.ranks.sampled(self.moment)

    @property
    def train_s(self) -> float:
        """Seconds spent learning so far, without evaluation, over all sessions."""
        return self._stopwatch.times.train_s

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        """The event that ends the run here, with the times so far."""
        return run_ended(status, error, self._stopwatch.times)

    @property
    def experiment(self) -> Experiment:
        """What is learned."""
        return self._experiment

    @property
    def network(self) -> Network:
        """The network being trained."""
        return self._network

    @property
    def trained(self) -> TrainedNetwork:
        """The network with the last phase's way of predicting."""
        return TrainedNetwork(self._network, self._rules[-1], self._images.test)

    def state(self) -> TrainingState:
        """The state between the last event and the next; its tensors are copies on the CPU.

        Waits for the batches that were issued and ends their window; its copies are no part of the
        memory that learning takes.
        """
        stage, progress = self._loop.stage, self._loop.progress
        if stage is not None:
            self._loop.ranks.collect(stage.trainer)
            if progress.step:
                with self._stopwatch.synchronizing(self.epoch_key):
                    if stage.guard is not None:
                        stage.guard.look_within_epoch()
        self._stopwatch.end_window()
        self._stopwatch.rest()
        weights = self._network.state_dict()
        tensors = {f"{NETWORK}{name}": tensor for name, tensor in weights.items()}
        if stage is not None:
            tensors |= stage.state()
        elif self._resumed is not None:  # its stage does not exist yet, so its state is handed on
            tensors |= {
                name: tensor
                for name, tensor in self._resumed.tensors.items()
                if name.startswith((LEARNER, BEST))
            }
        copies = {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}
        return TrainingState(copies, replace(progress, times=self._stopwatch.times))

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        """Windows that ended and have not been yielded as events."""
        return self._stopwatch.pop_windows()

    def _learn(self) -> Generator[ev.Event, None, None]:
        with giving_way():
            yield from self._learn_phases()

    def _learn_phases(self) -> Generator[ev.Event, None, None]:
        yield self._started()
        if self._experiment.precision == "bfloat16" and not has_bfloat16(self._device):
            yield ev.Noted(
                "this device has no bfloat16 products of its own: float32 would be faster here"
            )
        if (note := self._prepared.memory_note) is not None:
            yield ev.Noted(note)
        loop = self._loop
        for number in range(loop.progress.phase, len(self._rules)):
            yield from self._learn_phase(number)
            if loop.divergence is not None:
                yield self.ended("failed", loop.divergence.text)
                return
            loop.progress = replace(loop.progress, phase=number + 1, stage=0)
        yield from self._finish()

    def _started(self) -> ev.RunStarted:
        return ev.RunStarted(
            run=self._run,
            experiment=self._experiment.name,
            data=self._experiment.data.name,
            device=self.device_name,
            precision=self.precision,
            layers=tuple(layer.title for layer in self._network.layers),
            total_steps=self._loop.steps.total,
            train_images=len(self._images.train),
            validation_images=len(self._images.validation or ()),
            test_images=len(self._images.test),
            resumed=self._resumed is not None,
            stage_steps=self._loop.steps.of_stages,
            step_costs=tuple(
                stage.relative_time / stage.steps for stage in stage_costs(self._experiment)
            ),
            memory_before_bytes=self._memory_before,
            format=ev.FORMAT,
            ranks=self._loop.ranks.mode,
            processes=self._loop.ranks.count,
        )

    def _learn_phase(self, number: int) -> Iterator[ev.Event]:
        phase, rule = self._experiment.phases[number], self._rules[number]
        with self._stopwatch.setting_up():
            self._initial_weights.put_into(self._network, self._loop.progress)
        yield ev.PhaseStarted(number + 1, phase.rule, phase.epochs)
        for stage_number in range(self._loop.progress.stage, rule.stages):
            with self._stopwatch.preparing(number + 1) as set_layer:
                stage = self._begun_stage(number, stage_number)
                set_layer(stage.trainer.layer)
            yield from self._loop.learn(stage)
            if self._loop.divergence is not None:
                return

    def _begun_stage(self, number: int, stage_number: int) -> Stage:
        """That stage of phase `number` (both from 0), as a checkpoint left it if it began there."""
        resumed, loop = self._resumed, self._loop
        learner = resumed.part(LEARNER) if resumed else {}
        loop.ranks.begin_stage(number, stage_number, self._network, learner)
        stage = Stage.of(
            number + 1,
            self._experiment.phases[number],
            self.stage_trainer(number, stage_number),
            self._network,
            on_nan=self._experiment.on_nan,
        )
        if resumed is not None:
            stage.load(resumed)
        loop.ranks.take(stage.trainer)
        if stage.guard is not None:
            stage.guard.begin(loop.steps.taken(loop.progress), loop.progress.epoch)
        self._resumed = None
        return stage

    def stage_trainer(self, number: int, stage: int) -> StageTrainer:
        """A trainer of that stage of phase `number` (both from 0), of the network as it is."""
        phase = self._experiment.phases[number]
        steps = phase.epochs * self._loop.steps.of_epochs[number]
        splits = self._loop.measure.images if phase.predicts else []
        return self._rules[number].trainer(stage, steps, splits)

    def batches(self, number: int, layer: int | None, epoch: int) -> tuple[torch.Tensor, ...]:
        """The indices (B,) of an epoch's batches, in phase `number` (from 0) for the layer and
        epoch of that number (from 1).
        """
        return self._loop.batches(number, layer, epoch)

    def _finish(self) -> Iterator[ev.Event]:
        tested: ev.Evaluated | None = None
        rule = self._rules[-1]
        for event in final_measure(self._experiment, rule, self._images, self._stopwatch):
            yield event
            if isinstance(event, ev.Evaluated) and event.split == "test":
                tested = event
        ended = self.ended("finished")
        if tested is not None:
            ended = replace(
                ended,
                test_accuracy=tested.accuracy,
                layer_accuracies=tested.layer_accuracies,
                depth_accuracies=tested.depth_accuracies,
            )
        yield ended
