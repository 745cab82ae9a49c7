"""Forward-Forward without labels: pairs of images, their objective, and that no label goes in."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import softplus

from fftui.data.splits import Splits, load_splits
from fftui.experiment import Experiment
from fftui.learning import prepared, split_images, training
from fftui.learning.goodness import goodness_for
from fftui.learning.layers.layer import LabelFreeInputs
from fftui.learning.rules.image_contrast import ImageContrastObjective, ImageContrastRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.rules.second_images import smooth_masks

Make = Callable[..., Experiment]
CONTRAST = {"rule": "image-contrast", "epochs": 1, "batch_size": 100}
NO_LABEL = {"encoding": "none"}
LAYERS = [
    {"units": 24, "normalisation": "layer", "activation": "linear", "output": "triangle"},
    {"units": 16, "normalisation": "layer", "activation": "linear", "output": "triangle"},
]
INDEX_B = torch.tensor([3, 1, 8])


def contrast(small: Make, **phase: object) -> Experiment:
    return small(CONTRAST | phase, model={"layers": LAYERS, "label": NO_LABEL})


@pytest.fixture
def shown(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Three images as the first layer's inputs, and what it is shown of them: positive, negative.
    In the second epoch, whose draws a resumed run repeats.
    """
    contexts: list[TrainContext] = []
    rule_for = prepared.rule_for
    monkeypatch.setattr(
        prepared,
        "rule_for",
        lambda phase, n, context: contexts.append(context) or rule_for(phase, n, context),
    )

    def show(**phase: object) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        experiment = contrast(small, **phase)
        training.train(experiment, device="cpu")
        rule = ImageContrastRule(experiment.phases[0], 1, contexts[-1], 1)
        rule.begin_epoch(2)
        images_BD = contexts[-1].network.layers[0].encode(contexts[-1].train.inputs(INDEX_B))
        x = LabelFreeInputs(images_BD.images_BD, None, 0, 10)
        positive, negative = (rule.images_shown(x, INDEX_B, n).images_BD for n in (0, 1))
        return x.images_BD, positive, negative

    return show


def test_averages_are_of_an_image_and_the_next_one_moved_as_drawn(
    shown: Callable[..., tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
) -> None:
    x_BD, positive_BD, negative_BD = shown()
    assert positive_BD is x_BD
    torch.testing.assert_close(negative_BD, (x_BD + x_BD[[1, 2, 0]]) / 2)
    x_BD, positive_BD, negative_BD = shown(move=2)
    copies_BD = 2 * positive_BD - x_BD
    torch.testing.assert_close(2 * negative_BD - x_BD, copies_BD[[1, 2, 0]])
    moves = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    found = [
        [
            move
            for move in moves
            if torch.allclose(image.view(28, 28).roll(move, (0, 1)).flatten(), copy, atol=1e-5)
        ]
        for image, copy in zip(x_BD, copies_BD, strict=True)
    ]
    assert all(len(each) == 1 for each in found)
    assert found != [[(0, 0)]] * 3


def test_hybrids_are_parts_of_two_images_by_smooth_masks(
    shown: Callable[..., tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
) -> None:
    x_BD, positive_BD, negative_BD = shown(negatives="hybrid")
    assert positive_BD is x_BD
    # inputs are standardised again, so each is a straight line over one of two pixels
    torch.testing.assert_close(negative_BD.mean(1), torch.zeros(3), atol=1e-5, rtol=0)
    assert not torch.allclose(negative_BD, x_BD)
    masks = smooth_masks(200, 28, 28, torch.Generator().manual_seed(0)).view(-1, 28, 28)
    assert 0.45 < masks.float().mean() < 0.55
    assert (masks[:, 1:] == masks[:, :-1]).float().mean() > 0.85  # random bits would be 0.5


def test_the_objective_is_the_two_thresholds_over_active_units() -> None:
    z_2BH = torch.randn(8, 6, dtype=torch.float64)
    value = ImageContrastObjective(goodness_for("mean-square", (6,)), 1.5, 0.4, 0.05)(z_2BH)
    leaf = z_2BH.clone().requires_grad_()
    positive, negative = leaf.relu().square().mean(1).chunk(2)
    loss = softplus(1.5 - positive).mean() + softplus(negative - 0.4).mean()
    loss = loss + 0.05 * positive.mean()
    (gradient,) = torch.autograd.grad(loss, leaf)
    torch.testing.assert_close(value.loss, loss.detach())
    torch.testing.assert_close(value.grad, gradient)
    torch.testing.assert_close(value.goodness_2B, torch.cat((positive, negative)).detach())
    assert value.activities is z_2BH


@pytest.mark.parametrize("kind", ["sum-square", "mean-activation"])
def test_another_goodness_and_peer_normalisation_are_of_active_units_too(kind: str) -> None:
    z_2BH = torch.randn(8, 6, dtype=torch.float64)
    value = ImageContrastObjective(goodness_for(kind, (6,)), 1.5, 0.4, 0.0, 0.3)(z_2BH)
    leaf = z_2BH.clone().requires_grad_()
    active_2BH = leaf.relu()
    goodness_2B = active_2BH.square().sum(1) if kind == "sum-square" else active_2BH.mean(1)
    positive, negative = goodness_2B.chunk(2)
    means_H = active_2BH[:4].mean(0)
    peers = 0.3 * (means_H - means_H.mean()).square().mean()
    loss = softplus(1.5 - positive).mean() + softplus(negative - 0.4).mean() + peers
    (gradient,) = torch.autograd.grad(loss, leaf)
    torch.testing.assert_close(value.loss, loss.detach())
    torch.testing.assert_close(value.grad, gradient)


@pytest.mark.parametrize("order", ["layer-wise", "parallel"])
def test_layers_learn_the_same_whatever_the_labels_are(
    small: Make, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_labels(*arguments: object, **options: object) -> Splits:
        splits = load_splits(*arguments, **options)  # type: ignore[arg-type]
        train = replace(splits.train, labels=torch.zeros_like(splits.train.labels))
        return replace(splits, train=train)

    def weights() -> dict[str, torch.Tensor]:
        learning = training.train(contrast(small, order=order, move=1), device="cpu")
        *_, end = learning
        assert end.test_accuracy is None
        return learning.network.state_dict()

    with_labels = weights()
    monkeypatch.setattr(split_images, "load_splits", without_labels)
    assert all(torch.equal(each, with_labels[name]) for name, each in weights().items())
