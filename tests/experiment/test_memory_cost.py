"""The memory of an experiment: its parts, counted by hand."""

from typing import Any

import pytest

from fftui.experiment import Experiment
from fftui.experiment.memory_cost import MemoryCost, costliest_field, memory_of
from fftui.presets import list_presets, load_preset

FF = {"rule": "forward-forward", "epochs": 2, "batch_size": 100, "negatives": "fixed"}


def of(*phases: dict[str, Any], layers: tuple[int, ...] = (100, 50), **more: Any) -> MemoryCost:
    made = Experiment.model_validate(
        {
            "data": {"name": "mnist", "train_images": 1000, "test_images": 500},
            "model": {"layers": [{"units": units} for units in layers], "head": {}},
            "phases": list(phases),
            **more,
        }
    )
    return memory_of(made)


def test_images_are_bytes() -> None:
    assert of(FF).images == 1500 * 784


@pytest.mark.parametrize(("kind", "moments"), [("adam", 2), ("sgd", 1)])
def test_weights_have_gradients_and_moments_while_they_learn(kind: str, moments: int) -> None:
    parallel = FF | {"order": "parallel", "optimizer": {"kind": kind}}
    network = 784 * 100 + 100 * 50 + 50 * 10
    assert of(parallel).weights == 4 * (2 + moments + 2) * network, "and the last good ones"
    assert of(parallel, on_nan="go-on").weights == 4 * (2 + moments + 1) * network


def test_a_layer_that_learns_alone_has_the_moments_alone() -> None:
    assert of(FF).weights < of(FF | {"order": "parallel"}).weights


def test_inputs_are_kept_where_they_fit() -> None:
    assert of(FF, layers=(784, 784)).inputs == 2 * 1000 * 784 * 4, "of both labels"
    assert of(FF, cache_bytes=0).inputs == 0


def test_a_larger_batch_takes_more() -> None:
    wide = {"layers": (3000, 3000), "evaluation": {"images": 1}}
    small, large = (of(FF | {"batch_size": size}, **wide) for size in (10, 1000))
    assert small.activities <= large.activities


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model.layers.0.units": 20_000, "model.layers.1.units": 9000}, "model.layers"),
        ({"phases.0.batch_size": 60_000, "evaluation.images": 1}, "phases.0.batch_size"),
    ],
)
def test_the_field_that_costs_most_is_named(changes: dict[str, object], field: str) -> None:
    asked = load_preset("ff", overrides=changes)
    assert costliest_field(asked, lambda each: memory_of(each).total).startswith(field)


@pytest.mark.parametrize("preset", [preset.name for preset in list_presets()])
def test_every_preset_fits_into_a_small_machine(preset: str) -> None:
    assert 1e6 < memory_of(load_preset(preset)).total < 8e9
