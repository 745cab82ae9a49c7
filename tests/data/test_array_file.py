"""One's own arrays: every layout, and what is refused."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.data.adding import add_set
from fftui.data.array_file import _pixels
from fftui.data.sets import load_set

from .own_images import refused


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


def test_no_archive_is_not_advised_to_be_loaded_unsafely(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK and nothing more")
    refused(r"it is no archive\): save it by numpy\.savez", "bad", tmp_path / "a.npz", data)
