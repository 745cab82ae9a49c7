"""`train`: an experiment as a generator of events.

    for event in train(experiment):
        ...

Pausing is not asking for the next event; stopping is closing it; `state()` between two events is a checkpoint.
Times count what happens between two events here, not what the consumer does with them.
"""

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from fftui import events as ev
from fftui.data.catalogue import SETS
from fftui.data.splits import load_splits
from fftui.experiment import Experiment, Phase
from fftui.learning.device import choose_device, choose_dtype, device_label, has_bfloat16
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.optimiser import warm_up
from fftui.learning.prediction import Score
from fftui.learning.rules import rule_for
from fftui.learning.rules.base import EpochMeans, Learner, Rule, Setting
from fftui.learning.seeds import generator_for
from fftui.learning.state import Position, TrainingState
from fftui.learning.timekeeping import Place, Timekeeper
from fftui.learning.work import stretches_of
from fftui.telemetry.device import gpu_uuid


def train(
    experiment: Experiment,
    *,
    run: str = "run",
    data_folder: Path | None = None,
    device: str = "auto",
    state: TrainingState | None = None,
) -> "Training":
    """Carry `experiment` out: an iterator of events, from `state` on if there is one.

    Raises DataError where the images are not there and RequestError where the device is not.
    """
    return Training(experiment, run=run, data_folder=data_folder, device=device, state=state)


