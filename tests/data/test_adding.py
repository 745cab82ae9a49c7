"""One's own images: what is brought, and what is refused."""

import errno
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from typer.testing import CliRunner

from fftui.cli.main import app
from fftui.data import adding
from fftui.data.adding import add_set
from fftui.data.own_sets import known_names, own_record
from fftui.data.pictures import Encoded, decoded, facts_of, read_image_files
from fftui.data.sets import load_set
from fftui.errors import DataError

from .own_images import COLOUR, GREY, class_folders, picture, refused


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


def test_others_can_read_a_set_as_far_as_its_folder_lets_them(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, images=np.zeros((4, 5, 5), np.uint8), labels=np.arange(4) % 2)
    add_set("shared", file)
    modes = {each.stat().st_mode & 0o777 for each in (data / "shared").iterdir()}
    file.unlink()
    file.touch()
    assert modes == {file.stat().st_mode & 0o777}


def test_a_limit_on_the_size_of_files_is_named_in_plain_words(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **_: object) -> None:
        msg = "Error while serializing: I/O error: File too large (os error 27)"
        raise SafetensorError(msg)

    monkeypatch.setattr("fftui.data.tensor_file.save_file", fail)
    refused(r"\(file too large\)", "pets", class_folders(tmp_path / "in"), data)


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


def test_loose_images_in_folders_of_splits_are_no_classes(data: Path, tmp_path: Path) -> None:
    for split in ("train", "test"):
        picture(tmp_path / "in" / split / "1.png", 3)
    refused(r"train/1\.png is in no class folder", "flat", tmp_path / "in", data)
    (tmp_path / "in" / "test").rename(tmp_path / "in" / "ship")  # a class of trains
    picture(tmp_path / "in" / "train" / "2.png", 4)
    picture(tmp_path / "in" / "ship" / "2.png", 4)
    record = add_set("vehicles", tmp_path / "in", folder=data)
    assert record.class_names == ("ship", "train")


def test_a_photograph_that_lies_on_its_side_is_as_large_as_it_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(path, exif=exif)
    found = facts_of(Encoded(str(path), path))
    assert (found.height, found.width) == (40, 20)
    upright = decoded(Encoded(str(path), path), 3, found.height, found.width)
    assert upright.shape == (3, 40, 20)
    exif[0x0112] = 3
    Image.new("RGB", (40, 20)).save(path, exif=exif)
    found = facts_of(Encoded(str(path), path))
    assert (found.height, found.width) == (20, 40)
