import time
from pathlib import Path

import pytest
import torch

from fftui.data import sets
from fftui.data.catalogue import SETS, DataName
from fftui.data.sets import data_folder, load_set
from fftui.errors import DataError

from ..privileges import without_privileges

SPLITS = ("train", "test")


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_full_sets_are_read_as_published(name: DataName, split, request: pytest.FixtureRequest):
    generated = request.getfixturevalue(name)
    loaded = load_set(name, split, generated.folder)
    assert loaded.images.dtype == torch.uint8
    assert loaded.labels.dtype == torch.int64
    assert loaded.images.is_contiguous()
    assert loaded.classes == SETS[name].classes
    assert len(loaded) == len(generated.labels[split])
    assert torch.equal(loaded.images, torch.tensor(generated.images[split]))
    assert torch.equal(loaded.labels, torch.tensor(generated.labels[split]))


def test_svhn_stores_the_digit_0_as_10(svhn):
    assert load_set("svhn", "train", svhn.folder).labels.tolist() == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        0,
        1,
        2,
    ]


def test_the_shipped_set_is_the_beginning_of_mnist():
    train, test = load_set("mnist-mini", "train"), load_set("mnist-mini", "test")
    assert train.images.shape == (5000, 1, 28, 28)
    assert test.images.shape == (1000, 1, 28, 28)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert (train.images[0].min(), train.images[0].max()) == (0, 255)


@pytest.mark.real_data
def test_the_shipped_set_agrees_with_the_full_one():
    for split in SPLITS:
        mini, full = load_set("mnist-mini", split), load_set("mnist", split)
        assert torch.equal(mini.images, full.images[: len(mini)])
        assert torch.equal(mini.labels, full.labels[: len(mini)])


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_real_sets_have_the_catalogues_size(name: DataName):
    for split, count in (("train", SETS[name].train_images), ("test", SETS[name].test_images)):
        loaded = load_set(name, split)
        assert loaded.images.shape == (count, *SETS[name].shape)
        assert torch.equal(loaded.labels.unique(), torch.arange(SETS[name].classes))


@pytest.mark.real_data
def test_mnist_loads_at_the_speed_of_its_bytes():
    load_set("mnist", "test")  # imports torchvision
    before = time.process_time()
    load_set("mnist", "train")
    # A loop over 60,000 images, each decoded by itself, takes three seconds and more.
    assert time.process_time() - before < 1.5


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "cifar100", "svhn"])
def test_a_missing_set_says_where_and_what_to_do(name: DataName, tmp_path: Path):
    with pytest.raises(DataError) as refused:
        load_set(name, "train", tmp_path)
    message = str(refused.value)
    assert message.startswith(f"{name} is not in {tmp_path}")
    assert f"`fftui data get {name}`" in message
    assert "--data-dir" in message
    assert "FFTUI_DATA" in message
    assert "\n" not in message


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_flip_a_bit, _truncate, _empty])
@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_a_damaged_file_is_refused_and_named(
    name: DataName, damage, request: pytest.FixtureRequest
):
    generated = request.getfixturevalue(name)
    damage(generated.files["train"])
    with pytest.raises(DataError) as refused:
        load_set(name, "train", generated.folder)
    message = str(refused.value)
    assert message.startswith(f"{name} in {generated.folder} is damaged")
    assert generated.files["train"].name in message
    assert f"`fftui data get {name}`" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_a_file_that_may_not_be_read_is_refused(name: DataName, request):
    generated = request.getfixturevalue(name)
    generated.files["train"].chmod(0)
    with without_privileges(), pytest.raises(DataError) as refused:
        load_set(name, "train", generated.folder)
    message = str(refused.value)
    assert message.startswith(f"{name} in {generated.folder} cannot be read")
    assert "permission denied" in message
    assert "\n" not in message


def test_a_folder_without_permission_is_refused(svhn):
    svhn.folder.chmod(0)
    try:
        with without_privileges(), pytest.raises(DataError, match="permission denied"):
            load_set("svhn", "train", svhn.folder)
    finally:
        svhn.folder.chmod(0o700)


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_a_data_folder_that_is_a_file_is_refused(name: DataName, tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("no data here")
    with pytest.raises(DataError, match="not a directory"):
        load_set(name, "test", file)


def test_a_damaged_installation_differs_from_a_damaged_download(tmp_path: Path, monkeypatch):
    for file in sets.shipped_folder().iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:-1])
    monkeypatch.setattr("fftui.data.verify.shipped_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="install fftui again"):
        load_set("mnist-mini", "train")


def test_the_data_folder_is_the_one_asked_for_then_the_variable_then_the_users(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("FFTUI_DATA", str(tmp_path / "variable"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder(tmp_path / "option") == tmp_path / "option"
    assert data_folder(Path("~/mine")) == tmp_path / "mine"
    assert data_folder() == tmp_path / "variable"
    monkeypatch.setenv("FFTUI_DATA", "")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert data_folder().is_relative_to(tmp_path)
    assert "fftui" in data_folder().parts
