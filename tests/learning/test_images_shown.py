"""A rule may show a layer other images than those of the batch: for each set of labels its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.layers.layer import LabelFreeInputs
from fftui.learning.rules.forward_forward import ForwardForwardRule
from fftui.learning.training import train

from .conftest import FORWARD_FORWARD

Make = Callable[..., Experiment]


def means(experiment: Experiment) -> torch.Tensor:
    """g⁺ and g⁻ of each layer in each epoch."""
    events = list(train(experiment, device="cpu"))
    kind = ev.LayerMeans if any(isinstance(e, ev.LayerMeans) for e in events) else ev.EpochFinished
    found = [event for event in events if isinstance(event, kind)]
    return torch.tensor([(each.goodness_positive, each.goodness_negative) for each in found])


def copied(
    rule: ForwardForwardRule, x: LabelFreeInputs, index_B: torch.Tensor, number: int
) -> LabelFreeInputs:
    return replace(x, product_BH=None)


def dark(
    rule: ForwardForwardRule, x: LabelFreeInputs, index_B: torch.Tensor, number: int
) -> LabelFreeInputs:
    """Negative data without an image."""
    return replace(x, images_BD=x.images_BD * 0, product_BH=None) if number else x


@pytest.mark.parametrize("order", ["layer-wise", "parallel"])
def test_every_layer_learns_from_the_images_that_the_rule_shows(
    small: Make, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = small(FORWARD_FORWARD | {"order": order, "loss": "softplus"})
    usual = means(experiment)
    monkeypatch.setattr(ForwardForwardRule, "images_shown", copied)
    torch.testing.assert_close(means(experiment), usual, rtol=1e-3, atol=1e-4)
    monkeypatch.setattr(ForwardForwardRule, "images_shown", dark)
    apart = (means(experiment) - usual)[:, 1].abs()
    assert len(apart) == 4
    assert (apart > 0.05 * usual[:, 1].abs()).all()
