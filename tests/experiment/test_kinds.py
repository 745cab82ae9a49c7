"""Registries of descriptions, and plugins that add to them."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from fftui.errors import ExperimentError
from fftui.experiment import LAYERS, PHASES, Config, Experiment, LayerConfig, PhaseConfig
from fftui.experiment.choices import choices
from fftui.experiment.field_errors import validated
from fftui.plugins import load_plugins, plugin_failures
from fftui.tui.field_changes import changed
from fftui.tui.fields import check, fields_of

Install = Callable[[str], None]
LAYER = """
from typing import Literal
from fftui.experiment import LAYERS, FullyConnected

@LAYERS.add
class Sparse(FullyConnected):
    kind: Literal["sparse"] = "sparse"
    share: float = 0.1
"""


def values(layer: dict[str, Any], **phase: Any) -> dict[str, Any]:
    return {"model": {"layers": [layer]}, "phases": [{"rule": "forward-forward"} | phase]}


@pytest.mark.parametrize("registry", [LAYERS, PHASES])
def test_every_description_is_found_by_its_tag(registry: Any) -> None:
    for name, description in registry.items():
        assert registry.find(name) is registry.get(name) is description
        assert getattr(registry.validate({registry.tag: name}), registry.tag) == name
        made = description()
        assert registry.validate(made) is made


def test_an_unknown_kind_is_named_with_the_nearest() -> None:
    assert LAYERS.find("convolutoin") is None
    with pytest.raises(ExperimentError, match="not 'convolutoin'; did you mean 'convolution'"):
        LAYERS.get("convolutoin")


def test_a_description_needs_a_base_and_a_name_of_its_own(registries: None) -> None:
    class Nameless(PhaseConfig):
        pass

    class Other(PhaseConfig):
        rule: Literal["backprop"] = "backprop"

    for wrong, said in ((Nameless, "needs a name"), (Other, "give it another"), (Config, "derive")):
        with pytest.raises(ExperimentError, match=said):
            PHASES.add(wrong)


def test_a_plugin_is_loaded_where_its_kind_is_asked_for(plugin: Install) -> None:
    plugin(LAYER)
    made = Experiment.model_validate(values({"kind": "sparse", "units": 7}))
    assert (made.model.layers[0].kind, made.model.layers[0].groups) == ("sparse", 7)
    assert Experiment.model_validate(made.model_dump(mode="json")) == made


def test_the_form_and_the_messages_know_a_kind_of_a_plugin(plugin: Install) -> None:
    plugin(LAYER)
    made = {"model": {"layers": [{"units": 5}]}, "phases": [{"rule": "forward-forward"}]}
    kind = next(f for f in fields_of(made) if f.path == "model.layers.0.kind")
    assert kind.choices[-1] == "sparse"
    again = changed(made, kind, "sparse")
    assert "model.layers.0.share" in {f.path for f in fields_of(again)}
    assert check(again).experiment is not None
    with pytest.raises(ExperimentError, match=r"'shre' in model\.layers\.0; did you mean 'share'"):
        validated(Experiment, values({"kind": "sparse", "shre": 1.0}), "here")


def test_a_plugin_that_fails_is_named_where_a_kind_is_unknown(plugin: Install) -> None:
    plugin("import nothing_that_exists")
    said = "not 'sparse'; the plugin 'mine' of .* cannot be loaded: ModuleNotFoundError"
    with pytest.raises(ExperimentError, match=said):
        Experiment.model_validate(values({"kind": "sparse"}))
    assert "the plugin 'mine'" in check(values({"kind": "sparse"})).errors[""]
    assert len(plugin_failures()) == 1
    assert Experiment.model_validate(values({"units": 3})), "what needs no plugin is not disturbed"


def test_plugins_are_loaded_once(plugin: Install) -> None:
    plugin(
        "from fftui.experiment import choices\nchoices.add_choice('loss', 'm' * (1 + len("
        "[n for n in choices.choices('loss') if set(n) == {'m'}])))"
    )
    load_plugins()
    load_plugins()
    assert [name for name in choices("loss") if set(name) == {"m"}] == ["m"]


def test_a_loss_of_a_plugin_is_a_choice(plugin: Install) -> None:
    plugin(
        "from fftui.experiment.choices import add_choice\n"
        "add_choice('loss', 'a-plugins', ('threshold',))"
    )
    made = Experiment.model_validate(values({"units": 3}, loss="a-plugins", threshold=3.0))
    assert made.phases[0].shown_threshold == 3.0
    said = r"phases\.0\.loss: should be one of .*, a-plugins, not 'a-plugns'; did you mean"
    with pytest.raises(ExperimentError, match=said):
        validated(Experiment, values({"units": 3}, loss="a-plugns"), "here")


def test_a_layer_without_facts_cannot_be_made() -> None:
    class Facts(LayerConfig):
        kind: Literal["facts"] = "facts"

    with pytest.raises(TypeError, match="abstract"):
        Facts()  # type: ignore[abstract]
