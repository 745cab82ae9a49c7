"""Training images changed at random: each change against a plain account of it."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fftui.data.catalogue import SETS
from fftui.experiment import Augment, Data
from fftui.learning.augmentation import Augmentation
from fftui.learning.colour_jitter import YIQ
from fftui.learning.elastic import Elastic
from fftui.learning.images import Images

COUNT = 40
ALL = torch.arange(COUNT)


def images_of(pixels: Tensor, name: str) -> Images:
    return Images(pixels, torch.zeros(len(pixels), dtype=torch.long), None, SETS[name], 1.0)


def changed(pixels: Tensor, augment: Augment, epoch: int = 1, name: str = "cifar10") -> Tensor:
    """The images (N, K, H, W) as `augment` changes them in an epoch."""
    data = Data(name=name, augment=augment)
    augmentation = Augmentation(images_of(pixels, name), data, 0, 1, 0)
    augmentation.begin_epoch(epoch)
    return augmentation.changed(ALL).float().unflatten(2, pixels.shape[2:])


@pytest.fixture
def pixels() -> Tensor:
    shape = (COUNT, 3, 32, 32)
    return torch.randint(40, 200, shape, generator=torch.Generator().manual_seed(1)).byte()


def test_crops_are_windows_into_the_reflected_image(pixels: Tensor) -> None:
    border, places = 4, set()
    whole = torch.nn.functional.pad(pixels.float(), (border,) * 4, mode="reflect")
    windows = whole.unfold(2, 32, 1).unfold(3, 32, 1)  # (N, K, 9, 9, 32, 32)
    for number, cut in enumerate(changed(pixels, Augment(crop=border))):
        found = (windows[number] == cut[:, None, None]).all(-1).all(-1).all(0).nonzero().tolist()
        assert len(found) == 1
        places.add(tuple(found[0]))
    assert len(places) > COUNT / 2, "each image has a place of its own"


def test_an_image_turned_by_a_right_angle_is_the_rotated_image(pixels: Tensor) -> None:
    augmentation = Augmentation(
        images_of(pixels, "cifar10"), Data(name="cifar10", augment=Augment(rotation=180)), 0
    )
    augmentation.begin_epoch(1)
    cutting = augmentation._cutting
    assert cutting is not None
    cutting._map_N23 = torch.tensor([[0.0, -1, 0], [1, 0, 0]]).expand(COUNT, 2, 3)
    turned = cutting.cut(pixels, ALL)
    assert torch.allclose(turned, pixels.float().rot90(1, (2, 3)), atol=1e-2)


def test_rotations_keep_the_centre_and_stay_within_their_angle() -> None:
    bar = torch.zeros(COUNT, 1, 28, 28, dtype=torch.uint8)
    bar[:, :, 13:15, :] = 255
    turned = changed(bar, Augment(rotation=20), name="mnist")
    assert (turned[:, 0, 13:15, 13:15] > 120).all()
    # the bar's height at the right side is the tangent of the angle, half the width away
    heights = torch.arange(28.0)[:, None] - 13.5
    right = turned[:, 0, :, 20:24]
    height = (right * heights).sum((1, 2)) / right.sum((1, 2))
    angles = torch.atan2(height, torch.tensor(8.0)).rad2deg().abs()
    assert 12 < angles.max() < 20.5
    assert angles.min() < 4


def test_a_resized_part_has_the_share_of_the_area_that_is_asked_for() -> None:
    data = Data(name="cifar10", augment=Augment(area=0.4))
    count = 2000
    images = images_of(torch.zeros(count, 3, 32, 32, dtype=torch.uint8), "cifar10")
    augmentation = Augmentation(images, data, 0)
    augmentation.begin_epoch(1)
    assert augmentation._cutting is not None
    map_N23 = augmentation._cutting._map_N23
    wide_N, high_N = map_N23[:, 0, 0], map_N23[:, 1, 1]
    assert float((wide_N * high_N).min()) > 0.33  # a part as wide as the image is no longer cut
    assert 0.6 < float((wide_N * high_N).mean()) < 0.75
    assert (map_N23[:, 0, 2].abs() <= 1 - wide_N + 1e-6).all(), "parts lie inside the image"
    assert (map_N23[:, 1, 2].abs() <= 1 - high_N + 1e-6).all()


def test_a_deformation_moves_places_smoothly_by_so_many_pixels_each_way() -> None:
    across = (torch.arange(28) * 9).expand(28, 28)
    ramps = torch.stack((across, across.t())).repeat(COUNT // 2, 1, 1)[:, None].byte()
    moved = changed(ramps, Augment(elastic=0.7), name="mnist") / 9 - ramps.float() / 9
    inside = moved[:, 0, 4:-4, 4:-4]  # elsewhere places outside the image come in
    for each in (inside[::2], inside[1::2]):
        assert 0.5 < float(each.square().mean().sqrt()) < 0.9
    assert float(inside.diff(dim=2).square().mean().sqrt()) < 0.7 / 3, "neighbours move alike"
    assert not torch.allclose(inside[0], inside[2]), "each image has a deformation of its own"


def test_fields_are_as_strong_in_pixels_on_images_that_are_not_square() -> None:
    elastic = Elastic(1.5, torch.device("cpu"))
    elastic.draw(3, (20, 50), torch.Generator().manual_seed(0))
    fields_FHW2 = elastic._fields_FHW2 * torch.tensor([50, 20]) / 2
    for each in fields_FHW2.unbind(3):
        assert math.isclose(float(each.square().mean().sqrt()), 1.5, rel_tol=0.05)
    assert elastic.displacement(torch.tensor([2, 0])).shape == (2, 20, 50, 2)


def test_brightness_and_contrast_are_a_line_through_the_mean_grey(pixels: Tensor) -> None:
    after = changed(pixels, Augment(brightness=0.2, contrast=0.2))
    grey = torch.tensor(YIQ[0])
    for image, now in zip(pixels.float(), after, strict=True):
        inside = (now > 0) & (now < 255)
        slope = torch.cov(torch.stack((image[inside], now[inside])))
        steepness = float(slope[0, 1] / slope[0, 0])
        assert 0.64 - 1e-3 <= steepness <= 1.44 + 1e-3
        mean = float((image.mean((1, 2)) * grey).sum())
        bright = float((now.mean((1, 2)) * grey).sum()) / mean
        assert 0.8 - 2e-2 <= bright <= 1.2 + 2e-2, "contrast keeps the mean"


def test_hue_and_saturation_keep_the_brightness_of_every_pixel(pixels: Tensor) -> None:
    pixels = pixels // 4 + 100  # far from 0 and 255, where values are cut
    after = changed(pixels, Augment(saturation=0.5, hue=0.1))
    brightness = torch.tensor(YIQ[0])[:, None, None]
    assert torch.allclose(
        (after * brightness).sum(1), (pixels.float() * brightness).sum(1), atol=0.2
    )
    assert (after - pixels.float()).abs().amax((1, 2, 3)).min() > 0.1


def test_the_share_that_is_greyed_is_grey_and_the_rest_as_it_was(pixels: Tensor) -> None:
    after = changed(pixels, Augment(grey=0.5))
    is_grey = (after.amax(1) - after.amin(1)).amax((1, 2)) < 0.05
    assert 0.2 * COUNT < int(is_grey.sum()) < 0.8 * COUNT
    assert torch.allclose(after[~is_grey], pixels[~is_grey].float(), atol=1e-2)


EVERYTHING = Augment(
    crop=4,
    rotation=10,
    area=0.5,
    elastic=1,
    brightness=0.2,
    contrast=0.2,
    saturation=0.2,
    hue=0.1,
    grey=0.2,
)


def test_an_epoch_always_has_the_same_changes_and_another_has_others(pixels: Tensor) -> None:
    first = changed(pixels, EVERYTHING)
    assert torch.equal(first, changed(pixels, EVERYTHING))
    assert not torch.equal(first, changed(pixels, EVERYTHING, epoch=2))
    assert first.min() >= 0
    assert first.max() <= 255


def test_a_batch_is_changed_as_its_images_are_alone(pixels: Tensor) -> None:
    data = Data(name="cifar10", augment=EVERYTHING)
    images = replace(images_of(pixels, "cifar10"), scale=SETS["cifar10"].standard)
    augmentation = Augmentation(images, data, 0)
    augmentation.begin_epoch(3)
    one_by_one = torch.cat([augmentation.inputs(index_B) for index_B in ALL.split(1)])
    assert torch.allclose(augmentation.inputs(ALL), one_by_one, atol=1e-4)
    assert not math.isnan(float(one_by_one.sum()))
