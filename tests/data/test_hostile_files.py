"""Data folders and images that may have no end, may not be entered, or are not what they seem."""

import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fftui.data.adding import add_set
from fftui.data.own_sets import known_names, own_names
from fftui.data.sets import load_set
from fftui.data.verify import set_status
from fftui.doctor.data_section import data_section
from fftui.errors import DataError

from ..privileges import without_privileges

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


NO_FILES: dict[str, Callable[[Path], None]] = {"pipe": os.mkfifo, "endless": _endless}


@needs_pipes
@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_only_files_are_read(name: str, make: Callable[[Path], None], request) -> None:
    generated = request.getfixturevalue(name)
    file = generated.files["train"]
    file.unlink()
    make(file)
    for verify in (True, False):
        status = set_status(name, generated.folder, verify=verify)
        assert status.state == "damaged"
        assert status.detail.endswith("is a device or a pipe: only files are read")
    with pytest.raises(DataError, match="only files are read"):
        load_set(name, "train", generated.folder)


def test_a_file_larger_than_any_of_the_set_is_not_read(svhn) -> None:
    os.truncate(svhn.files["train"], 10**13)  # takes no room on the disk
    status = set_status("svhn", svhn.folder)
    assert status.state == "damaged"
    assert "has more than" in status.detail


def test_a_packed_file_that_unpacks_without_end_is_damaged(mnist) -> None:
    file = mnist.files["train"]
    file.unlink()
    with gzip.open(f"{file}.gz", "wb") as packed:
        for _ in range(160):
            packed.write(b"\0" * 1_000_000)
    assert set_status("mnist", mnist.folder).state == "damaged"


@pytest.mark.parametrize("inside", ["MNIST", "MNIST/raw"])
def test_the_set_s_own_folder_is_taken_as_the_data_folder(mnist, inside: str) -> None:
    split = load_set("mnist", "train", mnist.folder / inside)
    assert np.array_equal(split.images.numpy(), mnist.images["train"])


def test_files_under_the_other_published_names_are_found(mnist, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in (mnist.folder / "MNIST" / "raw").iterdir():
        (flat / file.name.replace("-idx", ".idx")).write_bytes(file.read_bytes())
    split = load_set("mnist", "test", flat)
    assert np.array_equal(split.labels.numpy(), mnist.labels["test"])


def test_a_folder_that_may_not_be_entered(svhn, tmp_path: Path) -> None:
    (svhn.folder / "mine").mkdir(mode=0)
    with without_privileges():
        assert "mine" not in known_names(svhn.folder)
    svhn.folder.chmod(0)
    try:
        with without_privileges():
            assert own_names(svhn.folder) == ()
            data_section(svhn.folder)
            data_section(svhn.folder / "below")
            with pytest.raises(DataError, match="cannot be read"):
                add_set("mine", svhn.folder / "images", folder=tmp_path)
    finally:
        svhn.folder.chmod(0o700)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two class folders of three images."""
    root = tmp_path / "images"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (4, 4), number).save(root / name / f"{number}.png")
    return root


@pytest.fixture
def mine(tmp_path: Path, folders: Path) -> Path:
    data = tmp_path / "data"
    add_set("mine", folders, folder=data)
    return data


@needs_pipes
@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_only_files_of_an_own_set_are_read(make: Callable[[Path], None], mine: Path) -> None:
    file = mine / "mine" / "train.safetensors"
    file.unlink()
    make(file)
    assert set_status("mine", mine).state == "damaged"
    with pytest.raises(DataError, match="only files are read"):
        load_set("mine", "train", mine)


def test_an_own_file_that_has_grown_is_not_read(mine: Path) -> None:
    os.truncate(mine / "mine" / "test.safetensors", 10**13)
    assert "has more than" in set_status("mine", mine).detail
    with pytest.raises(DataError, match="has more than"):
        load_set("mine", "test", mine)


@needs_pipes
@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["x.npz", "x.parquet", "folder/a/x.png"])
def test_only_files_are_brought(
    name: str, make: Callable[[Path], None], folders: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    if name.startswith("folder"):
        folders.rename(tmp_path / "folder")
    make(path)
    source = tmp_path / "folder" if name.startswith("folder") else path
    with pytest.raises(DataError, match="only files are read"):
        add_set("mine", source, folder=tmp_path / "data")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", b"\xff".decode("utf-8", "surrogateescape")])
def test_a_class_has_a_name_that_can_be_shown(name: str, folders: Path, tmp_path: Path) -> None:
    (folders / "a").rename(folders / name)
    with pytest.raises(DataError, match=r"the name of class .* holds .*: rename the class"):
        add_set("mine", folders, folder=tmp_path / "data")


def test_classes_in_other_alphabets(folders: Path, tmp_path: Path) -> None:
    (folders / "a").rename(folders / "犬 🐕")
    assert "犬 🐕" in add_set("mine", folders, folder=tmp_path / "data").class_names


def test_links_in_a_circle_end(folders: Path, tmp_path: Path) -> None:
    (folders / "a" / "up").symlink_to(folders)
    (folders / "b" / "self").symlink_to("self")
    assert add_set("mine", folders, folder=tmp_path / "data").class_names == ("a", "b")


def _npz(path: Path, header: bytes, content: bytes = b"\0" * 64) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        archive.writestr("images.npy", start + content)
        archive.writestr("labels.npy", start + content)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (4000000000, 9999, 28), }\n",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }\n",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 2, 2), }\n",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n",
        b"{'descr': 3, 'fortran_order': None, 'shape': 'x', }\n",
        b"__import__('os').abort()\n",
        b"(" * 9_000 + b"\n",
        b"\xff\xfe\n",
        b"",
    ],
)
def test_an_array_whose_head_lies_is_refused(header: bytes, tmp_path: Path) -> None:
    _npz(tmp_path / "x.npz", header)
    with pytest.raises(DataError, match=r"x\.npz (cannot be read|does not fit into memory)"):
        add_set("mine", tmp_path / "x.npz", folder=tmp_path / "data")


def test_an_archive_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, images=np.zeros((4, 3, 3), np.uint8), labels=np.array([0, 1, 0, 1]))
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError):
            add_set("mine", path, folder=tmp_path / "data")


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    _npz(path, b"{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4, 4), }\n")
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + at] |= 1  # the sign of encryption
            place = content.find(mark, place + 1)
    path.write_bytes(content)
    with pytest.raises(DataError, match="password"):
        add_set("mine", path, folder=tmp_path / "data")


def test_an_archive_that_unpacks_beyond_memory_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("fftui.data.array_file.LARGEST_UNPACKED", 100)
    np.savez(tmp_path / "x.npz", images=np.zeros((9, 9, 9), np.uint8), labels=np.zeros(9, int))
    with pytest.raises(DataError, match="it unpacks to"):
        add_set("mine", tmp_path / "x.npz", folder=tmp_path / "data")
