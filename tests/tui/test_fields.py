import pytest

from fftui.experiment import LAYERS, PHASES, Experiment
from fftui.presets import load_preset
from fftui.tui.field_changes import changed
from fftui.tui.fields import check, fields_of, values_of


@pytest.fixture
def values() -> dict:
    return values_of(load_preset("paper/ff", "mnist"))


def field(values: dict, path: str):
    return next(f for f in fields_of(values) if f.path == path)


def leaves(values: object, path: str = "") -> set[str]:
    if isinstance(values, dict) and (values or not path):
        return set().union(*(leaves(v, f"{path}.{k}" if path else k) for k, v in values.items()))
    if isinstance(values, list) and values and isinstance(values[0], dict):
        return set().union(*(leaves(v, f"{path}.{i}") for i, v in enumerate(values)))
    return {path}


def test_every_value_of_an_experiment_is_a_field(values: dict) -> None:
    shown = {f.path for f in fields_of(values) if f.name != "count"}
    assert shown == leaves(values) - {"data.own"}  # which follows from data.name


def test_writing_a_fields_text_changes_nothing(values: dict) -> None:
    again = values
    for each in fields_of(values):
        if each.role not in ("count", "tag", "switch"):
            again = changed(again, each, each.text)
    assert check(again).experiment == Experiment.model_validate(values)


def test_a_change_is_checked_and_the_field_is_named(values: dict) -> None:
    good = check(changed(values, field(values, "phases.0.threshold"), "10"))
    assert good.experiment is not None
    assert good.experiment.phases[0].threshold == 10  # type: ignore[union-attr]
    bad = check(changed(values, field(values, "phases.0.epochs"), "many"))
    assert bad.experiment is None
    assert "phases.0.epochs" in bad.errors


@pytest.mark.parametrize("text", ["", "[", "=", "1e", "nan", "'", "\x00", "null", "-1", "10" * 400])
def test_no_text_can_break_the_form(values: dict, text: str) -> None:
    for each in fields_of(values):
        again = changed(values, each, text)
        check(again)
        assert fields_of(again)


def test_more_layers_repeat_the_last_one_and_fewer_leave_the_first(values: dict) -> None:
    values = changed(values, field(values, "model.layers.3.units"), "77")
    more = check(changed(values, field(values, "model.layers.count"), "6")).experiment
    assert more is not None
    assert [layer.units for layer in more.model.layers] == [2000, 2000, 2000, 77, 77, 77]
    fewer = check(changed(values, field(values, "model.layers.count"), "1")).experiment
    assert fewer is not None
    assert len(fewer.model.layers) == 1


def test_another_rule_brings_its_own_fields(values: dict) -> None:
    backprop = changed(values, field(values, "phases.0.rule"), "backprop")
    made = check(backprop).experiment
    assert made is not None
    assert made.phases[0].rule == "backprop"
    assert made.model.head is not None
    assert "phases.0.threshold" not in {f.path for f in fields_of(backprop)}
    forth = check(changed(backprop, field(backprop, "phases.0.rule"), "forward-forward")).experiment
    assert forth is not None
    assert forth.phases[0].rule == "forward-forward"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("[0.001, 0.02, 1, 1e-05]", [0.001, 0.02, 1, 1e-5])],
)
def test_a_rate_may_be_given_a_layer(values: dict, text: str, value: object) -> None:
    made = changed(values, field(values, "phases.0.learning_rate"), text)
    assert field(made, "phases.0.learning_rate").text == text
    assert made["phases"][0]["learning_rate"] == value
    experiment = check(made).experiment
    assert experiment is not None
    assert values_of(experiment)["phases"][0]["learning_rate"] == value


def test_a_free_table_is_typed_as_in_toml(values: dict) -> None:
    text = '{ margin = 0.5, "a key" = 2.0 }'
    made = changed(values, field(values, "phases.0.loss_options"), text)
    assert made["phases"][0]["loss_options"] == {"margin": 0.5, "a key": 2.0}
    assert field(made, "phases.0.loss_options").text == text
    assert field(values, "phases.0.loss_options").text == "{}"


def test_the_optimiser_is_a_section_of_the_phase(values: dict) -> None:
    kind = field(values, "phases.0.optimizer.kind")
    assert (kind.role, kind.choices) == ("value", ("adam", "adamw", "sgd"))
    made = changed(values, kind, "sgd")
    made = changed(made, field(made, "phases.0.optimizer.momentum"), "0.9")
    assert check(made).experiment is not None
    wrong = changed(values, field(values, "phases.0.optimizer.weight_decay"), "-1")
    assert list(check(wrong).errors) == ["phases.0.optimizer.weight_decay"]


