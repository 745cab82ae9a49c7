"""The measurement at the end of a run: some training images, then validation and test images."""

from collections.abc import Iterator
from functools import partial

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.evaluation import EvaluationKey, final_evaluation, timed_evaluation
from fftui.learning.images import Images
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.phase_rule import PhaseRule
from fftui.learning.split_images import SplitImages
from fftui.learning.stopwatch import Stopwatch


def final_measure(
    experiment: Experiment, rule: PhaseRule, images: SplitImages, stopwatch: Stopwatch
) -> Iterator[ev.Event]:
    """Evaluate by the last phase's way of predicting, whose `rule` it is."""
    last = experiment.phases[-1]
    key = (len(experiment.phases), None, last.epochs)
    if last.needs_validation and isinstance(rule, LayerSchedule) and images.validation is not None:
        yield from _choose_layers(rule, images.validation, key, stopwatch)
    train = images.train.part(0, experiment.evaluation.final_train_images)
    for split, of_split in (
        ("train", train),
        ("validation", images.validation),
        ("test", None if experiment.evaluation.test == "never" else images.test),
    ):
        if of_split is None or not len(of_split) or not last.predicts:
            continue
        score = partial(rule.score, of_split)
        yield timed_evaluation(stopwatch, final_evaluation, score, key, split)
        yield from stopwatch.pop_windows()


def _choose_layers(
    rule: LayerSchedule, validation: Images, key: EvaluationKey, stopwatch: Stopwatch
) -> Iterator[ev.LayersChosen]:
    """Choose the layers that predict, where the last phase says that they are chosen."""
    with stopwatch.evaluating(key) as seconds:
        found = rule.choose_layers(validation)
    if found is None:
        return
    chosen, accuracy = found
    yield ev.LayersChosen(key[0], chosen.first, chosen.last, accuracy, seconds())
