"""Prediction by goodness against trying every label by hand."""

from dataclasses import replace

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
from fftui.learning.prediction import Score, score_by_goodness, score_of, total

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
    right_N = counted.sum(0).argmax(1) == images.labels_N
    assert torch.equal(score.correct_N, right_N)
    assert torch.equal(score.layer_correct_LN, goodness_LNC.argmax(2) == images.labels_N)
    assert sum(score.class_images) == len(score.labels_N) == count
    assert sum(score.class_correct) == int(right_N.sum())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 20), st.integers(0, 1000), PREDICTIONS)
def test_a_depth_predicts_as_a_network_of_only_these_layers(
    layers: int, count: int, seed: int, prediction: Prediction
) -> None:
    net, images = network(layers, seed), random_images(count, seed)
    score = score_by_goodness(net.layers, images, "mean-square", prediction)
    for depth in range(1, layers + 1):
        alone = score_by_goodness(net.layers[:depth], images, "mean-square", prediction)
        assert torch.equal(score.depth_correct_LN[depth - 1], alone.correct_N)
        assert score.depth_accuracies[depth - 1] == alone.accuracy


def test_parts_of_any_size_score_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    net, images = network(2, 1), random_images(33, 1)
    whole = score_by_goodness(net.layers, images, "mean-square", "all-layers")
    monkeypatch.setattr(module, "MAX_ROWS", 70)
    parts = score_by_goodness(net.layers, images, "mean-square", "all-layers")
    assert all(map(torch.equal, tensors_of(parts), tensors_of(whole)))


def score(labels_N: torch.Tensor, flags: torch.Tensor, layers: int, *, head: bool) -> Score:
    """A score with the rows of `flags` (2 + 2 layers, N)."""
    alone, together = flags[2 : 2 + layers], flags[2 + layers :]
    return Score(labels_N, 5, flags[0], alone, together, flags[1] if head else None)


def tensors_of(score: Score) -> list[torch.Tensor]:
    return [
        score.labels_N,
        score.correct_N,
        score.layer_correct_LN,
        score.depth_correct_LN,
        *([] if score.head_correct_N is None else [score.head_correct_N]),
    ]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_parts_of_a_split_keep_its_order(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    seed, layers, head = data.draw(st.tuples(st.integers(0, 99), st.integers(0, 3), st.booleans()))
    generator, count = torch.Generator().manual_seed(seed), sum(sizes)
    flags = torch.randint(0, 2, (2 + 2 * layers, count), generator=generator).bool()
    labels_N = torch.randint(0, 5, (count,), generator=generator)
    at, parts = 0, []
    for size in sizes:
        part = flags[:, at : at + size]
        parts.append(score(labels_N[at : at + size], part, layers, head=head))
        at += size
    whole = score(labels_N, flags, layers, head=head)
    joined = total(parts)
    assert len(tensors_of(joined)) == len(tensors_of(whole))
    assert all(map(torch.equal, tensors_of(joined), tensors_of(whole)))


def test_accuracies_are_fractions_of_the_images() -> None:
    labels = torch.tensor([0, 1, 2, 2])
    right = score_of(torch.tensor([0, 1, 2, 0]), labels, 3)
    first = torch.tensor([[True, False, False, False]])
    part = replace(right, layer_correct_LN=first, depth_correct_LN=~first)
    both = total([part, part])
    assert both.accuracy == 0.75
    assert both.layer_accuracies == (0.25,)
    assert both.depth_accuracies == (0.75,)
    assert both.head_accuracy is None
    assert both.class_images == (2, 2, 4)
    assert both.class_correct == (2, 2, 2)