class Training(Iterator[ev.Event]):
    """An experiment being carried out; iterate it for its events."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        run: str = "run",
        data_folder: Path | None = None,
        device: str = "auto",
        state: TrainingState | None = None,
    ) -> None:
        self._experiment = experiment
        self._run = run
        self._device = choose_device(device)
        self._dtype = choose_dtype(experiment.precision, self._device)
        self.device_name = device_label(self._device)
        self.precision = "bfloat16" if self._dtype == torch.bfloat16 else "float32"
        self._time = Timekeeper(self._device)
        self._position = Position()
        self._learner: Learner | None = None
        self._resumed = state
        self._skip = False
        if state is not None:
            self._position, self._time.times = state.position, state.position.times
        with self._time.setting_up():
            warm_up(self._device)
        with self._time.loading():
            self._load(data_folder)
        with self._time.setting_up():
            self._build()
            if state is not None:
                self._network.load_state_dict(_under("network.", state))
        self._steps_per_epoch = [math.ceil(len(self._train) / phase.batch_size) for phase in experiment.phases]
        self._stretch_steps = [
            phase.epochs * self._steps_per_epoch[i]
            for i, phase in enumerate(experiment.phases)
            for _ in range(self._rules[i].stretches)
        ]
        self._total = sum(self._stretch_steps)
        self._events = self._learn()

    def __next__(self) -> ev.Event:
        return next(self._events)

    def close(self) -> None:
        """Stop: no further event comes."""
        self._events.close()

    def skip_layer(self) -> None:
        """Go on with the next layer after this batch; nothing where none learns. May be called from another thread."""
        self._skip = self._learner is not None

    @property
    def position(self) -> tuple[int | None, int | None, int | None]:
        """Phase, layer and epoch that learn now, from 1; None where nothing does. Safe to read from another thread."""
        learner, position = self._learner, self._position
        if learner is None:
            return None, None, None
        return position.phase + 1, learner.layer, position.epoch + 1

    @property
    def cuda_uuid(self) -> str | None:
        """The UUID of the GPU that learns, as NVML names it; None on other devices."""
        return gpu_uuid(self._device)

    @property
    def train_s(self) -> float:
        """Seconds spent learning so far, without evaluation, over all sittings."""
        return self._time.times.train_s

    def ended(self, status: ev.Status, error: str | None = None) -> ev.RunFinished:
        """How the run stands if it ends here."""
        times = self._time.times
        return ev.RunFinished(
            status=status,
            test_accuracy=None,
            layer_accuracies=(),
            train_s=times.train_s,
            error=error,
            e2e_s=times.e2e_s,
            compute_s=times.compute_s,
            data_s=times.load_s + times.data_s,
            evaluation_s=times.evaluation_s,
        )

    @property
    def network(self) -> Network:
        """The network that learns."""
        return self._network

    def state(self) -> TrainingState:
        """The state between the last event and the next; its tensors are copies on the CPU.

        It waits for the batches that were issued, and ends the window of time that they are in.
        """
        if self._position.step:
            with self._time.settling(self.position):
                pass
        self._time.end_window()
        tensors = {f"network.{name}": tensor for name, tensor in self._network.state_dict().items()}
        if self._learner is not None:
            tensors |= {f"learner.{name}": tensor for name, tensor in self._learner.state().items()}
        elif self._resumed is not None:  # what learned last is not made yet, and must not be lost meanwhile
            tensors |= {f"learner.{name}": tensor for name, tensor in _under("learner.", self._resumed).items()}
        copies = {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}
        return TrainingState(copies, replace(self._position, times=self._time.times))

    def pop_windows(self) -> Iterator[ev.WindowMeasured]:
        """Windows of time that ended and are no event yet."""
        return self._time.pop_windows()

    def _load(self, data_folder: Path | None) -> None:
        experiment, data = self._experiment, self._experiment.data
        splits = load_splits(
            data.name,
            folder=data_folder,
            seed=experiment.seed,
            train_images=data.train_images,
            validation_images=data.validation_images,
            test_images=data.test_images,
        )
        self._train = Images.on(self._device, splits.train, data)
        self._test = Images.on(self._device, splits.test, data)
        self._validation = Images.on(self._device, splits.validation, data) if splits.validation else None

    def _build(self) -> None:
        experiment, data = self._experiment, self._experiment.data
        info, overlay_value = SETS[data.name], self._train.overlay_value
        network = Network(experiment.model, info, overlay_value, self._dtype, experiment.seed)
        self._network = network.to(self._device)
        setting = Setting(
            network=self._network,
            train=self._train,
            device=self._device,
            dtype=self._dtype,
            seed=experiment.seed,
            cache_bytes=experiment.cache_bytes,
            data=data,
            data_clock=self._time.data_clock,
        )
        self._rules: list[Rule] = [rule_for(phase, n, setting) for n, phase in enumerate(experiment.phases, 1)]
        measured = experiment.evaluation.images
        self._probes = [("train", self._train.part(0, measured))]
        if self._validation is not None:
            self._probes.append(("validation", self._validation.part(0, measured)))

    def _learn(self) -> Generator[ev.Event, None, None]:
        yield self._started()
        if self._experiment.precision == "bfloat16" and not has_bfloat16(self._device):
            yield ev.Noted("this device has no bfloat16 products of its own: float32 would be faster here")
        for number in range(self._position.phase, len(self._rules)):
            yield from self._learn_phase(number)
            self._learner = None
            self._position = replace(self._position, phase=number + 1, stretch=0)
        yield from self._finish()

    def _started(self) -> ev.RunStarted:
        return ev.RunStarted(
            run=self._run,
            experiment=self._experiment.name,
            data=self._experiment.data.name,
            device=self.device_name,
            precision=self.precision,
            layers=tuple(layer.title for layer in self._network.layers),
            total_steps=self._total,
            train_images=len(self._train),
            validation_images=len(self._validation) if self._validation else 0,
            test_images=len(self._test),
            resumed=self._resumed is not None,
            stretch_steps=tuple(self._stretch_steps),
            step_costs=tuple(stretch.cost / stretch.steps for stretch in stretches_of(self._experiment)),
        )

    def _learn_phase(self, number: int) -> Iterator[ev.Event]:
        phase, rule = self._experiment.phases[number], self._rules[number]
        steps = phase.epochs * self._steps_per_epoch[number]
        yield ev.PhaseStarted(number + 1, phase.rule, phase.epochs)
        for stretch in range(self._position.stretch, rule.stretches):
            with self._time.preparing(number + 1) as says_layer:
                learner = rule.learner(stretch, steps, [images for _, images in self._probes])
                if self._resumed is not None:
                    if under := _under("learner.", self._resumed):
                        learner.load(under)
                    self._resumed = None
                says_layer(learner.layer)
            self._skip = False
            self._learner = learner
            yield ev.LayerStarted(number + 1, learner.layer, phase.epochs, learner.threshold, learner.parallel)
            yield from self._learn_stretch(number, learner, phase)

    def _learn_stretch(self, number: int, learner: Learner, phase: Phase) -> Iterator[ev.Event]:
        while self._position.epoch < phase.epochs and not self._skip:
            yield from self._learn_epoch(number, learner, phase)
        position = self._position
        # What a skipped layer leaves undone counts as done: progress is about what is still to come.
        left = phase.epochs * self._steps_per_epoch[number] - self._steps_taken(number)
        self._learner = None
        self._position = replace(position, stretch=position.stretch + 1, epoch=0, step=0, done=position.done + left)
        if position.step:  # skipped within an epoch, which has not ended by itself
            with self._time.settling((number + 1, learner.layer, position.epoch + 1)):
                pass
        layer_s = self._time.times.layer_s
        self._time.begin_layer()
        yield ev.LayerFinished(number + 1, learner.layer, position.epoch, layer_s, position.epoch < phase.epochs)

    def _learn_epoch(self, number: int, learner: Learner, phase: Phase) -> Iterator[ev.Event]:
        epoch = self._position.epoch
        place: Place = (number + 1, learner.layer, epoch + 1)
        with self._time.drawing(place):
            generator = generator_for(self._experiment.seed, "order", number + 1, learner.layer or 0, epoch + 1)
            order_N = torch.randperm(len(self._train), generator=generator).to(self._device)
            batches = torch.split(order_N, phase.batch_size)
            learner.begin_epoch(epoch + 1)
        while self._position.step < len(batches) and not self._skip:
            index_B = batches[self._position.step]
            with self._time.stepping(place, len(index_B)):
                learner.step(index_B, self._steps_taken(number))
            self._position = replace(self._position, step=self._position.step + 1, done=self._position.done + 1)
            yield self._stepped(number, learner, len(batches))
            yield from self._time.pop_windows()
        if self._position.step < len(batches):
            learner.clear()
            return
        with self._time.settling(place):
            means = learner.means()
        finished = self._epoch_finished(number, learner, means)
        yield from self._time.pop_windows()
        yield from self._layer_means(number, learner)
        if self._measured_after(epoch + 1, phase.epochs):
            for probe, (split, _) in enumerate(self._probes):
                evaluated = self._measure(number, learner, probe, split)
                if split == "train":
                    finished = replace(finished, accuracy=evaluated.accuracy)
                yield evaluated
                yield from self._time.pop_windows()
        learner.clear()
        self._position = replace(self._position, epoch=epoch + 1, step=0)
        self._time.begin_epoch()
        yield finished
        if not math.isfinite(finished.loss):
            yield ev.Noted("the loss is no longer a number: a lower learning rate may help")

    def _steps_taken(self, phase: int) -> int:
        """Optimiser steps since the stretch began."""
        return self._position.epoch * self._steps_per_epoch[phase] + self._position.step

    def _stepped(self, number: int, learner: Learner, steps: int) -> ev.Stepped:
        position, epoch_s = self._position, self._time.times.epoch_s
        images = min(position.step * self._experiment.phases[number].batch_size, len(self._train))
        return ev.Stepped(
            phase=number + 1,
            layer=learner.layer,
            epoch=position.epoch + 1,
            step=position.step,
            steps=steps,
            done=position.done,
            total=self._total,
            samples_per_s=images / epoch_s if epoch_s > 0 else None,
        )

    def _epoch_finished(self, number: int, learner: Learner, means: EpochMeans) -> ev.EpochFinished:
        times = self._time.times
        return ev.EpochFinished(
            phase=number + 1,
            layer=learner.layer,
            epoch=self._position.epoch + 1,
            step=self._steps_taken(number),
            loss=means.loss,
            goodness_positive=means.goodness_positive,
            goodness_negative=means.goodness_negative,
            threshold=learner.threshold,
            accuracy=None,
            samples_per_s=len(self._train) / times.epoch_s,
            epoch_s=times.epoch_s,
            compute_s=times.epoch_compute_s,
            data_s=times.epoch_data_s,
        )

    def _layer_means(self, number: int, learner: Learner) -> Iterator[ev.LayerMeans]:
        for layer, means in zip(learner.parallel, learner.layer_means(), strict=True):
            yield ev.LayerMeans(
                phase=number + 1,
                layer=layer,
                epoch=self._position.epoch + 1,
                loss=means.loss,
                goodness_positive=means.goodness_positive,
                goodness_negative=means.goodness_negative,
                threshold=learner.threshold,
            )

    def _measured_after(self, epoch: int, epochs: int) -> bool:
        every = self._experiment.evaluation.every
        return every > 0 and (epoch % every == 0 or epoch == epochs)

    def _measure(self, number: int, learner: Learner, probe: int, split: str) -> ev.Evaluated:
        place = (number + 1, learner.layer, self._position.epoch + 1)
        return self._evaluated(lambda: learner.score(probe), place, split, final=False)

    def _finish(self) -> Iterator[ev.Event]:
        """Measure by the last phase's way of predicting: some training images, the other splits whole, test last."""
        evaluated: ev.Evaluated | None = None
        rule, epochs = self._rules[-1], self._experiment.phases[-1].epochs
        train = self._train.part(0, self._experiment.evaluation.final_train_images)
        for split, images in (("train", train), ("validation", self._validation), ("test", self._test)):
            if images is None or not len(images):
                continue
            evaluated = self._evaluated(
                partial(rule.score, images), (len(self._rules), None, epochs), split, final=True
            )
            yield evaluated
            yield from self._time.pop_windows()
        ended = self.ended("finished")
        if evaluated is not None:
            ended = replace(ended, test_accuracy=evaluated.accuracy, layer_accuracies=evaluated.layer_accuracies)
        yield ended

    def _evaluated(
        self, measure: Callable[[], Score], place: tuple[int, int | None, int], split: str, *, final: bool
    ) -> ev.Evaluated:
        """What `measure` finds, and the time it takes."""
        with self._time.evaluating(place) as spent:
            score = measure()
        phase, layer, epoch = place
        return ev.Evaluated(
            phase=phase,
            layer=layer,
            epoch=epoch,
            split=split,
            final=final,
            accuracy=score.accuracy,
            layer_accuracies=score.layer_accuracies,
            class_correct=score.class_correct,
            class_images=score.class_images,
            evaluation_s=spent(),
            head_accuracy=score.head_accuracy,
        )


def _under(prefix: str, state: TrainingState) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): t for name, t in state.tensors.items() if name.startswith(prefix)}
