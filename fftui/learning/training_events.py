"""The events of the loop over stages, epochs and steps, made of what it knows."""

from fftui import events as ev
from fftui.learning.rules.phase_rule import EpochMeans
from fftui.learning.stage import Stage
from fftui.learning.state import Progress
from fftui.learning.steps import Steps
from fftui.learning.stopwatch import Times
from fftui.learning.unit_shares import UnitShares


def layer_started(stage: Stage) -> ev.LayerStarted:
    """That a stage begins, or goes on after a checkpoint."""
    trainer = stage.trainer
    return ev.LayerStarted(
        stage.number, trainer.layer, stage.phase.epochs, trainer.threshold, trainer.parallel
    )


def stepped(stage: Stage, progress: Progress, steps: Steps, epoch_s: float) -> ev.Stepped:
    """That a step was taken, `epoch_s` seconds after the beginning of its epoch."""
    return ev.Stepped(
        phase=stage.number,
        layer=stage.trainer.layer,
        epoch=progress.epoch + 1,
        step=progress.step,
        steps=steps.of_epochs[progress.phase],
        done=progress.done,
        total=steps.total,
        samples_per_s=steps.images_seen(progress) / epoch_s if epoch_s > 0 else None,
    )


def epoch_finished(
    stage: Stage,
    progress: Progress,
    steps: Steps,
    means: EpochMeans,
    shares: UnitShares | None,
    times: Times,
) -> ev.EpochFinished:
    """That an epoch is over, with its means; its accuracy is not measured yet."""
    return ev.EpochFinished(
        phase=stage.number,
        layer=stage.trainer.layer,
        epoch=progress.epoch + 1,
        step=steps.taken(progress),
        loss=means.loss,
        goodness_positive=means.goodness_positive,
        goodness_negative=means.goodness_negative,
        threshold=stage.trainer.threshold,
        accuracy=None,
        samples_per_s=steps.images / times.epoch_s,
        epoch_s=times.epoch_s,
        compute_s=times.epoch_compute_s,
        data_s=times.epoch_data_s,
        dead_units=None if shares is None else shares.dead,
        always_on_units=None if shares is None else shares.always_on,
    )


def run_ended(status: ev.Status, error: str | None, times: Times) -> ev.RunFinished:
    """That the run ends here, without a final measurement."""
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
