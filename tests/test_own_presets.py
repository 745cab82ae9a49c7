"""One's own presets: saved, found like any other, overwritten, deleted; fftui's own stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fftui.errors import ExperimentError, RequestError
from fftui.own_presets import delete_preset, preset_path, save_preset
from fftui.presets import (
    damaged_presets,
    list_presets,
    load_preset,
    own_presets_folder,
    read_preset,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("FFTUI_PRESETS", str(tmp_path / "presets"))
    yield tmp_path / "presets"


def test_a_saved_experiment_is_a_preset(folder: Path) -> None:
    wide = load_preset("ff", "mnist", {"model.layers.0.units": 4000, "data.train_images": 500})
    assert save_preset("ff-wide", wide, "ff") == folder / "ff-wide.toml"
    preset = read_preset("ff-wide")
    assert preset.is_own
    assert preset.data == "mnist"
    assert not preset.reports, "the paper reports nothing of it"
    again = load_preset("ff-wide")
    assert again == wide.model_copy(update={"name": "ff-wide"})
    assert "ff-wide" not in {each.name for each in list_presets() if not each.is_own}


def test_what_was_not_changed_follows_the_preset_on_other_sets() -> None:
    saved = load_preset("ff", "mnist", {"phases.0.epochs": 3})
    save_preset("short", saved, "ff")
    for data in ("fashion-mnist", "cifar10", "svhn", "mnist-mini"):
        expected = load_preset("ff", data, {"phases.0.epochs": 3, "name": "short"})
        assert load_preset("short", data) == expected
    save_preset("shifted", load_preset("ff", "mnist", {"data.shift": 3}), "ff")
    assert load_preset("ff", "fashion-mnist").data.shift == 0
    assert load_preset("shifted", "fashion-mnist").data.shift == 3
    assert load_preset("shifted", "fashion-mnist").data.flip, "the preset's own value there"


def test_a_preset_saved_from_another_set_has_the_bases_values_on_the_first() -> None:
    save_preset("mine", load_preset("paper/ff", "fashion-mnist", {"seed": 4}), "paper/ff")
    assert load_preset("mine").data.name == "fashion-mnist"
    assert load_preset("mine", "mnist").phases[0].threshold == 15.0  # type: ignore[union-attr]
    assert load_preset("mine", "mnist").seed == 4
    assert set(read_preset("mine").data_sets) == set(read_preset("paper/ff").data_sets)


def test_quickstart_is_first_and_ones_own_are_next() -> None:
    save_preset("z-mine", load_preset("ff"), "ff")
    names = [preset.name for preset in list_presets()]
    assert names[:2] == ["quickstart", "z-mine"]
    assert names[-1].startswith("field/")


def test_an_own_preset_is_overwritten_and_deleted(folder: Path) -> None:
    save_preset("mine", load_preset("ff"), "ff")
    save_preset("mine", load_preset("mine", overrides={"seed": 5}), "mine")
    assert load_preset("mine").seed == 5
    assert delete_preset("mine") == folder / "mine.toml"
    assert "mine" not in {preset.name for preset in list_presets()}
    with pytest.raises(RequestError, match="no preset of your own is called 'mine'"):
        delete_preset("mine")


@pytest.mark.parametrize("name", ["", "Wide", "a/b", "../x", "-a", "a" * 61, "ff wide", "a."])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="no name for a preset"):
        preset_path(name)


@pytest.mark.parametrize("name", ["ff", "quickstart"])
def test_the_presets_that_come_with_fftui_stay(name: str) -> None:
    with pytest.raises(RequestError, match="comes with fftui"):
        save_preset(name, load_preset("ff"))
    with pytest.raises(RequestError, match="comes with fftui"):
        delete_preset(name)
    with pytest.raises(RequestError, match="comes with fftui"):
        delete_preset("paper/ff")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken", "x = [", "not valid TOML"),
        ("odd", "colour = 3", "unknown key 'colour'"),
        ("flat", "experiment = 5", "experiment: should be a table, not 5"),
        ("ff", 'description = "mine"', "has the name of a preset that comes with fftui"),
    ],
)
def test_a_file_that_is_no_preset_takes_no_other_away(
    folder: Path, name: str, content: str, said: str
) -> None:
    before = [preset.name for preset in list_presets()]
    folder.mkdir()
    (folder / f"{name}.toml").write_text(content)
    assert [preset.name for preset in list_presets()] == before
    (problem,) = damaged_presets()
    assert said in str(problem)
    assert str(folder) in str(problem)
    assert not read_preset("ff").is_own


def test_a_run_of_a_lost_preset_is_saved_whole() -> None:
    save_preset("kept", load_preset("ff", overrides={"name": "by hand"}), "gone")
    assert load_preset("kept") == load_preset("ff", overrides={"name": "by hand"})
    assert not read_preset("kept").on


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FFTUI_PRESETS", str(tmp_path / "file"))
    with pytest.raises(RequestError, match="FFTUI_PRESETS"):
        save_preset("mine", load_preset("ff"))
    with pytest.raises(ExperimentError, match="no preset is called"):
        load_preset("mine")


@pytest.mark.skipif("sys.platform != 'linux'")
def test_the_folder_is_that_of_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FFTUI_PRESETS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_presets_folder() == tmp_path / "fftui" / "presets"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("data_sets = 3", "data_sets: input should be a valid tuple, not 3"),
        ("data_sets = [3]", "data_sets.0: input should be a valid string, not 3"),
        ("reports = 3", "reports: should be a table, not 3"),
        ("reports.mnist = 'x'", "reports.mnist: input should be a valid number, not 'x'"),
        ("on = []", "on: should be a table, not []"),
        ("on.mnist = 3", "on.mnist: should be a table, not 3"),
        ("description = 3", "description: input should be a valid string, not 3"),
        ("experiment.data = 3", "experiment.data should be a table such as name = 'mnist', not 3"),
        ("experiment.data.name = 3", "experiment.data.name should be a text, not 3"),
        ("on.mnist.seed = " + "9" * 5_000, "holds an integer beyond"),
        ("experiment.a = " + "[" * 2_000 + "]" * 2_000, "deep inside each other"),
    ],
)
def test_a_preset_of_other_types_is_named_with_its_key(
    folder: Path, content: str, said: str
) -> None:
    folder.mkdir()
    (folder / "mine.toml").write_text(content)
    (problem,) = damaged_presets()
    assert f"{folder / 'mine.toml'}: {said}" in str(problem) or said in str(problem)


def test_a_preset_saved_on_windows(folder: Path) -> None:
    folder.mkdir()
    text = "description = 'mine'\n"
    (folder / "mark.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (folder / "wide.toml").write_bytes(text.encode("utf-16"))
    assert read_preset("mark").description == "mine"
    (problem,) = damaged_presets()
    assert "wide.toml cannot be read: it is in UTF-16: save it again as UTF-8" in str(problem)


@pytest.mark.parametrize("key", ["model", "model.layers", "model.layers.0", "phases", "data"])
def test_an_experiment_of_other_types_is_refused(folder: Path, key: str) -> None:
    folder.mkdir()
    (folder / "mine.toml").write_text("[experiment.model]\nlayers = [{units = 8}]\n")
    for value in (3, "x", None, [[]], {"a": {}}, float("nan")):
        with pytest.raises(ExperimentError):
            load_preset("mine", overrides={key: value})
