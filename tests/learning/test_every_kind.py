"""Every rule trains every kind of layer; a new kind or rule is tested by being registered."""

import math
from typing import Any

import pytest
import torch

from fftui import events as ev
from fftui.data.label_encoding import LabelInput
from fftui.errors import ExperimentError
from fftui.experiment import LAYERS, PHASES, Experiment, LocalPhaseConfig
from fftui.experiment.values import parse_overrides
from fftui.learning.diagnosis import update_cosines
from fftui.learning.layers import build_layer
from fftui.learning.training import train
from fftui.presets import load_preset
from fftui.tui.field_changes import changed
from fftui.tui.fields import check, fields_of, values_of

SHAPE, CLASSES = (1, 28, 28), 10
SCALARS_APART = 0.15  # share of the parameters that a cost may leave out: biases, norms, positions


def described(kind: str, rule: str, precision: str = "float32") -> Experiment:
    """`rule` over a small layer of `kind` and a fully connected one: two epochs of 200 digits."""
    base = load_preset(
        "quickstart", overrides=parse_overrides(["data.train_images=200", "data.test_images=100"])
    )
    values: dict[str, Any] = {**values_of(base), "precision": precision}
    values |= {"model": {"layers": [{}, {"units": 20}]}, "phases": [{"rule": "forward-forward"}]}
    for path, text in (("model.layers.0.kind", kind), ("phases.0.rule", rule)):
        field = next(each for each in fields_of(values) if each.path == path)
        values = changed(values, field, text)
    values["phases"][0] |= {"epochs": 2, "batch_size": 50}
    values["model"]["layers"][0] = LAYERS.get(kind)().small(10).model_dump(mode="json")
    made = check(values)
    assert made.experiment is not None, made.errors
    return made.experiment


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("rule", PHASES.names)
@pytest.mark.parametrize("kind", LAYERS.names)
def test_every_rule_trains_every_kind(kind: str, rule: str, precision: str) -> None:
    experiment = described(kind, rule, precision)
    events = list(train(experiment, device="cpu"))
    stages = [event for event in events if isinstance(event, ev.LayerStarted)]
    assert len(stages) == experiment.phases[0].stages(experiment.model)
    losses = [event.loss for event in events if isinstance(event, ev.EpochFinished)]
    assert len(losses) == 2 * len(stages)
    assert all(map(math.isfinite, losses))
    assert isinstance(events[-1], ev.RunFinished)
    assert events[-1].status == "finished"


@pytest.mark.parametrize("order", ["layer-wise", "parallel"])
@pytest.mark.parametrize("rule", [name for name, each in PHASES.items() if each.by_steps])
@pytest.mark.parametrize("kind", LAYERS.names)
def test_every_rule_and_kind_ends_with_good_weights_where_it_diverges(
    kind: str, rule: str, order: str
) -> None:
    experiment = described(kind, rule)
    changes: dict[str, object] = {"phases.0.learning_rate": 1e38}
    if hasattr(experiment.phases[0], "order"):
        changes["phases.0.order"] = order
    training = train(experiment.changed(changes), device="cpu")
    *_, diverged, end = training
    assert isinstance(diverged, ev.LayerDiverged)
    assert isinstance(end, ev.RunFinished)
    assert end.status == "failed"
    assert all(each.isfinite().all() for each in training.network.state_dict().values())


@pytest.mark.parametrize("rule", PHASES.names)
def test_every_rule_resumes_bit_by_bit_and_can_be_asked(rule: str) -> None:
    experiment = described("fully-connected", rule)
    whole, begun = (train(experiment, device="cpu") for _ in range(2))
    list(whole)
    next(event for event in begun if isinstance(event, ev.EpochFinished))
    next(event for event in begun if isinstance(event, ev.Stepped))
    resumed = train(experiment, device="cpu", state=begun.state())
    list(resumed)
    weights = resumed.network.state_dict()
    assert all(torch.equal(each, weights[k]) for k, each in whole.network.state_dict().items())
    images = torch.randint(0, 256, (6, *SHAPE), dtype=torch.uint8)
    trained = resumed.trained
    if experiment.phases[0].predicts:
        assert trained(images).shape == (6, CLASSES)
    else:
        with pytest.raises(ExperimentError, match="predicts none"):
            trained(images)
    assert [z_NH.shape for z_NH in trained.activities(images)] == [(6, 300), (6, 20)]


@pytest.mark.parametrize(
    "rule", [name for name, each in PHASES.items() if issubclass(each, LocalPhaseConfig)]
)
def test_every_local_update_can_be_compared_with_backprops(rule: str) -> None:
    experiment = described("fully-connected", rule).changed({"model.head": {"kind": "linear"}})
    training = train(experiment, device="cpu")
    images = training.trained.images_of(
        torch.randint(0, 256, (20, *SHAPE), dtype=torch.uint8), torch.arange(20) % CLASSES
    )
    cosines = update_cosines(experiment, 1, training.network, images)
    assert len(cosines) == 2
    assert all(cosine is None or abs(cosine) <= 1 for cosine in cosines)  # None: fixed features


@pytest.mark.parametrize("kind", LAYERS.names)
def test_a_layer_is_as_its_description_states(kind: str) -> None:
    spec = LAYERS.get(kind)().small(10)
    for encoding in spec.encodings:
        generator = torch.Generator().manual_seed(0)
        label = LabelInput(encoding, CLASSES, 1.0)
        layer = build_layer(spec, SHAPE, label, torch.float32, generator)
        assert layer.shape == spec.activity_shape(SHAPE)
        assert layer.output_shape == spec.output_shape(SHAPE)
        assert math.prod(layer.output_shape) % spec.groups == 0
        assert layer.title
        cost = spec.cost(SHAPE, CLASSES, encoding, first=True)
        parameters = sum(each.numel() for each in layer.parameters())
        assert cost.weights == pytest.approx(parameters, rel=SCALARS_APART), encoding
