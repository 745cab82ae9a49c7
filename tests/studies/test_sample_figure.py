"""Figure 2: an image and what the first layer is shown of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fftui import load_preset
from fftui.studies.figures.sample_figure import Sample, Samples, sample_figure, sample_figures
from fftui.studies.figures.style import Drawing, SkippedFigure, style

from .invented_tables import texts_of


@pytest.fixture(autouse=True)
def _styled() -> Iterator[None]:
    with style():
        yield


def drawn(preset: str, image: int = 0, **changes: object) -> Drawing | SkippedFigure:
    experiment = load_preset(preset, data="mnist-mini", overrides=changes)
    (made,) = sample_figures("samples", experiment, image, None)
    return made


def test_the_figure_says_image_labels_and_kind_of_negatives() -> None:
    made = drawn("paper/ff", 7)
    assert isinstance(made, Drawing)
    assert {
        "mnist-mini, image 7: overlay, fixed negatives",
        "label 3",
        "positive (3)",
        "negative (4)",
    } <= texts_of(made)
    shown = [axes.images[0].get_array() for axes in made.figure.axes]
    assert [image is not None and image.shape for image in shown] == [(28, 28)] * 3
    apart = [
        np.argwhere(abs(np.asarray(image) - np.asarray(shown[0])) > 1e-4) for image in shown[1:]
    ]
    for at in apart:
        assert len(at)
        assert (at[:, 0] == 0).all()
        assert (at[:, 1] < 10).all()


def test_a_wrong_label_that_is_the_true_one_is_said_to_be() -> None:
    titles = set[str]()
    for image in range(40):  # about one in ten of the paper's negatives
        made = drawn("paper/ff", image)
        assert isinstance(made, Drawing)
        titles |= {axes.get_title() for axes in made.figure.axes}
    assert any(title.endswith("\nits true label") for title in titles)
    assert not any(title.startswith("positive") and "true" in title for title in titles)


@pytest.mark.parametrize(
    ("preset", "encoding", "words"),
    [
        ("ff", "appended", "label appended"),
        ("cnn", "random-plane", "label plane,"),
        ("cnn", "one-hot-plane", "label planes,"),
        ("attention", "every-token", "added to every"),
        ("attention", "label-token", "a token of its own;"),
    ],
)
def test_a_label_beside_the_image_is_shown_beside_it(
    preset: str, encoding: str, words: str
) -> None:
    made = drawn(preset, 1, **{"model.label.encoding": encoding})
    assert isinstance(made, Drawing)
    assert any(words in text for text in texts_of(made))
    _, _, positive, _, negative = (axes for axes in made.figure.axes if axes.images)
    labels = [np.asarray(axes.images[0].get_array()) for axes in (positive, negative)]
    assert labels[0].shape == labels[1].shape
    assert (labels[0] != labels[1]).any()


def test_colour_and_names_of_classes(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 3), np.float32)
    samples = Samples("own, image 0", tuple(Sample(t, pixels) for t in ("label cat", "a", "b")))
    made = sample_figure("samples", samples)
    assert len(made.figure.axes) == 3
    assert "label cat" in texts_of(made)


@pytest.mark.parametrize("preset", ["backprop", "local-ce"])
def test_a_run_without_negatives_is_left_out_and_says_why(preset: str) -> None:
    made = drawn(preset)
    assert isinstance(made, SkippedFigure)
    assert preset in made.reason


def test_missing_images_are_said_to_be(tmp_path: Path) -> None:
    experiment = load_preset("paper/ff", data="mnist")
    (made,) = sample_figures("samples", experiment, 0, tmp_path)
    assert isinstance(made, SkippedFigure)
    assert "mnist" in made.reason
