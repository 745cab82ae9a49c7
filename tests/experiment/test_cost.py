"""The arithmetic of an experiment, counted by hand."""

from typing import Any

import pytest

from fftui.experiment import Experiment
from fftui.experiment.cost import cost_of, stage_costs
from fftui.presets import list_presets, load_preset

FF = {"rule": "forward-forward", "epochs": 2, "batch_size": 100, "negatives": "fixed"}
CONV = {"kind": "convolution", "channels": 8, "kernel": 5, "padding": 2}


def experiment(layers: list[dict[str, Any]], *phases: dict[str, Any], **model: Any) -> Experiment:
    data = {"name": "mnist", "train_images": 1000}
    return Experiment.model_validate(
        {"data": data, "model": {"layers": layers, **model}, "phases": list(phases)}
    )


def test_forward_forward_layer_by_layer() -> None:
    # first layer: one product forward, one for the gradient; then two of each, for positive and
    # negative data
    per_epoch = 4 * 1000 * 784 * 100 + 8 * 1000 * 100 * 50
    cached = 2 * 2 * 1000 * 784 * 100  # both labels, once, through the first layer
    assert cost_of(experiment([{"units": 100}, {"units": 50}], FF)).flops == 2 * per_epoch + cached


@pytest.mark.parametrize(
    ("changes", "forwards"),
    [
        ({"phases": [FF | {"negatives": "random"}]}, 1 + 2),  # positive once, negative each epoch
        ({"data": {"name": "mnist", "train_images": 1000, "shift": 1}}, 4),
        ({"data": {"name": "mnist", "train_images": 1000, "augment": {"rotation": 5.0}}}, 4),
        ({"cache_bytes": 0}, 4),
        ({"cache_bytes": 1000 * 100 * 2}, 1 + 2),
    ],
)
def test_inputs_that_are_not_static_or_do_not_fit_are_recomputed_every_epoch(
    changes: dict[str, Any], forwards: int
) -> None:
    base = experiment([{"units": 100}, {"units": 50}], FF)
    made = Experiment.model_validate({**base.model_dump(mode="json"), **changes})
    assert cost_of(made).flops - cost_of(base).flops == (forwards - 2) * 2 * 1000 * 784 * 100


def test_layers_in_parallel_recompute_nothing_and_hard_negatives_need_a_neutral_pass() -> None:
    parallel = FF | {"order": "parallel"}
    layers = [{"units": 100}, {"units": 50}]
    per_epoch = 4 * 1000 * 784 * 100 + 8 * 1000 * 100 * 50
    assert cost_of(experiment(layers, parallel)).flops == 2 * per_epoch
    hard = experiment(layers, parallel | {"negatives": "hard"}, head={})
    predicting = 2 * 1000 * 100 * 50 + 6 * 1000 * 50 * 10  # the first product is there already
    assert cost_of(hard).flops == 2 * (per_epoch + predicting)


def test_one_pass_of_local_cross_entropy() -> None:
    phase = {"rule": "local-ce", "epochs": 3, "batch_size": 100}
    made = experiment([{"units": 100}, {"units": 50}], phase, label={"encoding": "none"})
    assert cost_of(made).flops == 3 * 4 * 1000 * (784 * 100 + 100 * 50)


def test_backprop_takes_three_products() -> None:
    phase = {"rule": "backprop", "epochs": 3, "batch_size": 100}
    made = experiment([{"units": 100}, {"units": 50}], phase, head={})
    assert cost_of(made).flops == 3 * 6 * 1000 * (784 * 100 + 100 * 50 + 50 * 10)


def test_convolutions_convolve_images_once_where_the_label_is_a_plane() -> None:
    phase = FF | {"order": "parallel", "epochs": 1}
    pixels, pooled = 28 * 28, 14 * 14
    first, second = 2 * 25 * 8 * pixels, 2 * 8 * 25 * 8 * pooled
    overlaid = cost_of(experiment([CONV, CONV], phase)).flops
    assert overlaid == 1000 * 2 * 2 * (first + second)
    label = {"encoding": "random-plane", "planes": "first"}
    added = 2 * 10 * 8 * pixels
    planes = cost_of(experiment([CONV, CONV], phase, label=label)).flops
    assert planes == 1000 * 2 * (first + 2 * added + 2 * second)


def test_a_gradient_crosses_the_whole_of_an_attention_layer() -> None:
    layer = {
        "kind": "self-attention",
        "units": 100,
        "patch": 7,
        "width": 8,
        "heads": 2,
        "residual": False,
    }
    made = experiment([layer], FF | {"epochs": 1}, label={"encoding": "every-token"})
    forward = 2 * (16 * 8 * (49 + 4 * 8 + 2 * 16) + 16 * 8 * 100)
    assert cost_of(made).flops == 1000 * 2 * 3 * forward


def test_stages_are_layers_or_all_that_learn_together() -> None:
    layers = [{"kind": "self-attention", "units": 100, "patch": 4}, {"units": 100}]
    made = experiment(layers, FF, FF | {"order": "parallel", "batch_size": 250})
    attention, linear, both = stage_costs(made)
    assert (attention.steps, linear.steps, both.steps) == (20, 20, 8)
    assert (attention.layers, linear.layers, both.layers) == (1, 1, 2)
    assert attention.relative_time > 3 * linear.relative_time
    assert cost_of(made) == attention.cost + linear.cost + both.cost


@pytest.mark.parametrize("name", [preset.name for preset in list_presets()])
def test_every_preset_has_a_cost(name: str) -> None:
    cost = cost_of(load_preset(name))
    assert cost.flops > 1e9
    assert cost.moved_bytes > 1e9


@pytest.mark.parametrize(
    ("phase", "changes", "epochs_read"),
    [
        ({"rule": "backprop", "epochs": 3}, {}, 3),
        (FF | {"order": "parallel"}, {}, 2),
        (FF, {}, 2),  # the second layer learns from inputs that are kept
        (FF | {"negatives": "random"}, {}, 4),
        (FF, {"cache_bytes": 0}, 4),
    ],
)
def test_images_read_one_by_one_are_counted_for_every_epoch_that_needs_them(
    phase: dict[str, Any], changes: dict[str, Any], epochs_read: int
) -> None:
    values = experiment([{"units": 100}, {"units": 50}], phase, head={}).model_dump(mode="json")
    tensor = Experiment.model_validate(values | changes)
    per_image = tensor.changed({"data.loader": "per-image"})
    assert cost_of(tensor).images_read == 0
    assert cost_of(per_image).images_read == epochs_read * 1000
    assert cost_of(per_image).flops == cost_of(tensor).flops
    times = [sum(s.relative_time for s in stage_costs(each)) for each in (tensor, per_image)]
    assert times[1] > times[0]
