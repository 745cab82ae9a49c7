"""Descriptions of phases."""

import tomllib
from typing import Any

import pytest

from fftui.experiment import LAYERS, PHASES, Experiment, ForwardForward
from fftui.experiment.choices import add_choice
from fftui.experiment.cost import cost_of, stage_costs
from fftui.experiment.field_errors import validated
from fftui.presets import load_preset, read_preset
from fftui.text.preset_toml import preset_toml
from fftui.tui.field_changes import changed
from fftui.tui.fields import check, fields_of, values_of

EVERY = [(rule, kind) for rule in PHASES.names for kind in LAYERS.names]


def experiment(rule: str, kind: str) -> Experiment:
    """`rule` over a layer of `kind` and a fully connected one, as the form makes it."""
    values: dict[str, Any] = values_of(load_preset("quickstart"))
    values |= {"model": {"layers": [{}, {}]}, "phases": [{"rule": "forward-forward"}]}
    for path, text in (("model.layers.0.kind", kind), ("phases.0.rule", rule)):
        field = next(each for each in fields_of(values) if each.path == path)
        values = changed(values, field, text)
    made = check(values)
    assert made.experiment is not None, made.errors
    return made.experiment


@pytest.mark.parametrize(("rule", "kind"), EVERY)
def test_the_form_makes_every_rule_fit_every_kind_of_layer(rule: str, kind: str) -> None:
    made = experiment(rule, kind)
    assert (made.phases[0].rule, made.model.layers[0].kind) == (rule, kind)


@pytest.mark.parametrize(("rule", "kind"), EVERY)
def test_every_rule_has_a_cost_and_stages(rule: str, kind: str) -> None:
    made = experiment(rule, kind)
    stages = list(stage_costs(made))
    assert len(stages) == made.phases[0].stages(made.model)
    assert all(stage.relative_time > 0 for stage in stages)
    twice = Experiment.model_validate(
        {**dict(made), "phases": [made.phases[0].replaced(epochs=2 * made.phases[0].epochs)]}
    )
    assert cost_of(made).flops < cost_of(twice).flops <= 2 * cost_of(made).flops


@pytest.mark.parametrize(("rule", "kind"), EVERY)
def test_presets_show_writes_every_rule_and_kind_as_it_is_read(rule: str, kind: str) -> None:
    made = experiment(rule, kind)
    shown = tomllib.loads(preset_toml(read_preset("quickstart"), made))
    assert validated(Experiment, shown, "as shown") == made


@pytest.mark.parametrize("rule", PHASES.names)
def test_a_rule_says_what_it_needs(rule: str) -> None:
    made = experiment(rule, "fully-connected")
    info, phase = made.data.info, made.phases[0]
    assert not list(phase.problems(made.model, info))
    if phase.needs_head:
        without = made.model.replaced(head=None)
        assert "set model.head" in next(phase.problems(without, info))
    if phase.label_use != "optional":
        wrong = "none" if phase.label_use == "required" else "overlay"
        model = made.model.replaced(label=made.model.label.replaced(encoding=wrong))
        assert any("model.label.encoding" in problem for problem in phase.problems(model, info))


def test_the_threshold_is_shown_where_the_loss_has_one() -> None:
    assert ForwardForward(loss="softplus", threshold=3.0).shown_threshold == 3.0
    assert ForwardForward(loss="swish", threshold=3.0).shown_threshold is None
    assert ForwardForward(threshold=(1.0, 2.0)).shown_threshold == (1.0, 2.0)


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ({"loss_options": {"sharpnes": 1.0}}, "'softplus' has no option 'sharpnes'"),
        ({"loss_options": {"threshold": 1.0}}, "set it as threshold of the phase"),
        ({"loss": "a-plugins"}, "'a-plugins' needs its option 'width'"),
        ({"loss": "a-plugins", "loss_options": {"width": 1.0, "widht": 1.0}}, "mean 'width'"),
    ],
)
def test_options_of_a_loss_are_checked(registries: None, phase: dict[str, Any], said: str) -> None:
    add_choice("loss", "a-plugins", ("threshold", "width"), ("threshold", "width"))
    values = {"model": {"layers": [{}]}, "phases": [{"rule": "forward-forward"} | phase]}
    assert said in check(values).errors[""]
    values["phases"] = [
        {"rule": "forward-forward", "loss": "a-plugins", "loss_options": {"width": 1}}
    ]
    assert check(values).experiment is not None


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ({"move": 2, "negatives": "hybrid"}, "move is of averages"),
        ({"threshold_negative": [1.0]}, "threshold_negative has 1 entries for 2 layers"),
        ({"keep": "best"}, "image-contrast predicts no labels"),
    ],
)
def test_what_pairs_of_images_cannot_have_is_refused(phase: dict[str, Any], said: str) -> None:
    made = experiment("image-contrast", "fully-connected")
    described = PHASES.validate(made.phases[0].model_dump() | phase)
    assert any(said in problem for problem in described.problems(made.model, made.data.info))
