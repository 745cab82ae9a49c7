from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fftui.data.catalogue import SETS
from fftui.data.encodings import PIXELS, PLANES, VECTORS, LabelEncoding, planes_of
from fftui.data.label_encoding import LabelInput, label_planes, overlay
from fftui.errors import ExperimentError


@given(
    classes=st.integers(1, 20),
    rest=st.integers(0, 20),
    batch=st.integers(1, 8),
    value=st.floats(-5, 5),
)
def test_the_first_inputs_carry_the_label_and_the_others_stay(classes, rest, batch, value):
    inputs_BD = torch.randn(batch, classes + rest)
    labels_B = torch.randint(classes, (batch,))
    before = inputs_BD.clone()
    encoded = overlay(inputs_BD, labels_B, classes, value)
    expected = torch.nn.functional.one_hot(labels_B, classes).float() * value
    assert torch.equal(encoded[:, :classes], expected)
    assert torch.equal(encoded[:, classes:], inputs_BD[:, classes:])
    assert torch.equal(inputs_BD, before)


def test_every_label_gives_an_image_the_same_norm():
    image_CD = torch.randn(1, 784).expand(10, -1)
    norms = overlay(image_CD, torch.arange(10), 10, 2.8215).double().norm(dim=1)
    torch.testing.assert_close(norms, norms[:1].expand(10))


def test_a_colour_image_carries_the_label_in_the_red_channels_first_row():
    images = torch.ones(1, *SETS["cifar10"].shape)
    encoded = overlay(images.flatten(1), torch.tensor([7]), 10, 5.0).view_as(images)
    assert encoded[0, 0, 0, :11].tolist() == [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 1]
    assert (encoded[0, 1:] == 1).all()


def test_half_precision_stays_half_precision():
    encoded = overlay(torch.ones(2, 12, dtype=torch.bfloat16), torch.tensor([0, 9]), 10, 2.0)
    assert encoded.dtype == torch.bfloat16
    assert encoded[1, 9] == 2.0


def test_an_image_with_fewer_inputs_than_labels_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        overlay(torch.ones(1, 9), torch.tensor([0]), 10, 1.0)


@pytest.mark.parametrize("encoding", PLANES)
def test_every_plane_has_the_channels_that_it_states(encoding):
    label, generator = LabelInput(encoding, 5, 2.0), torch.Generator().manual_seed(0)
    planes = label_planes(label, 6, 7, generator=generator)
    assert planes.shape == (5 + 1, planes_of(encoding, 5), 6, 7)
    assert len(planes.unique(dim=0)) >= 5, "labels have planes of their own"
    torch.testing.assert_close(planes[5], planes[:5].mean(0))


def test_an_encoding_that_is_no_plane_is_not_taken_for_one():
    generator = torch.Generator().manual_seed(0)
    with pytest.raises(ExperimentError, match=r"no label plane is made for .*'every-token'"):
        label_planes(LabelInput("every-token", 5, 1.0), 6, 7, generator=generator)


@pytest.mark.parametrize("encoding", get_args(LabelEncoding))
def test_a_label_has_a_column_only_where_it_is_among_the_inputs(encoding):
    label = LabelInput(encoding, 5, 1.0)
    column = label.column(30)
    assert (column is not None) == (encoding in (*PIXELS, *VECTORS))
    assert column is None or column + 5 <= 30 + label.appended_inputs
