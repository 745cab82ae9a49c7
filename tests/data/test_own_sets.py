"""Data sets of one's own, once they are there: in experiments, damaged, and their records."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.data.adding import add_set
from fftui.data.own_sets import identity, own_names, record_from, remove_set
from fftui.data.sets import load_set
from fftui.data.splits import load_splits
from fftui.data.verify import set_status
from fftui.errors import DataError, ExperimentError
from fftui.presets import load_config, load_preset

from .own_images import class_folders, picture


def test_an_experiment_on_an_own_set_is_complete(data: Path, tmp_path: Path, monkeypatch) -> None:
    record = add_set("pets", class_folders(tmp_path / "in"))
    experiment = load_preset("ff", "pets", {"phases.0.epochs": 1})
    assert experiment.data.own is not None
    assert experiment.data.own.hash == record.sha256
    assert experiment.data.info.shape == (1, 8, 8)
    assert load_preset("ff", None, {"data.name": "pets"}).data == experiment.data
    file = tmp_path / "experiment.toml"
    import tomli_w  # noqa: PLC0415

    file.write_text(tomli_w.dumps(experiment.model_dump(mode="json", exclude_none=True)))
    monkeypatch.setenv("FFTUI_DATA", str(tmp_path / "elsewhere"))
    assert load_config(file).data == experiment.data
    assert load_config(file, {"data.name": "mnist"}).data.own is None
    with pytest.raises(ExperimentError, match="no data set is called 'pets'"):
        load_preset("ff", "pets")


def test_another_set_of_the_same_name_is_refused(data: Path, tmp_path: Path) -> None:
    source = class_folders(tmp_path / "in")
    first = add_set("pets", source)
    remove_set("pets")
    picture(source / "cat" / "0.png", 200)
    add_set("pets", source)
    with pytest.raises(DataError, match="another set than the one this experiment") as refusal:
        load_splits("pets", seed=0, sha256=first.sha256)
    assert "\n" not in str(refusal.value)


def test_damage_is_found(data: Path, tmp_path: Path) -> None:
    add_set("pets", class_folders(tmp_path / "in"))
    assert set_status("pets").verified
    file = data / "pets" / "test.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert set_status("pets").state == "damaged"
    with pytest.raises(DataError, match="has changed since it was added"):
        load_set("pets", "test")
    (data / "pets" / "record.json").write_text("{}")
    assert set_status("pets").state == "damaged"
    with pytest.raises(DataError, match="fftui data remove pets"):
        load_set("pets", "test")
    remove_set("pets")
    assert own_names() == ()


JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


RECORD = {
    "name": "pets",
    "class_names": ["cat", "dog"],
    "shape": [1, 8, 8],
    "train_images": 5,
    "test_images": 2,
    "mean": [0.5],
    "std": [0.25],
    "source": "in",
    "files": {"train": "a", "test": "b"},
    "sha256": identity(("cat", "dog"), {"train": "a", "test": "b"}),
}


def test_a_whole_record_is_read() -> None:
    assert record_from(json.dumps(RECORD), "pets").shape == (1, 8, 8)


@given(st.sampled_from(sorted(set(RECORD) - {"source"})), JSON)
def test_a_damaged_record_is_a_value_error(key: str, value: object) -> None:
    if value == RECORD[key] or (key.endswith("_images") and isinstance(value, int) and value > 0):
        return
    if key in ("mean", "std") and isinstance(value, list) and len(value) == 1:
        return
    with pytest.raises(ValueError, match=r"\S"):
        record_from(json.dumps(RECORD | {key: value}), "pets")


@given(
    st.text() | st.binary().map(lambda content: content.decode("latin-1")) | JSON.map(json.dumps)
)
def test_any_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        record_from(text, "pets")
