"""`train`: an experiment as a generator of events.

    for event in train(experiment):
        ...

Pausing is not asking for the next event; stopping is closing it; `state()` between two events is a
checkpoint. Times count what happens between two events here, not what the consumer does with them.
"""

import math
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
)
from fftui.learning.divergence import DivergenceGuard
from fftui.learning.epoch_measure import EpochMeasure
from fftui.learning.final_measure import final_measure
from fftui.learning.initial_weights import InitialWeights, WeightsOf
from fftui.learning.layer_means import SoFar, layer_means, means_so_far
from fftui.learning.network import Network
from fftui.learning.prepared import continue_from, prepare
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.seeds import generator_for
from fftui.learning.shared_cores import giving_way
from fftui.learning.sharing import Alone, Ranks
from fftui.learning.split_images import load_images
from fftui.learning.stage import Stage
from fftui.learning.state import BEST, LEARNER, NETWORK, Progress, TrainingState
from fftui.learning.steps import Steps
from fftui.learning.stopwatch import Stopwatch
from fftui.learning.time_budget import TimeBudget
from fftui.learning.trained import TrainedNetwork
from fftui.learning.training_events import epoch_finished, layer_started, run_ended, stepped
from fftui.learning.unit_shares import mean_shares
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
        self._dtype = choose_dtype(experiment.precision, self._device)
        self.device_name = device_label(self._device)
        self.precision = "bfloat16" if self._dtype == torch.bfloat16 else "float32"
        self._stopwatch = Stopwatch(self._device)
        self._progress = Progress()
        self._stage: Stage | None = None  # the one that learns
        self._initial_weights = InitialWeights(experiment.phases, weights_of)
        self._divergence: ev.LayerDiverged | None = None
        self._ranks: Ranks = Alone()
        self._resumed = state
        self._so_far = SoFar()
        self._skip = False
        if state is not None:
            self._progress, self._stopwatch.times = state.progress, state.progress.times
        # what the process takes without this run is no part of it
        self._memory_before = self._stopwatch.memory.held_bytes()
        with self._stopwatch.loading():
            self._images = load_images(experiment.data, experiment.seed, data_folder, self._device)
        with self._stopwatch.setting_up():
            self._prepared = prepare(experiment, self._images, self._dtype, self._stopwatch)
            self._network, self._rules = self._prepared.network, self._prepared.rules
            if state is not None:
                continue_from(self._network, state, len(experiment.phases))
            self._initial_weights.check(self._network, self._progress)
        self._steps = Steps.of(experiment.phases, self._rules, len(self._images.train))
        self._budget = TimeBudget(experiment)
        self._measure = EpochMeasure(experiment.evaluation, self._images, self._stopwatch)
        self._events = self._learn()

    def __next__(self) -> ev.Event:
        return next(self._events)

    def close(self) -> None:
        """Stop: no further event comes."""
        self._events.close()
        self._ranks.end()

    def share_with(self, ranks: Ranks) -> None:
        """Share the training among `ranks`, before its first event is asked for."""
        self._ranks = ranks
        self.device_name += f", {ranks.count} ranks ({ranks.mode})"

    def skip_layer(self) -> None:
        """Continue with the next layer after this batch, if a layer learns. May be called from
        another thread.
        """
        self._skip = self._stage is not None

    @property
    def is_sound(self) -> bool:
        """Whether the state is worth saving: False from when a loss that is no finite number was
        seen until the last good weights are back.
        """
        return self._stage is None or self._stage.is_sound

    @property
    def epoch_key(self) -> ev.EpochKey:
        """Phase, layer and epoch being trained, from 1; None where nothing is. Safe to read from
        another thread.
        """
        stage, progress = self._stage, self._progress
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
        return self._ranks.sampled(self.moment)

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
        stage = self._stage
        if stage is not None:
            self._ranks.collect(stage.trainer)
            if self._progress.step:
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
        return TrainingState(copies, replace(self._progress, times=self._stopwatch.times))

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
        for number in range(self._progress.phase, len(self._rules)):
            yield from self._learn_phase(number)
            if self._divergence is not None:
                yield self.ended("failed", self._divergence.text)
                return
            self._progress = replace(self._progress, phase=number + 1, stage=0)
        yield from self._finish()

    def _started(self) -> ev.RunStarted:
        return ev.RunStarted(
            run=self._run,
            experiment=self._experiment.name,
            data=self._experiment.data.name,
            device=self.device_name,
            precision=self.precision,
            layers=tuple(layer.title for layer in self._network.layers),
            total_steps=self._steps.total,
            train_images=len(self._images.train),
            validation_images=len(self._images.validation or ()),
            test_images=len(self._images.test),
            resumed=self._resumed is not None,
            stage_steps=self._steps.of_stages,
            step_costs=tuple(
                stage.relative_time / stage.steps for stage in stage_costs(self._experiment)
            ),
            memory_before_bytes=self._memory_before,
            format=ev.FORMAT,
            ranks=self._ranks.mode,
            processes=self._ranks.count,
        )

    def _learn_phase(self, number: int) -> Iterator[ev.Event]:
        phase, rule = self._experiment.phases[number], self._rules[number]
        with self._stopwatch.setting_up():
            self._initial_weights.put_into(self._network, self._progress)
        yield ev.PhaseStarted(number + 1, phase.rule, phase.epochs)
        for stage_number in range(self._progress.stage, rule.stages):
            with self._stopwatch.preparing(number + 1) as set_layer:
                stage = self._begun_stage(number, stage_number)
                set_layer(stage.trainer.layer)
            self._skip = False
            self._stage = stage
            yield layer_started(stage)
            yield from self._learn_stage(stage)
            if self._divergence is not None:
                return

    def _begun_stage(self, number: int, stage_number: int) -> Stage:
        """That stage of phase `number` (both from 0), as a checkpoint left it if it began there."""
        resumed = self._resumed
        learner = resumed.part(LEARNER) if resumed else {}
        self._ranks.begin_stage(number, stage_number, self._network, learner)
        stage = Stage.of(
            number + 1,
            self._experiment.phases[number],
            self.stage_trainer(number, stage_number),
            self._network,
            on_nan=self._experiment.on_nan,
        )
        if resumed is not None:
            stage.load(resumed)
        self._ranks.take(stage.trainer)
        if stage.guard is not None:
            stage.guard.begin(self._steps.taken(self._progress), self._progress.epoch)
        self._resumed = None
        return stage

    def stage_trainer(self, number: int, stage: int) -> StageTrainer:
        """A trainer of that stage of phase `number` (both from 0), of the network as it is."""
        phase = self._experiment.phases[number]
        steps = phase.epochs * self._steps.of_epochs[number]
        splits = self._measure.images if phase.predicts else []
        return self._rules[number].trainer(stage, steps, splits)

    def batches(self, number: int, layer: int | None, epoch: int) -> tuple[torch.Tensor, ...]:
        """The indices (B,) of an epoch's batches, in phase `number` (from 0) for the layer and
        epoch of that number (from 1).
        """
        generator = generator_for(self._experiment.seed, "order", number + 1, layer or 0, epoch)
        order_N = torch.randperm(len(self._images.train), generator=generator).to(self._device)
        return torch.split(order_N, self._experiment.phases[number].batch_size)

    def _learn_stage(self, stage: Stage) -> Iterator[ev.Event]:
        while not stage.is_over(self._progress.epoch) and self._learns_on():
            yield from self._learn_epoch(stage)
        progress = self._progress
        if stage.guard is not None:
            stage.guard.look_at_weights()
            if stage.guard.diverged:
                yield self._diverged(stage.guard)
                return
        # Steps left out of a skipped layer count as done: a progress bar shows what remains.
        left = stage.phase.epochs * self._steps.of_epochs[progress.phase]
        left -= self._steps.taken(progress)
        early = progress.epoch < stage.phase.epochs
        skipped = self._skip and early
        out_of_time = self._is_out_of_time() and early and not skipped
        stage.watch.restore()
        self._stage = None
        self._progress = replace(
            progress, stage=progress.stage + 1, epoch=0, step=0, done=progress.done + left
        )
        if progress.step:  # skipped within an epoch, so the device may not have finished
            with self._stopwatch.synchronizing(
                (stage.number, stage.trainer.layer, progress.epoch + 1)
            ):
                pass
        layer_s = self._stopwatch.times.layer_s
        self._stopwatch.begin_layer()
        finished = ev.LayerFinished(
            phase=stage.number,
            layer=stage.trainer.layer,
            epochs=progress.epoch,
            layer_s=layer_s,
            skipped=skipped,
            peak_memory_bytes=self._stopwatch.memory.peak_bytes(),
            stopped_early=early and not skipped and not out_of_time,
            out_of_time=out_of_time,
        )
        yield stage.watch.stated_in(finished)

    def _learns_on(self) -> bool:
        """Whether the stage has another batch, if its epochs have one."""
        return not self._skip and self.is_sound and not self._is_out_of_time()

    def _is_out_of_time(self) -> bool:
        """Whether the stage has used up its share of the time that was left when it began."""
        return self._time_used() >= 1

    def _time_used(self) -> float:
        """How much of that share it has used; 0 without a budget."""
        before = sum(rule.stages for rule in self._rules[: self._progress.phase])
        return self._budget.used(before + self._progress.stage, self._stopwatch.times)

    def _learn_epoch(self, stage: Stage) -> Iterator[ev.Event]:
        trainer, guard, epoch = stage.trainer, stage.guard, self._progress.epoch
        key = (stage.number, trainer.layer, epoch + 1)
        with self._stopwatch.sampling_batches(key):
            self._ranks.begin_epoch(epoch + 1)
            batches = self.batches(self._progress.phase, trainer.layer, epoch + 1)
            trainer.begin_epoch(epoch + 1)
        yield from self._take_steps(stage, key, batches)
        if self._progress.step < len(batches):
            self._ranks.collect(trainer)
            trainer.means()  # what is solved for after an epoch is solved by what there is of it
            self._ranks.clear(trainer)
            return
        with self._stopwatch.synchronizing(key):
            self._ranks.collect(trainer)
            means = trainer.means()
            if guard is not None:
                guard.look_after_epoch(means, self._steps.taken(self._progress), epoch + 1)
        rule = self._rules[self._progress.phase]
        shares = self._measure.unit_shares(stage, rule, self._network.layers, key)
        finished = epoch_finished(
            stage,
            self._progress,
            self._steps,
            means,
            mean_shares(shares),
            self._stopwatch.times,
        )
        yield from self._stopwatch.pop_windows()
        yield from layer_means(stage.number, epoch + 1, trainer, shares)
        for evaluated in self._measure.scores(stage, key):
            if evaluated.split == "train":
                finished = replace(finished, accuracy=evaluated.accuracy)
            else:
                stage.watch.look(evaluated.accuracy, epoch + 1)
            yield evaluated
            yield from self._stopwatch.pop_windows()
        self._ranks.clear(trainer)
        self._progress = replace(self._progress, epoch=epoch + 1, step=0)
        self._stopwatch.begin_epoch()
        yield finished
        if guard is None and not math.isfinite(finished.loss):
            yield ev.Noted("the loss is no longer a number: a lower learning rate may help")

    def _take_steps(
        self, stage: Stage, key: ev.EpochKey, batches: Sequence[torch.Tensor]
    ) -> Iterator[ev.Event]:
        """The steps of an epoch that are left, as long as the stage learns on."""
        trainer = stage.trainer
        while self._progress.step < len(batches) and self._learns_on():
            index_B = batches[self._progress.step]
            for optimiser in trainer.optimisers.values():
                optimiser.time_used = min(1.0, self._time_used())
            with self._stopwatch.timing_step(key, len(index_B)):
                self._ranks.step(trainer, index_B, self._steps.taken(self._progress))
            self._progress = replace(
                self._progress, step=self._progress.step + 1, done=self._progress.done + 1
            )
            step = stepped(stage, self._progress, self._steps, self._stopwatch.times.epoch_s)
            yield step
            yield from self._stated_so_far(trainer, step)
            yield from self._stopwatch.pop_windows()

    def _stated_so_far(self, trainer: StageTrainer, step: ev.Stepped) -> Iterator[ev.MeansSoFar]:
        """What an epoch that takes long has brought so far, in a process that has all of it."""
        is_last = step.step == step.steps
        if (
            self._ranks.count > 1
            or is_last
            or not self._so_far.is_due(self._stopwatch.times.epoch_s)
        ):
            return
        with self._stopwatch.synchronizing((step.phase, step.layer, step.epoch)):
            stated = tuple(means_so_far(trainer, step))
        yield from stated

    def _diverged(self, guard: DivergenceGuard) -> ev.LayerDiverged:
        """Give the network its last good weights, and end the stage there."""
        progress = self._progress
        epoch = progress.epoch + (progress.step > 0 or progress.epoch == 0)
        self._divergence = guard.end(self._steps.taken(progress), epoch)
        self._stage = None
        kept = self._divergence.kept_epochs or 0
        self._progress = replace(progress, epoch=kept, step=0)
        return self._divergence

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
