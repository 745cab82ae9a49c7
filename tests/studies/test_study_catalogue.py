"""Every study is data that can be carried out: at both scales, on all sets."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fftui.data.adding import add_set
from fftui.data.catalogue import DATA_NAMES, SETS
from fftui.data.verify import data_folder
from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.studies.matching import identity
from fftui.studies.report import MEASURES
from fftui.studies.study import Scale, Study, Trial
from fftui.studies.study_catalogue import PAPER_SETS, STUDIES, find_study, present_sets

WHOLE: dict[tuple[str, Scale], Study] = {}


def built(name: str, scale: Scale = "full") -> Study:
    if (name, scale) not in WHOLE:
        WHOLE[name, scale] = STUDIES[name].build(scale, DATA_NAMES, 2)
    return WHOLE[name, scale]


def trial_of(study: Study, **values: object) -> Trial:
    """The first trial whose condition has these values."""
    return next(t for t in study.trials if values.items() <= dict(t.condition.values).items())


def phase(experiment: Experiment, number: int = 0) -> dict[str, Any]:
    return experiment.phases[number].model_dump()


@pytest.mark.parametrize("scale", ["full", "quick"])
@pytest.mark.parametrize("name", STUDIES)
def test_every_trial_of_every_study_is_an_experiment(name: str, scale: Scale) -> None:
    study = built(name, scale)
    assert study.trials
    assert (study.title, study.question[-1]) == (STUDIES[name].title, "?")
    columns = {tuple(column for column, _ in condition.values) for condition in study.conditions}
    assert len(columns) == 1  # a table has the same columns in every row
    assert len(study.trials) == 2 * len(study.conditions)
    assert [trial.experiment.seed for trial in study.trials] == sorted(
        [0, 1] * len(study.conditions)
    )
    assert set(study.measures) <= set(MEASURES)
    for trial in study.trials:
        assert trial.experiment == Experiment.model_validate(trial.experiment.model_dump())
        assert trial.experiment.data.name == dict(trial.condition.values)["data"]


def test_where_memory_is_compared_every_run_has_a_process_of_its_own() -> None:
    """Of linear-vs-attention the time too; of Table 1 Figure 4 draws memory and power."""
    needed = {"linear-vs-attention": "alone", "table-1": "own", "field": "own"}
    for name in STUDIES:
        processes = {trial.process for trial in built(name).trials}
        assert processes == {needed.get(name, "shared")}, name


@pytest.mark.parametrize("name", STUDIES)
def test_quick_is_on_the_shipped_digits_and_small(name: str) -> None:
    study = built(name, "quick")
    assert {trial.experiment.data.name for trial in study.trials} == {"mnist-mini"}
    assert any("quick" in note for note in study.notes)
    for trial in study.trials:
        layers = trial.experiment.model_dump()["model"]["layers"]
        assert max(layer.get("units", 0) for layer in layers) <= 300
        assert trial.experiment.evaluation.images <= 200


@pytest.mark.parametrize("name", STUDIES)
def test_conditions_differ_in_more_than_their_names(name: str) -> None:
    for scale in ("full", "quick"):
        first = [trial for trial in built(name, scale).trials if trial.experiment.seed == 0]
        same: dict[str, list[str]] = {}
        for trial in first:
            same.setdefault(identity(trial.experiment), []).append(trial.condition.text)
        # Forward-Forward alone may be the control of either hybrid.
        repeated = [
            texts
            for texts in same.values()
            if len(texts) > 1
            and "forward-forward" not in texts[-1]
            # networks of one size may have one control
            and not all(text.endswith("by backprop") for text in texts)
            # at small scale a method has one width
            and not (scale == "quick" and len({text.replace("-half", "") for text in texts}) == 1)
        ]
        assert not repeated


def test_sets_that_are_not_here_are_skipped_with_a_line() -> None:
    study = STUDIES["table-1"].build("full", ["mnist"], 1)
    assert {dict(condition.values)["data"] for condition in study.conditions} == {"mnist"}
    assert "svhn is not on this machine: skipped (fftui data get svhn)" in study.notes
    assert len([note for note in study.notes if "skipped" in note]) == len(PAPER_SETS) - 1


def test_only_the_sets_asked_for() -> None:
    study = STUDIES["table-1"].build("full", DATA_NAMES, 1, ["svhn", "mnist-mini"])
    assert {dict(condition.values)["data"] for condition in study.conditions} == {
        "svhn",
        "mnist-mini",
    }
    assert not study.notes


def test_what_is_here_is_found(tmp_path: Any) -> None:
    assert present_sets(tmp_path) == {"mnist-mini"}
    assert present_sets(data_folder()) >= {"mnist-mini"}


@pytest.fixture
def hundred_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A set of one's own with more classes than the layers of `local-ce-cnn` have channels."""
    return _plants(12, tmp_path, monkeypatch)


