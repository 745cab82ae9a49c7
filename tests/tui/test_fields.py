import pytest

from fftui.experiment import Experiment
from fftui.presets import load_preset
from fftui.tui.fields import changed, check, fields_of, values_of


@pytest.fixture
def values() -> dict:
    return values_of(load_preset("paper/ff", "mnist"))


def field(values: dict, path: str):
    return next(f for f in fields_of(values) if f.path == path)


def leaves(values: object, path: str = "") -> set[str]:
    if isinstance(values, dict):
        return set().union(*(leaves(v, f"{path}.{k}" if path else k) for k, v in values.items()))
    if isinstance(values, list) and values and isinstance(values[0], dict):
        return set().union(*(leaves(v, f"{path}.{i}") for i, v in enumerate(values)))
    return {path}


def test_every_value_of_an_experiment_is_a_field(values: dict) -> None:
    assert {f.path for f in fields_of(values) if f.name != "count"} == leaves(values)


def test_what_is_written_is_what_was_there(values: dict) -> None:
    again = values
    for each in fields_of(values):
        if each.name not in ("count", "rule", "kind"):
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
    assert made.model.head
    assert "phases.0.threshold" not in {f.path for f in fields_of(backprop)}
    forth = check(changed(backprop, field(backprop, "phases.0.rule"), "forward-forward")).experiment
    assert forth is not None
    assert forth.phases[0].rule == "forward-forward"


def test_choices_and_bounds_are_told(values: dict) -> None:
    assert field(values, "precision").choices == ("auto", "float32", "bfloat16")
    assert set(field(values, "phases.0.rule").choices) == {"forward-forward", "backprop"}
    assert "≥ 1" in field(values, "phases.0.epochs").description
    assert field(values, "data.train_images").nullable
