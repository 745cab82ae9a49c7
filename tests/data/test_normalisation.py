import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fftui.data.catalogue import DATA_NAMES, SETS
from fftui.data.normalisation import ChannelScale, normalise, overlay_value, scale_of
from fftui.data.sets import load_set

NAMES = ("none", "unit", "standard", "paper")


def test_the_papers_constants_and_its_slip_on_cifar10():
    mean = (0.4914, 0.4822, 0.4465)
    assert scale_of(SETS["mnist"], "paper") == ChannelScale((0.1307,), (0.3081,))
    assert scale_of(SETS["fashion-mnist"], "paper") == ChannelScale((0.1307,), (0.3081,))
    assert scale_of(SETS["cifar10"], "paper") == ChannelScale(mean, mean)
    assert scale_of(SETS["cifar100"], "paper") == ChannelScale(mean, (0.2023, 0.1994, 0.2010))
    assert scale_of(SETS["svhn"], "paper") == ChannelScale(
        (0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)
    )


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_the_standard_constants_are_those_of_the_training_images(name):
    images = load_set(name, "train").images
    values = torch.arange(256).double() / 255
    for channel, (mean, std) in enumerate(
        zip(SETS[name].standard.mean, SETS[name].standard.std, strict=True)
    ):
        share = (
            images[:, channel].flatten().bincount(minlength=256).double()
            / images[:, channel].numel()
        )
        measured = (share @ values).item()
        assert measured == pytest.approx(mean, abs=5e-5)
        assert (share @ (values - measured) ** 2).sqrt().item() == pytest.approx(std, abs=5e-5)


@pytest.mark.parametrize("name", DATA_NAMES)
@pytest.mark.parametrize("normalisation", NAMES)
def test_every_channel_is_scaled_by_its_own_constants_and_flattened_channel_first(
    name, normalisation
):
    channels, height, width = SETS[name].shape
    images = torch.randint(0, 256, (4, channels, height, width), dtype=torch.uint8)
    before = images.clone()
    inputs = normalise(images, scale_of(SETS[name], normalisation))
    assert inputs.shape == (4, SETS[name].inputs)
    assert inputs.dtype == torch.float32
    scale = scale_of(SETS[name], normalisation)
    for channel in range(channels):
        block = inputs[:, channel * height * width : (channel + 1) * height * width].double()
        expected = images[:, channel].flatten(1).double()
        if scale is not None:
            expected = (expected / 255 - scale.mean[channel]) / scale.std[channel]
        torch.testing.assert_close(block, expected, rtol=2e-6, atol=2e-6)
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", DATA_NAMES)
@pytest.mark.parametrize("normalisation", NAMES)
def test_the_overlay_value_is_that_of_the_brightest_pixel(name, normalisation):
    white = torch.full((1, *SETS[name].shape), 255, dtype=torch.uint8)
    brightest = normalise(white, scale_of(SETS[name], normalisation)).max().item()
    assert overlay_value(SETS[name], normalisation) == pytest.approx(brightest, rel=1e-6)


def test_the_overlay_value_on_mnist_is_the_papers():
    assert overlay_value(SETS["mnist"], "paper") == pytest.approx(2.8215, abs=5e-5)


@given(st.integers(0, 255), st.floats(0, 1), st.floats(0.01, 2))
def test_brighter_pixels_stay_brighter(pixel, mean, std):
    images = torch.tensor([pixel, max(pixel - 1, 0)], dtype=torch.uint8).view(2, 1, 1, 1)
    bright, dark = normalise(images, ChannelScale((mean,), (std,))).flatten().tolist()
    assert bright > dark if pixel else bright == dark