def _plants(side: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Keep a set of 100 classes; returns its name."""
    images = np.arange(400 * side**2, dtype=np.uint32).reshape(400, side, side).astype(np.uint8)
    np.savez(folder / "plants.npz", images=images, labels=np.arange(400) % 100)
    monkeypatch.setenv("FFTUI_DATA", str(folder / "data"))
    add_set("plants", folder / "plants.npz")
    return "plants"


@pytest.mark.parametrize("scale", ["full", "quick"])
@pytest.mark.parametrize("name", STUDIES)
def test_rows_that_do_not_fit_ones_own_set_are_left_out_in_a_line(
    name: str, scale: Scale, hundred_classes: str
) -> None:
    study = STUDIES[name].build(scale, [hundred_classes], 1, [hundred_classes])
    methods = {str(dict(condition.values)["method"]) for condition in study.conditions}
    left_out = [note for note in study.notes if "left out" in note]
    assert methods
    assert len(left_out) == len(set(left_out))
    if name == "hybrid":
        assert methods == {"hybrid", "hybrid-reverse"}
        assert "paper/hybrid-raw is not meant for plants: left out" in left_out
    if name == "architectures":
        assert {"ff", "cnn", "local-ce"} <= methods
        assert "local-ce-cnn" not in methods
        (note,) = (note for note in left_out if note.startswith("local-ce-cnn"))
        assert "local-ce-cnn does not fit plants: left out (" in note
        assert "100 groups" in note


# layers of `depth` are fully connected, with a label beside the pixels: any images fit
@pytest.mark.parametrize("name", sorted(set(STUDIES) - {"depth"}))
def test_images_too_small_for_their_classes_are_left_out_and_not_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plants = _plants(8, tmp_path, monkeypatch)
    for scale in ("full", "quick"):
        notes = STUDIES[name].build(scale, [plants], 1, [plants]).notes
        assert any("left out" in note and "plants" in note for note in notes)


def test_an_unknown_study_names_the_nearest() -> None:
    assert find_study("table-1").name == "table-1"
    with pytest.raises(RequestError, match="did you mean 'threshold'"):
        find_study("treshold")


def test_the_papers_numbers_stand_beside() -> None:
    table = built("table-1")
    assert trial_of(table, data="mnist", method="paper/ff").condition.paper == 97.14
    assert trial_of(table, data="cifar10", method="backprop").condition.paper == 53.88
    samples = built("sample-complexity")
    assert trial_of(samples, data="mnist", images=1000, method="paper/ff").condition.paper == 11.2
    assert (
        trial_of(samples, data="mnist", images=1000, method="paper/backprop").condition.paper
        == 88.9
    )
    assert (
        trial_of(
            samples, data="mnist", images=1000, method="paper/ff at equal updates"
        ).condition.paper
        is None
    )
    assert (
        trial_of(built("architectures"), method="paper/cnn", change="as it is").condition.paper
        == 10.75
    )


@pytest.mark.parametrize("scale", ["full", "quick"])
def test_equal_updates_are_equal(scale: Scale) -> None:
    for trial in built("sample-complexity", scale).trials:
        values = dict(trial.condition.values)
        if values["method"] == "paper/ff at equal updates":
            whole = trial_of(
                built("sample-complexity", scale),
                data=values["data"],
                images=max(dict(t.condition.values)["images"] for t in _on(values["data"], scale)),
                method="paper/ff",
            )
            steps, wanted = (_steps_of_a_layer(each.experiment) for each in (trial, whole))
            assert abs(steps - wanted) <= math.ceil(
                values["images"] / phase(trial.experiment)["batch_size"]
            )  # type: ignore[operator]


def _on(data: object, scale: Scale) -> list[Trial]:
    return [
        t
        for t in built("sample-complexity", scale).trials
        if dict(t.condition.values)["data"] == data
    ]


def _steps_of_a_layer(experiment: Experiment) -> int:
    images = experiment.data.train_images or SETS[experiment.data.name].train_images
    learned = phase(experiment)
    return int(learned["epochs"] * math.ceil(images / learned["batch_size"]))


def test_in_the_sample_complexity_both_methods_see_the_same() -> None:
    for trial in built("sample-complexity").trials:
        values = dict(trial.condition.values)
        if values["method"] == "ff":
            other = trial_of(
                built("sample-complexity"), **(values | {"method": "backprop"})
            ).experiment
            mine = trial.experiment
            assert (mine.data.shift, mine.data.flip) == (other.data.shift, other.data.flip)
            assert mine.data.shift >= 1
            assert phase(mine)["epochs"] == phase(other)["epochs"]
        if values["method"] == "paper/ff":
            assert phase(trial.experiment)["threshold"] == 15.0
            assert trial.experiment.data.shift == 0


@pytest.mark.parametrize("scale", ["full", "quick"])
def test_a_hybrids_controls_differ_from_it_in_one_thing(scale: Scale) -> None:
    study = built("hybrid", scale)

    def of(method: str, change: str) -> Experiment:
        return trial_of(study, method=method, change=change).experiment

    hybrid = of("hybrid", "as it is")
    random = "backprop from random weights, "
    assert of("hybrid", "forward-forward alone").phases == hybrid.phases[:1]
    assert of("hybrid", f"{random}equal backprop epochs").phases == hybrid.phases[1:]
    total = phase(of("hybrid", f"{random}equal total epochs"))
    assert total["epochs"] > phase(hybrid, 1)["epochs"]
    assert total | {"epochs": 0} == phase(hybrid, 1) | {"epochs": 0}
    assert total["epochs"] == sum(each.epochs for each in hybrid.phases)  # all layers in parallel

    back = of("hybrid-reverse", "as it is")
    assert of("hybrid-reverse", "forward-forward from random weights").phases == back.phases[1:]
    assert of("hybrid-reverse", "backprop alone").phases == back.phases[:1]
    paper = of("paper/hybrid", "as it is")
    assert phase(of("paper/hybrid", "weights kept"), 1) == phase(paper, 1) | {"weights": "kept"}
    assert phase(of("paper/hybrid", "normalised inputs"), 1) == phase(paper, 1) | {
        "inputs": "normalised"
    }


@pytest.mark.parametrize("scale", ["full", "quick"])
def test_the_hybrids_of_the_papers_text_stand_beside_their_first_phase(scale: Scale) -> None:
    study = built("hybrid", scale)
    first = {"hybrid-text": "forward-forward alone", "hybrid-reverse-text": "backprop alone"}
    for name, change in first.items():
        whole = trial_of(study, method=f"paper/{name}", change="as it is")
        alone = trial_of(study, method=f"paper/{name}", change=change)
        assert alone.experiment.phases == whole.experiment.phases[:1]
        assert whole.condition.paper == (10.0 if scale == "full" else None)
        learned = {phase.rule: phase for phase in whole.experiment.phases}["forward-forward"]
        assert learned.shown_threshold == (15.0 if scale == "full" else 0.5)


def test_linear_layers_are_compared_with_the_attention_of_the_papers_metrics() -> None:
    methods = [dict(c.values)["method"] for c in built("linear-vs-attention").conditions]
    assert set(methods) == {"paper/ff", "paper/attention-metrics"}


def test_the_ablation_changes_one_thing_at_a_time_from_either_side() -> None:
    study = built("architectures")
    for method in ("paper/cnn", "cnn"):
        of_mnist = [
            str(dict(c.values)["change"])
            for c in study.conditions
            if (dict(c.values)["data"], dict(c.values)["method"]) == ("mnist", method)
        ]
        named = [change.split(maxsplit=1)[0] for change in of_mnist if "→" in change]
        assert named == ["normalisation", "learning", "goodness", "loss", "label"]
        for change in of_mnist:
            if "→" in change:
                _differs_in_one_thing(study, method, change)


def _differs_in_one_thing(study: Study, method: str, change: str) -> None:
    base = "20 epochs a layer" if method == "paper/cnn" else "as it is"
    one, other = (
        trial_of(study, data="mnist", method=method, change=each).experiment.model_dump()
        for each in (base, change)
    )
    differ = {
        path
        for path in ("model.layers", "model.label", "phases")
        if _at(one, path) != _at(other, path)
    }
    where = {"normalisation": "model.layers", "label": "model.label"}.get(
        change.split(maxsplit=1)[0], "phases"
    )
    assert differ == {where}


def _at(values: Any, path: str) -> object:
    for part in path.split("."):
        values = values[part]
    return values


def test_orders_are_compared_at_equal_epochs_and_otherwise_alike() -> None:
    study = built("parallel-layers")
    for method in ("ff", "paper/ff", "local-ce"):
        one, other = (
            trial_of(study, method=method, order=order).experiment.model_dump()
            for order in ("layer-wise", "parallel")
        )
        assert one["phases"][0] | {"order": ""} == other["phases"][0] | {"order": ""}
        assert one | {"phases": ()} == other | {"phases": ()}
