"""The published sets in small: generated files in their exact formats, with torchvision's own
loaders as the measure.
"""

import bz2
import gzip
import hashlib
import io
import shutil
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from fftui.data.catalogue import DATA_NAMES, SETS, register_data
from fftui.data.own_sets import known_names
from fftui.data.sets import load_set
from fftui.data.verify import set_status
from fftui.errors import DataError

COUNTS = {"train": 12, "test": 7}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def idx(array: np.ndarray) -> bytes:
    kind = {np.dtype(np.uint8): 0x08, np.dtype(np.int32): 0x0C}[array.dtype]
    head = struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture
def kmnist(tmp_path: Path, monkeypatch, rng) -> tuple[Path, dict[str, np.ndarray]]:
    """KMNIST's packed files in torchvision's layout."""
    raw = tmp_path / "data" / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    images, resources = {}, []
    for split, stem in (("train", "train"), ("test", "t10k")):
        images[split] = rng.integers(0, 256, (COUNTS[split], 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, COUNTS[split], dtype=np.uint8)
        for file, content in (
            (f"{stem}-images-idx3-ubyte.gz", gzip.compress(idx(images[split]), mtime=0)),
            (f"{stem}-labels-idx1-ubyte.gz", gzip.compress(idx(labels), mtime=0)),
        ):
            (raw / file).write_bytes(content)
            resources.append((file, md5(content)))
    monkeypatch.setattr(datasets.KMNIST, "resources", resources)
    return tmp_path / "data", images


def test_packed_files_are_read_and_the_folder_is_left_alone(kmnist):
    folder, images = kmnist
    before = sorted(folder.rglob("*"))
    assert set_status("kmnist", folder).verified
    loaded = load_set("kmnist", "test", folder)
    assert torch.equal(loaded.images[:, 0], torch.tensor(images["test"]))
    assert sorted(folder.rglob("*")) == before


def test_files_lying_flat_are_told_by_their_sums(kmnist, tmp_path):
    folder, images = kmnist
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in (folder / "KMNIST" / "raw").iterdir():
        shutil.copy(file, flat)
    assert torch.equal(
        load_set("kmnist", "train", flat).images[:, 0], torch.tensor(images["train"])
    )
    # MNIST's files have the same names.
    assert set_status("mnist", flat).state == "missing"
    assert set_status("mnist", flat, verify=False).state == "missing"


def test_unpacked_files_without_a_published_sum_are_read_and_not_called_verified(kmnist):
    folder, images = kmnist
    for file in (folder / "KMNIST" / "raw").iterdir():
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    status = set_status("kmnist", folder)
    assert (status.state, status.verified) == ("present", False)
    assert torch.equal(
        load_set("kmnist", "train", folder).images[:, 0], torch.tensor(images["train"])
    )
    cut = folder / "KMNIST" / "raw" / "train-images-idx3-ubyte"
    cut.write_bytes(cut.read_bytes()[:-1])
    with pytest.raises(DataError, match="not as long as its first bytes say"):
        load_set("kmnist", "train", folder)


def test_damage_in_a_packed_file_is_named(kmnist):
    folder, _ = kmnist
    file = folder / "KMNIST" / "raw" / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"damaged .*train-images-idx3-ubyte\.gz"):
        load_set("kmnist", "train", folder)


@pytest.mark.parametrize(("name", "first"), [("emnist-balanced", 0), ("emnist-letters", 1)])
def test_emnist_is_read_out_of_its_zip_upright_and_from_label_0(
    name, first, tmp_path, monkeypatch, rng
):
    part = name.removeprefix("emnist-")
    packed = io.BytesIO()
    images, labels = {}, {}
    with zipfile.ZipFile(packed, "w") as archive:
        for split, count in COUNTS.items():
            images[split] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            labels[split] = (np.arange(count) % 26 + first).astype(np.uint8)
            stem = f"gzip/emnist-{part}-{split}"
            archive.writestr(f"{stem}-images-idx3-ubyte.gz", gzip.compress(idx(images[split])))
            archive.writestr(f"{stem}-labels-idx1-ubyte.gz", gzip.compress(idx(labels[split])))
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(packed.getvalue()))
    (tmp_path / "gzip.zip").write_bytes(packed.getvalue())  # flat
    loaded = load_set(name, "train", tmp_path)
    assert torch.equal(loaded.images[:, 0], torch.tensor(images["train"]).transpose(1, 2))
    assert torch.equal(loaded.labels, torch.tensor(labels["train"]).long() - first)
    assert set_status(name, tmp_path).verified


