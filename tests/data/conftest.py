"""Small generated data sets in the exact formats of the published ones, whose MD5 sums torchvision
is given.
"""

import gzip
import hashlib
import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import scipy.io
from torchvision.datasets import CIFAR100, MNIST, SVHN

from fftui.data.catalogue import SETS

IMAGES = {"train": 12, "test": 7}


@dataclass(frozen=True)
class Generated:
    """A folder with one generated data set, and what is in it: images (N, channels, height, width),
    labels (N,).
    """

    folder: Path
    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    files: dict[str, Path]  # the file of each split, or of its images


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    folder = tmp_path / "data"
    monkeypatch.setenv("FFTUI_DATA", str(folder))
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address under which this machine serves `tmp_path`: torchvision downloads
    over HTTP only.
    """
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> Generated:
    folder = tmp_path / "svhn-data"
    folder.mkdir()
    images, labels, files, listed = {}, {}, {}, {}
    for split, count in IMAGES.items():
        pixels = rng.integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
        digits = np.arange(1, count + 1, dtype=np.uint8) % 10
        files[split] = folder / f"{split}_32x32.mat"
        stored = np.where(digits == 0, 10, digits).astype(np.uint8).reshape(-1, 1)
        scipy.io.savemat(files[split], {"X": pixels, "y": stored}, do_compression=True)
        listed[split] = [
            "http://nowhere.invalid/" + files[split].name,
            files[split].name,
            md5(files[split].read_bytes()),
        ]
        images[split], labels[split] = pixels.transpose(3, 2, 0, 1), digits.astype(np.int64)
    monkeypatch.setattr(SVHN, "split_list", listed)
    return Generated(folder, images, labels, files)


@pytest.fixture
def cifar100(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> Generated:
    folder = tmp_path / "cifar100-data"
    inner = folder / "cifar-100-python"
    inner.mkdir(parents=True)
    images, labels, files = {}, {}, {}
    for split, count in IMAGES.items():
        rows = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        fine = rng.integers(0, 100, count)
        files[split] = inner / split
        entry = {
            "filenames": [f"{n}.png" for n in range(count)],
            "batch_label": split,
            "fine_labels": fine.tolist(),
            "coarse_labels": (fine // 5).tolist(),
            "data": rows,
        }
        files[split].write_bytes(pickle.dumps(entry, protocol=2))
        images[split], labels[split] = rows.reshape(-1, 3, 32, 32), fine
    meta = pickle.dumps(
        {"fine_label_names": [f"kind {n}" for n in range(100)], "coarse_label_names": []},
        protocol=2,
    )
    (inner / "meta").write_bytes(meta)
    for split, attribute in (("train", "train_list"), ("test", "test_list")):
        monkeypatch.setattr(CIFAR100, attribute, [[split, md5(files[split].read_bytes())]])
    monkeypatch.setattr(CIFAR100, "meta", {**CIFAR100.meta, "md5": md5(meta)})
    return Generated(folder, images, labels, files)


@pytest.fixture
def mnist(
    tmp_path: Path, served: str, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> Generated:
    """The unpacked files in a folder, and the packed ones in `tmp_path/mirror`, where torchvision
    looks for them.
    """
    folder, mirror = tmp_path / "mnist-data", tmp_path / "mirror"
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    mirror.mkdir()
    images, labels, files = {}, {}, {}
    unpacked, packed = [], []
    for split, stem in (("train", "train"), ("test", "t10k")):
        count = IMAGES[split]
        pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        digits = rng.integers(0, 10, count, dtype=np.uint8)
        contents = {
            f"{stem}-images-idx3-ubyte": struct.pack(">4I", 0x803, count, 28, 28)
            + pixels.tobytes(),
            f"{stem}-labels-idx1-ubyte": struct.pack(">2I", 0x801, count) + digits.tobytes(),
        }
        for file, content in contents.items():
            (raw / file).write_bytes(content)
            archive = gzip.compress(content, mtime=0)
            (mirror / f"{file}.gz").write_bytes(archive)
            unpacked.append((file, md5(content)))
            packed.append((f"{file}.gz", md5(archive)))
        files[split] = raw / f"{stem}-images-idx3-ubyte"
        images[split], labels[split] = pixels[:, None], digits.astype(np.int64)
    record = SETS["mnist"]
    assert record.source is not None
    source = replace(record.source, md5=tuple(unpacked))
    monkeypatch.setitem(SETS, "mnist", replace(record, source=source))
    monkeypatch.setattr(MNIST, "resources", packed)
    monkeypatch.setattr(MNIST, "mirrors", [f"{served}/mirror/"])
    return Generated(folder, images, labels, files)
