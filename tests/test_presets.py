"""Presets: each makes an experiment on each of its data sets; what does not fit is
refused by name.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import ExperimentError
from fftui.experiment import LAYERS, PHASES, Experiment, FullyConnected
from fftui.experiment.values import parse_overrides, parse_value, set_value
from fftui.presets import list_presets, load_config, load_preset, read_preset

PAPERS = [preset.name for preset in list_presets() if preset.name.startswith("paper/")]
EVERY = [(preset.name, data) for preset in list_presets() for data in preset.data_sets]


@pytest.mark.parametrize(("name", "data"), EVERY)
def test_every_preset_fits_every_data_set_it_names(name: str, data: str) -> None:
    experiment = load_preset(name, data)
    assert experiment.data.name == data
    assert read_preset(name).description


def test_quickstart_comes_first_and_the_papers_before_those_of_later_papers() -> None:
    names = [preset.name for preset in list_presets()]
    assert names[0] == "quickstart"
    assert {"ff", "backprop", "paper/ff", "paper/backprop"} <= set(names)
    folders = [name.rpartition("/")[0] for name in names]
    assert list(dict.fromkeys(folders)) == ["", "paper", "field"]


@pytest.mark.parametrize(
    ("data", "threshold"),
    [
        ("mnist", 15.0),
        ("fashion-mnist", 10.0),
        ("svhn", 10.0),
        ("cifar10", 10.0),
        ("cifar100", 1.0),
    ],
)
def test_the_papers_thresholds(data: str, threshold: float) -> None:
    experiment = load_preset("paper/ff", data)
    phase = experiment.phases[0]
    assert phase.rule == "forward-forward"
    assert (phase.threshold, phase.learning_rate, phase.batch_size, phase.epochs) == (
        threshold,
        0.02,
        512,
        60,
    )
    assert [layer.units for layer in experiment.model.layers] == [2000] * 4
    assert phase.negatives == "fixed"


@pytest.mark.parametrize("name", PAPERS)
def test_the_paper_ran_in_float32(name: str) -> None:
    preset = read_preset(name)
    assert {load_preset(name, data).precision for data in preset.data_sets} == {"float32"}


def test_the_papers_cnn_sums_pooled_outputs_of_all_layers() -> None:
    phase = load_preset("paper/cnn").phases[0]
    assert phase.rule == "forward-forward"
    assert (phase.prediction, phase.goodness) == ("all-outputs", "position-mean-square")


@pytest.mark.parametrize(
    ("name", "rates", "thresholds"),
    [
        ("attention-frozen", 0.02, [2, 2, 2, 2, 2]),
        ("attention", (1e-3, 0.02, 0.02, 0.02), [15, 10, 10, 10, 1]),
        ("attention-metrics", (1e-4, 0.02, 0.02, 0.02), [15, 10, 10, 10, 1]),
    ],
)
def test_the_papers_attention_networks(
    name: str, rates: float | tuple[float, ...], thresholds: list[float]
) -> None:
    sets = ("mnist", "fashion-mnist", "svhn", "cifar10", "cifar100")
    experiments = [load_preset(f"paper/{name}", data) for data in sets]
    assert [each.phases[0].shown_threshold for each in experiments] == thresholds
    assert {each.phases[0].learning_rate for each in experiments} == {rates}
    assert {each.model.layers[0].image_normalisation for each in experiments} == {"l2"}


def test_the_hybrids_of_the_papers_text_and_of_its_notebooks() -> None:
    """Units, then rule, epochs and learning rate of both phases."""
    found = {
        name.removeprefix("paper/"): (
            [layer.units for layer in load_preset(name).model.layers],
            [(p.rule, p.epochs, p.learning_rate) for p in load_preset(name).phases],
        )
        for name in PAPERS
        if "hybrid" in name
    }
    small, ff, back = [600, 500, 10], "forward-forward", "backprop"
    assert found == {
        "hybrid": (small, [(ff, 1000, 0.03), (back, 20, 1e-4)]),
        "hybrid-raw": (small, [(ff, 1000, 0.03), (back, 20, 1e-3)]),
        "hybrid-reverse": (small, [(back, 20, 1e-3), (ff, 1000, 1e-3)]),
        "hybrid-text": ([250, 110, 10], [(ff, 60, 0.02), (back, 20, 1e-4)]),
        "hybrid-reverse-text": ([2000] * 4, [(back, 20, 6.7e-4), (ff, 60, 1e-3)]),
    }


def test_the_papers_backprop_layers() -> None:
    assert [layer.units for layer in load_preset("paper/backprop", "svhn").model.layers] == [75, 50]
    assert [layer.units for layer in load_preset("paper/backprop", "mnist").model.layers] == [
        250,
        110,
    ]


@pytest.mark.parametrize("data", read_preset("paper/backprop").data_sets)
def test_the_papers_backprop_differs_by_its_loader_alone(data: str) -> None:
    plain = load_preset("paper/backprop", data)
    as_timed = load_preset("paper/backprop-per-image", data)
    assert as_timed.data.loader == "per-image"
    same = {"name": plain.name, "description": plain.description, "data.loader": "tensor"}
    assert as_timed.changed(same) == plain


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("phases.0.learning_rte=0.1", "did you mean 'learning_rate'?"),
        ("phasess.0.epochs=1", "did you mean 'phases'?"),
        ("data.nme=mnist", "did you mean 'name'?"),
        ("phases.0.epochs=soon", "phases.0.epochs"),
        ("phases.0.epochs=0", "greater than or equal to 1"),
        ("phases.3.epochs=1", "0 is the only one"),
        ("phases.0.negatives=wrong", "'fixed', 'random' or 'hard'"),
        ("seed.x=1", "seed"),
        ("epochs", "path=value"),
        ("data.validation_images=5000", "5000 training images"),
        ("model.layers.0.units=1.5", "model.layers.0.units"),
        ("phases.0.rule=backprop", "phases.0"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(override: str, said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_preset("quickstart", overrides=parse_overrides([override]))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            'model.layers.0={kind="convolution", chanels=3}',
            "unknown key 'chanels' in model.layers.0; did you mean 'channels'?",
        ),
        (
            'model.layers.0={kind="self-attention", hads=3}',
            "unknown key 'hads' in model.layers.0; did you mean 'heads'?",
        ),
        (
            "model.layers.0.channels=3",
            "unknown key 'channels' in model.layers.0; convolution has it",
        ),
        ("model.layers.0.unit=3", "unknown key 'unit' in model.layers.0; did you mean 'units'?"),
        (
            'model.layers.0={kind="convolution", channels=0}',
            "model.layers.0.channels: input should be greater",
        ),
        ("model.layers.0.kind=convoluton", "not 'convoluton'; did you mean 'convolution'?"),
        ("model.layers.0=5", "model.layers.0: should be a table, not 5"),
        ("model.convolution=5", "unknown key 'convolution' in model"),
        (
            "model.head=true",
            "model.head: should be a table of kind, normalisation, layers, pool, not True",
        ),
        ("model.head.kid=linear", "unknown key 'kid' in model.head; did you mean 'kind'?"),
        ("model.label.encodin=none", " in model.label; did you mean 'encoding'?"),
        ("epochs=3", "unknown key 'epochs' in the experiment; did you mean phases.0.epochs?"),
        ("units=3", "did you mean model.layers.0.units?"),
        ("elastic=1", "did you mean data.augment.elastic?"),
        ("phases.0.lr=3", "unknown key 'lr' in phases.0; there are rule, epochs"),
        ('phases.0={rule="local-ce", treshold=3}', "unknown key 'treshold' in phases.0"),
        (
            'phases.0={rule="local-ce", threshold=3}',
            "unknown key 'threshold' in phases.0; forward-forward has it",
        ),
        (
            'phases.0={rule="locl-ce"}',
            f"phases.0.rule: should be one of {', '.join(PHASES.names)}, not 'locl-ce'",
        ),
        (
            "phases.0={epochs=3}",
            f"phases.0.rule: should be one of {', '.join(PHASES.names)}",
        ),
    ],
)
def test_messages_name_the_kinds_and_rules_that_have_a_key(override: str, said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        load_preset("paper/ff", "mnist", overrides=parse_overrides([override]))
    assert said in str(caught.value)
    assert not any(f".{tag}." in str(caught.value) for tag in (*LAYERS.names, *PHASES.names))


def test_a_table_that_is_null_can_be_written_into() -> None:
    values = {"model": {"head": None}}
    set_value(values, "model.head.kind", "linear")
    assert values == {"model": {"head": {"kind": "linear"}}}


def test_one_wrong_field_is_one_message() -> None:
    with pytest.raises(ExperimentError) as caught:
        load_preset("quickstart", overrides=parse_overrides(["phases.0.learning_rate=abc"]))
    said = "preset quickstart: phases.0.learning_rate: input should be a valid number, not 'abc'"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "table", ["[on.cifar1O0]", "[reports]\nmnits = 1.0", 'data_sets = ["mnist", "svnh"]']
)
def test_a_preset_that_names_no_set_is_refused(
    tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text(f'description = "x"\n{table}\n')
    monkeypatch.setattr("fftui.presets.presets_folder", lambda: tmp_path)
    with pytest.raises(ExperimentError, match="no data set is called"):
        read_preset("mine")


def test_unknown_presets_and_sets_name_the_nearest() -> None:
    with pytest.raises(ExperimentError, match="did you mean 'paper/ff'"):
        load_preset("papr/ff")
    with pytest.raises(ExperimentError, match="did you mean 'fashion-mnist'"):
        load_preset("ff", "fashion_mnist")
    with pytest.raises(ExperimentError, match="no preset"):
        read_preset("../pyproject")


def test_overrides_reach_every_kind_of_field() -> None:
    experiment = load_preset(
        "ff",
        "cifar10",
        parse_overrides(
            ["phases.0.learning_rate=0.5", "data.name=mnist", "model.layers.1.units=7", "seed=9"]
        ),
        seed=3,
    )
    assert (experiment.phases[0].learning_rate, experiment.data.name) == (0.5, "mnist")
    assert (experiment.model.layers[1].units, experiment.seed) == (7, 3)
    assert experiment.data.normalisation == "unit", (
        "the data set named by --set selects the preset's values"
    )
    assert (
        load_preset("ff", overrides=parse_overrides(["data.train_images=null"])).data.train_images
        is None
    )


def test_a_config_round_trips(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text('[model]\nlayers = [{ units = 3 }]\n[[phases]]\nrule = "forward-forward"\n')
    assert load_config(path, parse_overrides(["seed=4"])).seed == 4
    path.write_text("model = [")
    with pytest.raises(ExperimentError, match="not valid TOML"):
        load_config(path)
    with pytest.raises(ExperimentError, match="cannot be read"):
        load_config(tmp_path / "none.toml")


@given(st.one_of(st.integers(-(2**60), 2**60), st.booleans(), st.text("abcdefgh-", min_size=1)))
def test_values_are_read_as_toml_or_stand_for_themselves(value: object) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert parse_value(text) == value


def test_setting_a_key_of_a_value_is_refused() -> None:
    with pytest.raises(ExperimentError, match="not a table"):
        set_value({"seed": 1}, "seed.a.b", 2)


def test_an_experiment_is_frozen_and_compares_by_value() -> None:
    experiment: Experiment = load_preset("ff")
    assert experiment == load_preset("ff")
    with pytest.raises(Exception, match="frozen"):
        experiment.seed = 3  # type: ignore[misc]


@pytest.mark.parametrize("preset", ["backprop", "paper/backprop"])
def test_the_baselines_see_every_pixel(preset: str) -> None:
    assert load_preset(preset).model.label.encoding == "none"


def test_the_older_name_of_init_is_read() -> None:
    """`start` in an experiment.toml of an older version, and in a `--set` on top of a preset that
    has `init`.
    """
    older = Experiment.model_validate(
        {
            "model": {"layers": [{"units": 20, "start": "normal"}], "label": {"encoding": "none"}},
            "phases": [{"rule": "local-ce"}],
        }
    )
    assert older.model.layers[0] == FullyConnected(units=20, init="normal")
    assert "start" not in older.model_dump_json()
    assert (
        load_preset("ff", overrides=parse_overrides(["model.layers.0.start=uniform"]))
        .model.layers[0]
        .init
        == "uniform"
    )
