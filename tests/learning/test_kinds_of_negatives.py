"""Every kind of negatives; a new one is tested by being registered."""

from typing import get_args

import pytest
import torch

from fftui import experiment as ex
from fftui.data.catalogue import SETS
from fftui.learning.images import Images
from fftui.learning.negatives import NEGATIVES, NegativesContext

CLASSES = 10


@pytest.mark.parametrize("name", list(NEGATIVES))
def test_a_kind_of_negatives_is_as_its_description_states(name: str) -> None:
    labels_N = torch.arange(60) % CLASSES
    images = Images(torch.zeros(60, 1, 28, 28), labels_N, None, SETS["mnist"], 1.0)
    sampler = NEGATIVES.find(name)(NegativesContext(images, 0, 1, 0, 0.3))
    described = ex.ForwardForward.model_construct(negatives=name).static_labels
    assert described == 1 + sampler.static
    probs_BC = torch.full((60, CLASSES), 1 / CLASSES)
    shown = []
    for epoch in (1, 2):
        sampler.begin_epoch(epoch)
        shown.append(sampler.labels(torch.arange(60), probs_BC))
        assert shown[-1].shape == labels_N.shape
        assert 0 <= int(shown[-1].min()) <= int(shown[-1].max()) < CLASSES
    assert torch.equal(*shown) == sampler.static
    assert (shown[0] != labels_N).float().mean() > 0.5


def test_an_experiment_may_name_every_kind_of_negatives() -> None:
    assert set(get_args(ex.Negatives)) == set(NEGATIVES)
