"""The event that states a score: while learning, and at the end with each image's part in it."""

from collections.abc import Callable
from dataclasses import replace

from fftui import events as ev
from fftui.bits import pack_bits
from fftui.learning.prediction import Score
from fftui.learning.stopwatch import Stopwatch

EvaluationKey = tuple[int, int | None, int]  # phase, layer (None: the network) and epoch, from 1


def evaluation(score: Score, key: EvaluationKey, split: str) -> ev.Evaluated:
    """The event of a score on a few images of a split while learning."""
    phase, layer, epoch = key
    return ev.Evaluated(
        phase=phase,
        layer=layer,
        epoch=epoch,
        split=split,
        final=False,
        accuracy=score.accuracy,
        layer_accuracies=score.layer_accuracies,
        class_correct=score.class_correct,
        class_images=score.class_images,
        evaluation_s=0.0,
        head_accuracy=score.head_accuracy,
    )


def final_evaluation(score: Score, key: EvaluationKey, split: str) -> ev.Evaluated:
    """The event of a score on a whole split at the end; the score is on the CPU."""
    return replace(
        evaluation(score, key, split),
        final=True,
        correct=pack_bits(score.correct_N.numpy()),
        depth_correct=tuple(map(pack_bits, score.depth_correct_LN.numpy())),
        depth_accuracies=score.depth_accuracies,
    )


def timed_evaluation(
    stopwatch: Stopwatch,
    state: Callable[[Score, EvaluationKey, str], ev.Evaluated],
    measure: Callable[[], Score],
    key: EvaluationKey,
    split: str,
) -> ev.Evaluated:
    """The event by which `state` states the score that `measure` returns, with its time."""
    with stopwatch.evaluating(key) as seconds:
        evaluated = state(measure().on_cpu(), key, split)
    return replace(evaluated, evaluation_s=seconds())
