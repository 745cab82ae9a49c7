"""Prediction by goodness against trying every label by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui.data.catalogue import SETS
from fftui.data.label_encoding import overlay
from fftui.data.normalisation import overlay_value, scale_of
from fftui.experiment import FullyConnected, Model, Prediction
from fftui.learning import prediction as module
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.prediction import score_by_goodness, score_of, total

INFO = SETS["mnist-mini"]
PREDICTIONS = st.sampled_from(["all-layers", "skip-first", "last-layer"])


def random_images(count: int, seed: int) -> Images:
    generator = torch.Generator().manual_seed(seed)
    return Images(
        torch.randint(0, 256, (count, *INFO.shape), dtype=torch.uint8, generator=generator),
        torch.randint(0, INFO.classes, (count,), generator=generator),
        scale_of(SETS["mnist-mini"], "standard"),
        INFO,
        overlay_value(SETS["mnist-mini"], "standard"),
    )


def network(layers: int, seed: int) -> Network:
    model = Model(layers=(FullyConnected(units=12),) * layers)
    return Network(model, INFO, overlay_value(SETS["mnist-mini"], "standard"), torch.float32, seed)


@torch.no_grad()
def by_hand(net: Network, images: Images) -> torch.Tensor:
    """Goodness (layers, N, C), every label overlaid and passed through the layers on its own."""
    columns = []
    for label in range(INFO.classes):
        labels_N = torch.full((len(images),), label)
        x = overlay(images.inputs(slice(None)), labels_N, INFO.classes, images.overlay_value)
        rows = []
        for layer in net.layers:
            x = layer.activities(layer.normalise(x), labels_N)
            rows.append(x.square().mean(1))
        columns.append(torch.stack(rows))
    return torch.stack(columns, dim=2)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(0, 1000), PREDICTIONS)
def test_scores_are_those_of_trying_every_label(
    layers: int, count: int, seed: int, prediction: Prediction
) -> None:
    net, images = network(layers, seed), random_images(count, seed)
    score = score_by_goodness(net.layers, images, "mean-square", prediction)
    goodness_LNC = by_hand(net, images)
    counted = goodness_LNC
    if prediction != "all-layers":
        counted = (
            goodness_LNC[-1:] if prediction == "last-layer" or layers == 1 else goodness_LNC[1:]
        )
    right = counted.sum(0).argmax(1) == images.labels_N
    assert score.correct == int(right.sum())
    assert score.layer_correct == tuple(
        int(n) for n in (goodness_LNC.argmax(2) == images.labels_N).sum(1)
    )
    assert sum(score.class_images) == score.images == count
    assert sum(score.class_correct) == score.correct


def test_parts_of_any_size_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net, images = network(2, 1), random_images(33, 1)
    whole = score_by_goodness(net.layers, images, "mean-square", "all-layers")
    monkeypatch.setattr(module, "MAX_ROWS", 70)
    assert score_by_goodness(net.layers, images, "mean-square", "all-layers") == whole


def test_accuracies_are_fractions_of_the_images() -> None:
    labels = torch.tensor([0, 1, 2, 2])
    part = score_of(torch.tensor([0, 1, 2, 0]), torch.tensor([[0, 0, 0, 0]]), labels, 3)
    both = total([part, part])
    assert both.accuracy == 0.75
    assert both.layer_accuracies == (0.25,)
    assert both.class_images == (2, 2, 4)
    assert both.class_correct == (2, 2, 2)