def test_the_name_of_a_run_is_text_or_null(values: dict) -> None:
    from_run = field(values, "phases.0.init_from")
    assert (from_run.text, from_run.role) == ("null", "text")
    assert changed(values, from_run, "2026")["phases"][0]["init_from"] == "2026"
    assert changed(values, from_run, "null") == values


def test_fields_have_their_choices_and_bounds(values: dict) -> None:
    assert field(values, "precision").choices == ("auto", "float32", "bfloat16")
    assert field(values, "phases.0.rule").choices == PHASES.names
    assert field(values, "model.layers.0.kind").choices == LAYERS.names
    epochs = field(values, "phases.0.epochs")
    assert (epochs.bounds, epochs.type_name, epochs.default) == ("≥ 1", "a whole number", "60")
    assert field(values, "cache_bytes").unit == "bytes"
    assert field(values, "checkpoint.every_s").unit == "seconds"
    assert field(values, "data.train_images").nullable


def test_every_field_has_a_description_or_choices(values: dict) -> None:
    for kind in LAYERS.names:
        for rule in PHASES.names:
            made = changed(values, field(values, "model.layers.0.kind"), kind)
            made = changed(made, field(made, "phases.0.rule"), rule)
            undescribed = [f.path for f in fields_of(made) if not (f.description or f.choices)]
            assert undescribed == []


def test_another_kind_of_layer_brings_its_own_fields(values: dict) -> None:
    made = changed(values, field(values, "model.layers.0.kind"), "convolution")
    paths = {f.path for f in fields_of(made) if f.path.startswith("model.layers.0.")}
    assert {"model.layers.0.channels", "model.layers.0.pooling"} <= paths
    assert "model.layers.0.units" not in paths
    assert "model.layers.1.units" in {f.path for f in fields_of(made)}
    experiment = check(made).experiment
    assert experiment is not None
    assert experiment.model.layers[0].kind == "convolution"
    named = check(changed(made, field(made, "model.layers.0.channels"), "0")).errors
    assert list(named) == ["model.layers.0.channels"]


def test_a_label_that_the_first_layer_cannot_carry_becomes_an_overlay(values: dict) -> None:
    conv = changed(values, field(values, "model.layers.0.kind"), "convolution")
    conv = changed(conv, field(conv, "model.label.encoding"), "one-hot-plane")
    assert check(conv).experiment is not None
    kept = changed(conv, field(conv, "phases.0.rule"), "forward-forward")
    assert kept["model"]["label"]["encoding"] == "one-hot-plane"
    back = changed(conv, field(conv, "model.layers.0.kind"), "self-attention")
    assert back["model"]["label"]["encoding"] == "overlay"
    assert check(back).experiment is not None


def test_a_rule_without_labels_takes_the_encoding_away_and_the_other_brings_it_back(
    values: dict,
) -> None:
    local = changed(values, field(values, "phases.0.rule"), "local-ce")
    made = check(local).experiment
    assert made is not None
    assert made.model.label.encoding == "none"
    back = check(changed(local, field(local, "phases.0.rule"), "forward-forward")).experiment
    assert back is not None
    assert back.model.label.encoding == "overlay"


def test_an_optional_section_is_switched_on_and_off(values: dict) -> None:
    head = field(values, "model.head")
    assert (head.text, head.choices, head.section) == ("off", ("off", "on"), "model.head")
    assert "classifier" in head.description
    on = changed(values, head, "on")
    assert field(on, "model.head").text == "on"
    assert field(on, "model.head.kind").choices == ("linear", "last-layer")
    experiment = check(on).experiment
    assert experiment is not None
    assert experiment.model.head is not None
    assert changed(on, field(on, "model.head"), "off") == values
    assert "model.head.kind" not in {f.path for f in fields_of(values)}


def test_backprop_keeps_the_head_that_is_there(values: dict) -> None:
    on = changed(values, field(values, "model.head"), "on")
    on = changed(on, field(on, "model.head.normalisation"), "rms")
    assert (
        changed(on, field(on, "phases.0.rule"), "backprop")["model"]["head"]["normalisation"]
        == "rms"
    )
