"""Label planes added to convolved images, against a product of one-hot rows."""

import pytest
import torch

from fftui.learning.layers.added_planes import add_planes

PLANES, IMAGES, VALUES = 4, 3, 50


@pytest.mark.parametrize("sets", [1, 2])
def test_sum_and_gradients_are_those_of_a_product_with_one_hot_rows(sets: int) -> None:
    generator = torch.Generator().manual_seed(0)
    images, planes = (
        torch.randn(rows, VALUES, generator=generator).requires_grad_() for rows in (IMAGES, PLANES)
    )
    labels = torch.randint(0, PLANES, (sets * IMAGES,), generator=generator)
    weights = torch.randn(len(labels), VALUES, generator=generator)
    one_hot = torch.eye(PLANES)[labels]
    plain = ((one_hot @ planes).view(sets, IMAGES, VALUES) + images).view(len(labels), VALUES)
    expected = torch.autograd.grad((plain * weights).sum(), (images, planes))
    found = add_planes(images, planes, labels)
    assert torch.equal(found, plain)
    gradients = torch.autograd.grad((found * weights).sum(), (images, planes))
    assert all(torch.equal(*pair) for pair in zip(gradients, expected, strict=True))
