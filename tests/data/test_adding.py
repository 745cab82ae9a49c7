"""One's own data: what is brought, how it is kept, and what is refused."""

import errno
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors import SafetensorError
from typer.testing import CliRunner

from fftui.cli.main import app
from fftui.data import adding
from fftui.data.adding import add_set
from fftui.data.array_file import _pixels
from fftui.data.own_sets import (
    identity,
    known_names,
    own_names,
    own_record,
    record_from,
    remove_set,
)
from fftui.data.pictures import read_image_files
from fftui.data.sets import load_set
from fftui.data.splits import load_splits
from fftui.data.verify import set_status
from fftui.errors import DataError, ExperimentError
from fftui.presets import load_config, load_preset

GREY, COLOUR = "L", "RGB"


def picture(path: Path, value: int, mode: str = GREY, size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = value if mode == GREY else (value, 0, 255 - value)
    Image.new(mode, size, colour).save(path)


def class_folders(root: Path, per_class: int = 6, mode: str = GREY) -> Path:
    for number, name in enumerate(("cat", "dog", "owl")):
        for index in range(per_class):
            picture(root / name / f"{index}.png", 80 * number + index, mode)
    return root


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("FFTUI_DATA", str(folder))
    return folder


def test_class_folders_without_a_test_set(data: Path, tmp_path: Path) -> None:
    record = add_set("pets", class_folders(tmp_path / "in"))
    assert (record.class_names, record.shape) == (("cat", "dog", "owl"), (1, 8, 8))
    assert (record.train_images, record.test_images) == (15, 3)
    assert "no test set: 3 of 18 images are split off" in record.notes[0]
    train, test = load_set("pets", "train"), load_set("pets", "test")
    assert sorted(test.labels.tolist()) == [0, 1, 2]
    values = {int(image[0, 0, 0]) for image in (*train.images, *test.images)}
    assert values == {80 * number + index for number in range(3) for index in range(6)}
    assert all(
        int(i[0, 0, 0]) // 80 == int(n) for i, n in zip(train.images, train.labels, strict=True)
    )
    pixels = train.images.double() / 255
    assert record.mean[0] == pytest.approx(pixels.mean().item(), abs=1e-6)
    assert record.std[0] == pytest.approx(pixels.std(correction=0).item(), abs=1e-6)


def test_the_same_images_give_the_same_set(data: Path, tmp_path: Path) -> None:
    source = class_folders(tmp_path / "in")
    assert add_set("one", source).sha256 == add_set("two", source).sha256


def test_train_and_test_folders_and_other_files(data: Path, tmp_path: Path) -> None:
    class_folders(tmp_path / "in" / "train", 4, COLOUR)
    class_folders(tmp_path / "in" / "test", 2, COLOUR)
    class_folders(tmp_path / "in" / "val", 1, COLOUR)
    (tmp_path / "in" / "train" / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "in" / "train" / "cat" / ".DS_Store").write_text("no image")
    record = add_set("pets", tmp_path / "in")
    assert (record.train_images, record.test_images, record.shape) == (12, 6, (3, 8, 8))
    assert any("val/ is left out" in note for note in record.notes)
    assert any("1 files are no images" in note for note in record.notes)
    with pytest.raises(DataError, match="leave it out"):
        add_set("again", tmp_path / "in", test_share=0.5)


def test_what_lies_in_hidden_folders_is_not_read(data: Path, tmp_path: Path) -> None:
    """A cache of another tool, a trash: hundreds of thousands of files in a home folder."""
    source = class_folders(tmp_path / "in")
    (source / ".cache").mkdir()
    (source / ".cache" / "train.parquet").write_text("of another tool")
    assert add_set("pets", source).train_images == 15


def test_mixed_sizes_and_modes_become_one(data: Path, tmp_path: Path) -> None:
    source = class_folders(tmp_path / "in")
    picture(source / "cat" / "large.png", 7, COLOUR, (20, 10))
    record = add_set("pets", source)
    assert record.shape == (3, 8, 8)
    assert any("1 of 19 images are resized to 8x8 pixels" in note for note in record.notes)
    assert any("18 of 19 images are grey among colour ones" in note for note in record.notes)
    assert add_set("small", source, size=4).shape == (3, 4, 4)


def test_sixteen_bits_are_scaled(data: Path, tmp_path: Path) -> None:
    source = class_folders(tmp_path / "in")
    deep = np.full((8, 8), 0xABCD, dtype=np.uint16)
    for file in (source / "cat").iterdir():
        Image.fromarray(deep).save(file)
    add_set("deep", source)
    loaded = load_set("deep", "train")
    assert set(loaded.images[loaded.labels == 0].flatten().tolist()) == {0xAB}


@given(
    st.sampled_from([1, 3]),
    st.integers(4, 9),
    st.integers(4, 9),
    st.sampled_from(["hwc", "chw", "hw"]),
)
def test_every_layout_of_an_array_is_told(channels: int, height: int, width: int, layout) -> None:
    rng = np.random.default_rng(channels + 10 * height + 100 * width)
    wanted = rng.integers(0, 256, (5, channels, height, width), dtype=np.uint8)
    given = {
        "hwc": wanted.transpose(0, 2, 3, 1),
        "chw": wanted,
        "hw": wanted[:, 0],
    }[layout]
    expected = wanted[:, :1] if layout == "hw" else wanted
    assert np.array_equal(_pixels(given, Path("a.npz"), {}), expected)


def test_npz_with_both_splits_and_floats(data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    file = tmp_path / "a.npz"
    np.savez(
        file,
        x_train=rng.random((30, 5, 6)),
        y_train=np.arange(30) % 11,
        x_test=rng.random((4, 5, 6)),
        y_test=np.array([[1], [10], [2], [0]]),
    )
    record = add_set("arrays", file)
    assert record.class_names == tuple(map(str, range(11)))
    assert (record.shape, record.test_images) == ((1, 5, 6), 4)
    assert "pixels from 0 to 1 are scaled to 0 to 255" in record.notes
    assert load_set("arrays", "test").labels.tolist() == [1, 10, 2, 0]


BAD_ARRAYS = {
    "expected images and labels": {"a": np.zeros(3)},
    "expected uint8, or numbers from 0 to 1": {
        "images": np.full((4, 5, 5), 300.0),
        "labels": np.arange(4),
    },
    "one label an image": {"images": np.zeros((4, 5, 5), np.uint8), "labels": np.arange(3)},
    "1 or 3 channels": {"images": np.zeros((4, 5, 5, 4), np.uint8), "labels": np.arange(4)},
    "type float64": {
        "images": np.zeros((4, 5, 5), np.uint8),
        "labels": np.array([1, 2, np.inf, 3]),
    },
    "one whole number or name": {"images": np.zeros((4, 5, 5), np.uint8), "labels": np.eye(4)},
    "allow_pickle": {"images": np.array([{}], dtype=object), "labels": np.arange(1)},
    "of one class only": {"images": np.zeros((4, 5, 5), np.uint8), "labels": np.zeros(4, int)},
    "has no images": {"images": np.zeros((0, 5, 5), np.uint8), "labels": np.zeros(0, int)},
    "70,000 classes": {"images": np.zeros((70_000, 1, 1), np.uint8), "labels": np.arange(70_000)},
}


@pytest.mark.parametrize("message", BAD_ARRAYS)
def test_an_npz_that_does_not_fit_is_refused(message: str, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, **BAD_ARRAYS[message])
    refused(message, "bad", file, data)


@pytest.mark.parametrize("message", ["it is no archive", "are no array"])
def test_a_file_that_is_no_npz_by_its_content_is_refused(
    message: str, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.npz"
    if message == "are no array":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("images", "x")
            archive.writestr("labels", "y")
    else:
        np.save(file.with_suffix(".npy"), np.zeros((4, 5, 5), np.uint8))
        file.with_suffix(".npy").rename(file)
    refused(message, "bad", file, data)


def test_others_can_read_a_set_as_far_as_its_folder_lets_them(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, images=np.zeros((4, 5, 5), np.uint8), labels=np.arange(4) % 2)
    add_set("shared", file)
    modes = {each.stat().st_mode & 0o777 for each in (data / "shared").iterdir()}
    file.unlink()
    file.touch()
    assert modes == {file.stat().st_mode & 0o777}


def test_no_archive_is_not_advised_to_be_loaded_unsafely(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK and nothing more")
    refused(r"it is no archive\): save it by numpy\.savez", "bad", tmp_path / "a.npz", data)


def test_a_limit_on_the_size_of_files_is_named_in_plain_words(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **_: object) -> None:
        msg = "Error while serializing: I/O error: File too large (os error 27)"
        raise SafetensorError(msg)

    monkeypatch.setattr("fftui.data.tensor_file.save_file", fail)
    refused(r"\(file too large\)", "pets", class_folders(tmp_path / "in"), data)


def refused(message: str, name: str, source: Path, data: Path) -> None:
    with pytest.raises(DataError, match=message) as error:
        add_set(name, source, folder=data)
    assert "\n" not in str(error.value)
    assert not data.exists() or not list(data.iterdir())


def png_bytes(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (6, 6), (value, value, 0)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("layout", ["one file", "train and test", "folders"])
def test_parquet_as_hubs_serve_it(layout: str, data: Path, tmp_path: Path) -> None:
    def write(file: Path, count: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        images = [{"bytes": png_bytes(n), "path": f"{n}.png"} for n in range(count)]
        frame = pl.DataFrame({"img": images, "fine_label": [n % 2 for n in range(count)]})
        names = '{"info": {"features": {"fine_label": {"names": ["zebra", "ant"]}}}}'
        frame.write_parquet(file, metadata={"huggingface": names})

    source = tmp_path / "in"
    train, test = {
        "one file": ("one.parquet", None),
        "train and test": ("data/train-00000-of-00001.parquet", "data/test-00000-of-1.parquet"),
        "folders": ("default/train/0000.parquet", "default/test/0000.parquet"),
    }[layout]
    write(source / train, 12)
    if test:
        write(source / test, 4)
    record = add_set("hub", source / train if test is None else source)
    assert record.class_names == ("zebra", "ant")
    assert (record.train_images, record.test_images) == ((12, 4) if test else (10, 2))
    loaded = load_set("hub", "train")
    assert all(
        int(i[0, 0, 0]) % 2 == int(n) for i, n in zip(loaded.images, loaded.labels, strict=True)
    )


def test_parquet_without_images_is_refused(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pl.DataFrame({"text": ["a"], "label": [1]}).write_parquet(file)
    refused("no column image", "bad", file, data)
    file.write_bytes(b"PAR1")
    refused("cannot be read as Parquet", "bad", file, data)


def bomb(path: Path) -> None:
    """A PNG of a few bytes that claims 60,000 by 60,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_ = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum_)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + body)


def test_pictures_that_cannot_be_decoded_are_named(data: Path, tmp_path: Path) -> None:
    source = class_folders(tmp_path / "in")
    bad = source / "dog" / "bad.png"
    bad.write_bytes(b"no picture")
    refused(r"bad\.png cannot be decoded", "pets", source, data)
    bad.write_bytes((source / "dog" / "0.png").read_bytes()[:-25])
    refused(r"bad\.png cannot be decoded", "pets", source, data)
    bomb(bad)
    refused(r"bad\.png .*pixels", "pets", source, data)


def test_folders_without_classes_are_refused(data: Path, tmp_path: Path) -> None:
    refused("there is nothing at", "pets", tmp_path / "absent", data)
    source = tmp_path / "in"
    source.mkdir()
    refused("has no images", "pets", source, data)
    picture(source / "cat" / "0.png", 1)
    refused("one class only", "pets", source, data)
    picture(source / "loose.png", 1)
    refused(r"loose\.png is in no class folder", "pets", source, data)
    (tmp_path / "a.txt").write_text("")
    refused("neither a folder", "pets", tmp_path / "a.txt", data)


@pytest.mark.parametrize(
    ("name", "message"),
    [("mnist", "published"), ("My Set", "small letters"), ("../out", "small"), ("a" * 41, "40")],
)
def test_names_that_cannot_be_are_refused(name: str, message: str, data: Path, tmp_path) -> None:
    refused(message, name, class_folders(tmp_path / "in"), data)


@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "No space"), KeyboardInterrupt()])
def test_a_full_disk_and_ctrl_c_leave_nothing(problem, data: Path, tmp_path, monkeypatch) -> None:
    def fail(*args: object) -> None:
        raise problem

    monkeypatch.setattr(adding, "record_text", fail)
    expected = DataError if isinstance(problem, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as error:
        add_set("pets", class_folders(tmp_path / "in"))
    assert expected is KeyboardInterrupt or "the disk is full" in str(error.value)
    assert not list(data.iterdir())


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


def test_the_command_line_adds_lists_and_removes(data: Path, tmp_path: Path) -> None:
    def fftui(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    source, folder = class_folders(tmp_path / "in"), tmp_path / "option"
    where = ("--data-dir", str(folder))
    assert "pets: 15 training and 3 test images" in fftui(
        "data", "add", "pets", str(source), *where
    )
    assert known_names() == known_names(data)  # the option holds for its command only
    assert "own: 3 classes, grey, 8x8 pixels" in fftui("data", "list", *where)
    assert "one's own" in fftui("data", "get", "pets", *where)
    assert "pets is deleted" in fftui("data", "remove", "pets", *where)
    assert not list(folder.iterdir())


def test_files_for_prediction_are_made_as_the_set_needs(data: Path, tmp_path: Path) -> None:
    add_set("pets", class_folders(tmp_path / "in"))
    info = own_record("pets").info
    picture(tmp_path / "a.png", 5, GREY, (8, 8))
    picture(tmp_path / "b.png", 5, COLOUR, (9, 4))
    images, changes = read_image_files([tmp_path / "a.png", tmp_path / "b.png"], info)
    assert (images.shape, images.dtype) == ((2, 1, 8, 8), torch.uint8)
    assert (images[0] == 5).all()
    assert changes == (
        "1 of 2 images resized to 8x8 pixels",
        "1 of 2 images converted to grey",
    )
    with pytest.raises(DataError, match=r"absent\.png"):
        read_image_files([tmp_path / "absent.png"], info)
