"""Drafts: what is typed, added, moved and reset, and what then differs from the preset."""

from collections.abc import Callable

import pytest

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.presets import load_preset
from fftui.tui.draft import Draft, Entry
from fftui.tui.fields import Field


def on(name: str) -> Experiment:
    return load_preset("paper/ff", name)


@pytest.fixture
def draft() -> Draft:
    return Draft.of(on("mnist"), on("mnist"))


def field(draft: Draft, path: str) -> Field:
    return next(each for each in draft.fields if each.path == path)


def typed(draft: Draft, path: str, *texts: str) -> Draft:
    """`texts`, one after the other, in the field at `path`."""
    for text in texts:
        draft = draft.typed(field(draft, path), text, on)
    return draft


def units(draft: Draft) -> list[int]:
    experiment = draft.check.experiment
    assert experiment is not None
    return [layer.units for layer in experiment.model.layers]  # type: ignore[attr-defined]


def test_nothing_is_changed_at_first(draft: Draft) -> None:
    assert (draft.count, draft.changes, draft.new_entries) == (0, {}, ())
    assert draft.check.experiment == on("mnist")


def test_a_change_has_the_presets_text_beside_it(draft: Draft) -> None:
    made = typed(draft, "phases.0.epochs", "5")
    assert made.changes == {"phases.0.epochs": "60"}
    assert made.count == 1
    assert typed(made, "phases.0.epochs", "60").count == 0
    assert made.reset(field(made, "phases.0.epochs")).values == draft.values


def test_what_does_not_fit_is_kept_as_it_was_typed(draft: Draft) -> None:
    made = typed(draft, "phases.0.epochs", "many")
    assert made.text_of(field(made, "phases.0.epochs")) == "many"
    assert list(made.check.errors) == ["phases.0.epochs"]
    number = typed(draft, "model.layers.count", "4", "")
    assert number.text_of(field(number, "model.layers.count")) == ""
    assert number.check.experiment is None
    assert "from 1 to 64" in number.check.errors["model.layers.count"]
    assert number.reset(field(number, "model.layers.count")).check.experiment == on("mnist")


def test_letters_that_are_typed_replace_each_other(draft: Draft) -> None:
    changed = typed(draft, "model.layers.3.units", "77")
    shorter = typed(changed, "model.layers.count", "1", "12", "1", "4")
    assert units(shorter) == [2000, 2000, 2000, 77], "the layers that were there before"


def test_going_through_the_rules_ends_where_it_began(draft: Draft) -> None:
    round_trip = typed(draft, "phases.0.rule", "local-ce", "backprop", "forward-forward")
    assert round_trip.values == draft.values
    assert round_trip.count == 0


def test_a_layer_is_added_below_and_its_kind_chosen(draft: Draft) -> None:
    first = typed(draft, "model.layers.0.units", "50")
    made = first.with_entry_after(Entry("model.layers", 0))
    assert units(made) == [50, 50, 2000, 2000, 2000]
    assert made.new_entries == ("model.layers.1",)
    assert made.changes == {"model.layers.0.units": "2000", "model.layers.count": "4"}
    assert made.count == 2, "the units of the first layer, and a new layer"
    other = typed(made, "model.layers.1.kind", "convolution")
    assert other.values["model"]["layers"][1]["kind"] == "convolution"
    assert other.count == 2


def test_a_layer_is_removed(draft: Draft) -> None:
    made = typed(draft, "model.layers.2.units", "9").without_entry(Entry("model.layers", 0))
    assert units(made) == [2000, 9, 2000]
    assert made.changes == {"model.layers.1.units": "2000", "model.layers.count": "4"}
    assert made.count == 2
    back = made.reset(field(made, "model.layers.count"))
    assert back.values == draft.values


def test_layers_are_moved_with_their_changes(draft: Draft) -> None:
    made = typed(draft, "model.layers.0.units", "9").with_entry_moved(Entry("model.layers", 0), 1)
    assert units(made) == [2000, 9, 2000, 2000]
    assert made.moved_entries == {"model.layers.0": 1, "model.layers.1": 0}
    assert made.changes["model.layers.1.units"] == "2000"
    assert made.with_entry_moved(Entry("model.layers", 1), -1).count == 1


def test_a_phase_is_added_and_gets_another_rule(draft: Draft) -> None:
    made = draft.with_entry_after(Entry("phases", 0))
    made = typed(made, "phases.1.rule", "backprop")
    experiment = made.check.experiment
    assert experiment is not None
    assert [phase.rule for phase in experiment.phases] == ["forward-forward", "backprop"]
    assert experiment.model.head is not None
    assert made.new_entries == ("phases.1",)


def test_a_kind_is_reset_with_all_its_fields(draft: Draft) -> None:
    made = typed(draft, "model.layers.0.units", "9")
    made = typed(made, "model.layers.0.kind", "convolution")
    assert made.reset(field(made, "model.layers.0.kind")).values == draft.values


def test_a_field_of_a_new_layer_has_nothing_to_go_back_to(draft: Draft) -> None:
    made = draft.with_entry_after(Entry("model.layers", 3))
    assert made.reset(field(made, "model.layers.4.units")) is made


def test_another_data_set_brings_its_values_and_keeps_what_was_changed(draft: Draft) -> None:
    made = typed(draft, "phases.0.epochs", "3").with_entry_after(Entry("model.layers", 3))
    made = typed(made, "data.name", "cifar100", "fashion-mnist")
    experiment = made.check.experiment
    assert experiment is not None
    assert experiment.data.name == "fashion-mnist"
    phase = experiment.phases[0]
    assert (phase.threshold, phase.epochs) == (10.0, 3)  # type: ignore[union-attr]
    assert len(experiment.model.layers) == 5
    assert made.changes == {"phases.0.epochs": "60", "model.layers.count": "4"}


def test_a_set_that_the_preset_is_not_meant_for_is_said(draft: Draft) -> None:
    def refused(name: str) -> Experiment:
        raise ExperimentError(f"not meant for {name}")

    made = draft.typed(field(draft, "data.name"), "kmnist", refused)
    assert made.check.experiment is None
    assert "not meant for kmnist" in made.check.errors["data.name"]
    assert made.text_of(field(made, "data.name")) == "kmnist"
    assert typed(made, "data.name", "mnist").check.experiment == on("mnist")


def test_a_run_is_compared_with_its_preset() -> None:
    asked = load_preset("paper/ff", "mnist", {"seed": 3})
    shorter = asked.model_dump(mode="json")
    shorter["model"]["layers"] = shorter["model"]["layers"][:2]
    draft = Draft.of(Experiment.model_validate(shorter), on("mnist"))
    assert draft.changes == {"seed": "0", "model.layers.count": "4"}
    assert draft.count == 3, "the seed and two layers"


@pytest.mark.parametrize(
    "change", [lambda d: typed(d, "seed", "3"), lambda d: d.reset(d.fields[0])]
)
def test_a_draft_is_never_changed_itself(draft: Draft, change: Callable[[Draft], Draft]) -> None:
    change(draft)
    assert draft.check.experiment == on("mnist")
