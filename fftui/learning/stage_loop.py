"""The loop over the epochs and steps of a stage, with what is measured after each epoch and how the
stage ends.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.captured_steps import AloneOnCuda
from fftui.learning.divergence import DivergenceGuard
from fftui.learning.epoch_measure import EpochMeasure
from fftui.learning.layer_means import SoFar, layer_means, means_so_far
from fftui.learning.prepared import Prepared
from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.seeds import generator_for
from fftui.learning.sharing import Alone, Ranks
from fftui.learning.split_images import SplitImages
from fftui.learning.stage import Stage
from fftui.learning.state import Progress
from fftui.learning.steps import Steps
from fftui.learning.stopwatch import Stopwatch
from fftui.learning.time_budget import TimeBudget
from fftui.learning.training_events import epoch_finished, layer_started, stepped
from fftui.learning.unit_shares import mean_shares


class StageLoop:
    """Learns one stage after another of an experiment, as `ranks` share it.

    `stage` is the one that learns, None between two, and `progress` where it is; any thread may
    read them. `divergence` is why no further stage is to be learned.
    """

    def __init__(
        self,
        experiment: Experiment,
        prepared: Prepared,
        images: SplitImages,
        stopwatch: Stopwatch,
        progress: Progress,
    ) -> None:
        self.progress = progress
        self.stage: Stage | None = None
        self.divergence: ev.LayerDiverged | None = None
        self.steps = Steps.of(experiment.phases, prepared.rules, len(images.train))
        self.measure = EpochMeasure(experiment.evaluation, images, stopwatch)
        self._experiment = experiment
        self._network, self._rules = prepared.network, prepared.rules
        self._device = images.train.device
        self._stopwatch = stopwatch
        self.ranks: Ranks = self._alone()
        self._budget = TimeBudget(experiment)
        self._so_far = SoFar()
        self._skip = False

    def skip(self) -> None:
        """End the stage after this batch, if one learns. May be called from another thread."""
        self._skip = self.stage is not None

    def learn(self, stage: Stage) -> Iterator[ev.Event]:
        """The events of `stage`, from where `progress` is to its end."""
        self._skip = False
        self.stage = stage
        yield layer_started(stage)
        while not stage.is_over(self.progress.epoch) and self._learns_on(stage):
            yield from self._learn_epoch(stage)
        if stage.guard is not None:
            stage.guard.look_at_weights()
            if stage.guard.diverged:
                yield self._diverged(stage.guard)
                return
        yield self._ended(stage)

    def batches(self, number: int, layer: int | None, epoch: int) -> tuple[torch.Tensor, ...]:
        """The indices (B,) of an epoch's batches, in phase `number` (from 0) for the layer and
        epoch of that number (from 1).
        """
        generator = generator_for(self._experiment.seed, "order", number + 1, layer or 0, epoch)
        order_N = torch.randperm(self.steps.images, generator=generator).to(self._device)
        return torch.split(order_N, self._experiment.phases[number].batch_size)

    def _alone(self) -> Alone:
        """What takes the steps where nobody shares them; images that are read one by one are read
        on the host.
        """
        if self._device.type != "cuda" or self._experiment.data.loader == "per-image":
            return Alone()
        return AloneOnCuda(self._device, self._stopwatch.data_clock)

    def _ended(self, stage: Stage) -> ev.LayerFinished:
        """End a stage that has not diverged, with its best weights where these are kept."""
        progress = self.progress
        # Steps left out of a skipped layer count as done: a progress bar shows what remains.
        left = stage.phase.epochs * self.steps.of_epochs[progress.phase]
        left -= self.steps.taken(progress)
        early = progress.epoch < stage.phase.epochs
        skipped = self._skip and early
        out_of_time = self._is_out_of_time() and early and not skipped
        stage.watch.restore()
        self.stage = None
        self.progress = replace(
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
        return stage.watch.stated_in(finished)

    def _diverged(self, guard: DivergenceGuard) -> ev.LayerDiverged:
        """Give the network its last good weights, and end the stage there."""
        progress = self.progress
        epoch = progress.epoch + (progress.step > 0 or progress.epoch == 0)
        self.divergence = guard.end(self.steps.taken(progress), epoch)
        self.stage = None
        kept = self.divergence.kept_epochs or 0
        self.progress = replace(progress, epoch=kept, step=0)
        return self.divergence

    def _learns_on(self, stage: Stage) -> bool:
        """Whether the stage has another batch, if its epochs have one."""
        return not self._skip and stage.is_sound and not self._is_out_of_time()

    def _is_out_of_time(self) -> bool:
        """Whether the stage has used up its share of the time that was left when it began."""
        return self._time_used() >= 1

    def _time_used(self) -> float:
        """How much of that share it has used; 0 without a budget."""
        before = sum(rule.stages for rule in self._rules[: self.progress.phase])
        return self._budget.used(before + self.progress.stage, self._stopwatch.times)

    def _learn_epoch(self, stage: Stage) -> Iterator[ev.Event]:
        trainer, guard, epoch = stage.trainer, stage.guard, self.progress.epoch
        key = (stage.number, trainer.layer, epoch + 1)
        with self._stopwatch.sampling_batches(key):
            self.ranks.begin_epoch(epoch + 1)
            batches = self.batches(self.progress.phase, trainer.layer, epoch + 1)
            trainer.begin_epoch(epoch + 1)
        yield from self._take_steps(stage, key, batches)
        yield from map(ev.Noted, self.ranks.notes())
        if self.progress.step < len(batches):
            self.ranks.collect(trainer)
            trainer.means()  # what is solved for after an epoch is solved by what there is of it
            self.ranks.clear(trainer)
            return
        with self._stopwatch.synchronizing(key):
            self.ranks.collect(trainer)
            means = trainer.means()
            if guard is not None:
                guard.look_after_epoch(means, self.steps.taken(self.progress), epoch + 1)
        rule = self._rules[self.progress.phase]
        shares = self.measure.unit_shares(stage, rule, self._network.layers, key)
        finished = epoch_finished(
            stage,
            self.progress,
            self.steps,
            means,
            mean_shares(shares),
            self._stopwatch.times,
        )
        yield from self._stopwatch.pop_windows()
        yield from layer_means(stage.number, epoch + 1, trainer, shares)
        for evaluated in self.measure.scores(stage, key):
            if evaluated.split == "train":
                finished = replace(finished, accuracy=evaluated.accuracy)
            else:
                stage.watch.look(evaluated.accuracy, epoch + 1)
            yield evaluated
            yield from self._stopwatch.pop_windows()
        self.ranks.clear(trainer)
        self.progress = replace(self.progress, epoch=epoch + 1, step=0)
        self._stopwatch.begin_epoch()
        yield finished
        if guard is None and not math.isfinite(finished.loss):
            yield ev.Noted("the loss is no longer a number: a lower learning rate may help")

    def _take_steps(
        self, stage: Stage, key: ev.EpochKey, batches: Sequence[torch.Tensor]
    ) -> Iterator[ev.Event]:
        """The steps of an epoch that are left, as long as the stage learns on."""
        trainer = stage.trainer
        while self.progress.step < len(batches) and self._learns_on(stage):
            index_B = batches[self.progress.step]
            for optimiser in trainer.optimisers.values():
                optimiser.time_used = min(1.0, self._time_used())
            with self._stopwatch.timing_step(key, len(index_B)):
                self.ranks.step(trainer, index_B, self.steps.taken(self.progress))
            self.progress = replace(
                self.progress, step=self.progress.step + 1, done=self.progress.done + 1
            )
            step = stepped(stage, self.progress, self.steps, self._stopwatch.times.epoch_s)
            yield step
            yield from self._stated_so_far(trainer, step)
            yield from self._stopwatch.pop_windows()

    def _stated_so_far(self, trainer: StageTrainer, step: ev.Stepped) -> Iterator[ev.MeansSoFar]:
        """What an epoch that takes long has brought so far, in a process that has all of it."""
        is_last = step.step == step.steps
        if (
            self.ranks.count > 1
            or is_last
            or not self._so_far.is_due(self._stopwatch.times.epoch_s)
        ):
            return
        with self._stopwatch.synchronizing((step.phase, step.layer, step.epoch)):
            stated = tuple(means_so_far(trainer, step))
        yield from stated