def test_qmnist_has_the_class_in_the_first_of_its_label_columns(tmp_path, monkeypatch, rng):
    resources: dict[str, list[tuple[str, str]]] = {"train": [], "test": []}
    labels = {}
    for split, count in COUNTS.items():
        labels[split] = rng.integers(0, 10, (count, 8), dtype=np.int32)
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        for file, content in (
            (f"qmnist-{split}-images-idx3-ubyte.gz", gzip.compress(idx(images))),
            (f"qmnist-{split}-labels-idx2-int.gz", gzip.compress(idx(labels[split]))),
        ):
            (tmp_path / file).write_bytes(content)
            resources[split].append((f"https://nowhere.invalid/{file}", md5(content)))
    monkeypatch.setattr(datasets.QMNIST, "resources", resources)
    loaded = load_set("qmnist", "test", tmp_path)
    assert loaded.images.shape == (COUNTS["test"], 1, 28, 28)
    assert torch.equal(loaded.labels, torch.tensor(labels["test"][:, 0]).long())


def test_usps_is_16_by_16_and_its_labels_start_at_1(tmp_path, monkeypatch, rng):
    listed = {}
    for split, count in COUNTS.items():
        rows = rng.uniform(-1, 1, (count, 256)).round(4)
        lines = [
            f"{n % 10 + 1} " + " ".join(f"{i + 1}:{v}" for i, v in enumerate(row)) + " \n"
            for n, row in enumerate(rows)
        ]
        file = tmp_path / ("usps.bz2" if split == "train" else "usps.t.bz2")
        file.write_bytes(bz2.compress("".join(lines).encode()))
        listed[split] = ["https://nowhere.invalid/", file.name, md5(file.read_bytes())]
    monkeypatch.setattr(datasets.USPS, "split_list", listed)
    loaded = load_set("usps", "train", tmp_path)
    assert loaded.images.shape == (12, 1, 16, 16)
    assert loaded.labels.tolist() == [n % 10 for n in range(12)]


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "packed"])
def test_stl10_is_read_without_its_unlabelled_images(packed, tmp_path, monkeypatch, rng):
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    images = {n: rng.integers(0, 256, (k, 3, 96, 96), dtype=np.uint8) for n, k in COUNTS.items()}
    for split, pixels in images.items():
        (folder / f"{split}_X.bin").write_bytes(pixels.transpose(0, 1, 3, 2).tobytes())
        (folder / f"{split}_y.bin").write_bytes((np.arange(len(pixels)) % 10 + 1).astype("u1"))
        listed = [[f.name, md5(f.read_bytes())] for f in sorted(folder.glob(f"{split}_*"))]
        unlabelled = [["unlabeled_X.bin", "0" * 32]] if split == "train" else []
        monkeypatch.setattr(datasets.STL10, f"{split}_list", listed + unlabelled)
    if packed:
        archive = tmp_path / "stl10_binary.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(folder, "stl10_binary")
        monkeypatch.setattr(datasets.STL10, "tgz_md5", md5(archive.read_bytes()))
        shutil.rmtree(folder)
    loaded = load_set("stl10", "train", tmp_path)
    assert torch.equal(loaded.images, torch.tensor(images["train"]))
    assert loaded.labels[:3].tolist() == [0, 1, 2]
    assert set_status("stl10", tmp_path).verified


def test_a_registered_set_is_known_everywhere(monkeypatch, tmp_path):
    from fftui.cli.options import complete_data  # noqa: PLC0415
    from fftui.doctor.data_section import data_section  # noqa: PLC0415
    from fftui.experiment import Data  # noqa: PLC0415
    from fftui.presets import load_preset  # noqa: PLC0415

    monkeypatch.setenv("FFTUI_DATA", str(tmp_path))
    record = replace(SETS["kmnist"], name="another", classes=10)
    try:
        register_data(record)
        register_data(record)
        with pytest.raises(ValueError, match="registered already"):
            register_data(replace(record, classes=3))
        assert "another" in DATA_NAMES
        assert "another" in known_names()
        assert complete_data("ano") == ["another"]
        assert set_status("another", tmp_path).state == "missing"
        assert "another" in {check.key for check in data_section(tmp_path).checks}
        assert load_preset("ff", "another").data == Data(
            **{**load_preset("ff", "kmnist").data.model_dump(), "name": "another"}
        )
    finally:
        SETS.pop("another", None)
    assert "another" not in DATA_NAMES
