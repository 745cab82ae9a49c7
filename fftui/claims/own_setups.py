"""The set-ups that no study has: networks whose time, memory or power is compared, and controls."""

from collections.abc import Iterator
from typing import Any

from fftui.claims import quick_scale
from fftui.claims.accuracy_claims import ALL_SETS
from fftui.claims.amounts import NOTHING_KEPT, ONE_BY_ONE, PLAIN, TIMED
from fftui.claims.attention_claims import ATTENTION
from fftui.claims.hybrid_claims import control_of
from fftui.claims.outcomes import Setup
from fftui.claims.setup_runs import (
    VALIDATION_IMAGES,
    Asked,
    PlannedRuns,
    Studies,
    repeats_of,
)
from fftui.claims.study_setups import AS_IT_IS, HYBRIDS, hybrid_setup
from fftui.data.catalogue import DataName
from fftui.experiment import Backprop, Experiment
from fftui.studies.study import Scale, experiment_of


def own_runs(asked: Asked, studies: Studies) -> Iterator[PlannedRuns]:
    """The runs of every set-up that no study has."""
    yield from _controls(studies)
    yield from _timed_runs(asked)
    if asked.has(PLAIN[0]):
        yield from _plain_runs(asked, asked.set_of(PLAIN[0]))


def _controls(studies: Studies) -> Iterator[PlannedRuns]:
    """The second phase of each hybrid alone, from random weights, for as many epochs as both."""
    for name in HYBRIDS:
        hybrid = hybrid_setup(Setup(name), name, AS_IT_IS, studies.asked.scale)
        for runs in studies.runs_of(hybrid):
            yield PlannedRuns(control_of(name), tuple(map(_second_alone, runs.experiments)))


def _second_alone(hybrid: Experiment) -> Experiment:
    """Its second phase with the epochs of both; of a layer-wise phase, those of every layer.

    Random weights are begun with as they are: nothing is divided by their norms.
    """
    epochs = sum(phase.epochs * phase.stages(hybrid.model) for phase in hybrid.phases)
    second = hybrid.phases[1]
    each = epochs // second.stages(hybrid.model)
    values: dict[str, Any] = second.model_dump(mode="json") | {"epochs": each}
    if "weights" in values:
        values["weights"] = "kept"
    return hybrid.changed({"phases": [values]})


def _timed_runs(asked: Asked) -> Iterator[PlannedRuns]:
    """The networks that the paper timed, with images kept apart.

    Attention at full scale only: sampling the power of a layer takes longer than a quick run.
    """
    names = [each.name for each in TIMED] + ([ATTENTION] if asked.scale == "full" else [])
    for setup in (Setup(name, data) for data in ALL_SETS for name in names):
        if asked.has(setup):
            experiment = _timed(setup, asked.set_of(setup), asked.scale)
            yield repeats_of(asked, setup, experiment)


def _timed(setup: Setup, data: DataName, scale: Scale) -> Experiment:
    changes: dict[str, Any] = {"data.validation_images": VALIDATION_IMAGES[scale]}
    if scale == "quick":
        changes |= quick_scale.TIMED
        if data != "mnist-mini":
            changes["data.test_images"] = quick_scale.OTHER_IMAGES
        by_name = {TIMED[0].name: quick_scale.TIMED_FF, TIMED[1].name: quick_scale.TIMED_BACKPROP}
        changes |= by_name.get(setup.name, {})
    return experiment_of(setup.name.removesuffix(", timed"), data, changes)


def _plain_runs(asked: Asked, data: DataName) -> Iterator[PlannedRuns]:
    """FF with its layers in parallel, one after the other (inputs kept, or not), and backprop: the
    same layers, images, epochs and batches.
    """
    together = experiment_of("ff", data, _plain_changes(asked.scale))
    one_by_one = together.changed({"phases.0.order": "layer-wise"})
    yield repeats_of(asked, PLAIN[0], together)
    yield repeats_of(asked, ONE_BY_ONE, one_by_one)
    yield repeats_of(asked, NOTHING_KEPT, one_by_one.changed({"cache_bytes": 0}))
    yield repeats_of(asked, PLAIN[1], _plain_backprop(together))


def _plain_changes(scale: Scale) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "data.validation_images": VALIDATION_IMAGES[scale],
        "model.head": None,  # a layer that learns alone has no head beside it
        "phases.0.negatives": "random",
        "phases.0.prediction": "all-layers",
    }
    return changes | (dict(quick_scale.PLAIN) if scale == "quick" else {})


def _plain_backprop(ff: Experiment) -> Experiment:
    phase = ff.phases[0]
    usual = experiment_of("backprop", ff.data.name).phases[0]
    own = Backprop(
        epochs=phase.epochs,
        batch_size=phase.batch_size,
        learning_rate=usual.learning_rate,
        schedule=phase.schedule,
    )
    return ff.changed(
        {
            "name": "backprop",
            "model.head": {"kind": "linear"},
            "model.label": {"encoding": "none"},
            "phases": [own.model_dump(mode="json")],
        }
    )
