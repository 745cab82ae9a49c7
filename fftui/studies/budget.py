"""A study in equal time: its runs learn for so long, and are chosen on validation images."""

from dataclasses import replace

from fftui.experiment import Experiment
from fftui.experiment.cost import images_of
from fftui.studies.study import Condition, Study, Trial
from fftui.text.format import duration

VALIDATION_SHARE, MOST_VALIDATION = 0.1, 5000  # of the training images, where a preset has none
MEASURES = ("epochs", "epochs_asked", "e2e_s")


def within(study: Study, seconds: float) -> Study:
    """The study whose runs each end after `seconds` of learning, or after their own epochs.

    Published figures are left out: they are of other times.
    """
    notes = (
        f"each run ends after {duration(seconds)} of learning, or after its own epochs; its layers"
        " and phases share that time by their estimated cost, and what one needs before its first"
        " batch counts, but is not cut off",
        "the weights of the epoch that was best on validation images are kept; schedules of"
        " rates span the time, or the epochs of a preset where these end first",
        "compare runs that had the machine to themselves: without --jobs",
    )
    return replace(
        study,
        title=f"{study.title}, {duration(seconds)} of learning each",
        trials=tuple(_in_time(trial, seconds) for trial in study.trials),
        notes=(*study.notes, *notes),
        measures=tuple(dict.fromkeys((*MEASURES, *study.measures))),
    )


def _in_time(trial: Trial, seconds: float) -> Trial:
    condition = Condition(trial.condition.values)
    return replace(trial, condition=condition, experiment=limited(trial.experiment, seconds))


def limited(experiment: Experiment, seconds: float) -> Experiment:
    """The experiment that ends after `seconds` of learning, with the weights that are best on
    validation images in each phase that predicts by them.
    """
    changes: dict[str, object] = {
        "budget_s": seconds,
        "evaluation.every": max(1, experiment.evaluation.every),
    }
    if not experiment.data.validation_images:
        images = images_of(experiment)
        validation = max(1, min(MOST_VALIDATION, int(images * VALIDATION_SHARE)))
        changes["data.validation_images"] = validation
        if experiment.data.train_images is not None:
            changes["data.train_images"] = images - validation
    for number, phase in enumerate(experiment.phases):
        if phase.predicts and phase.by_steps:
            changes[f"phases.{number}.keep"] = "best"
    return experiment.changed(changes)
