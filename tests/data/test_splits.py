import pytest
import torch

from fftui.data.sets import DataSplit, load_set
from fftui.data.splits import load_splits
from fftui.errors import DataError


def _rows(images: DataSplit) -> list[bytes]:
    """Each image as bytes: the shipped data set holds no image twice, so bytes identify one."""
    return [image.numpy().tobytes() for image in images.images]


@pytest.fixture(scope="module")
def whole() -> dict[bytes, int]:
    train = load_set("mnist-mini", "train")
    labelled = dict(zip(_rows(train), train.labels.tolist(), strict=True))
    assert len(labelled) == len(train)
    return labelled


def test_the_plain_set_keeps_the_order_of_its_files():
    splits = load_splits("mnist-mini", seed=3)
    assert splits.validation is None
    for split, images in (("train", splits.train), ("test", splits.test)):
        assert torch.equal(images.images, load_set("mnist-mini", split).images)
        assert torch.equal(images.labels, load_set("mnist-mini", split).labels)


@pytest.mark.parametrize(("train_images", "trained"), [(None, 4200), (300, 300)])
def test_validation_is_disjoint_from_training(train_images, trained, whole):
    splits = load_splits("mnist-mini", seed=0, train_images=train_images, validation_images=800)
    assert splits.validation is not None
    train, validation = set(_rows(splits.train)), set(_rows(splits.validation))
    assert (len(train), len(validation)) == (trained, 800)
    assert not train & validation
    assert train | validation <= whole.keys()


def test_labels_stay_with_their_images(whole):
    splits = load_splits("mnist-mini", seed=5, train_images=200, validation_images=50)
    assert splits.validation is not None
    for images in (splits.train, splits.validation):
        assert [whole[row] for row in _rows(images)] == images.labels.tolist()


def test_a_seed_draws_the_same_subsets_and_another_seed_others():
    one, again, other = (
        load_splits(
            "mnist-mini", seed=seed, train_images=100, validation_images=100, test_images=100
        )
        for seed in (1, 1, 2)
    )
    assert one.validation is not None
    assert again.validation is not None
    assert torch.equal(one.train.images, again.train.images)
    assert torch.equal(one.validation.images, again.validation.images)
    assert torch.equal(one.test.images, again.test.images)
    assert not torch.equal(one.train.images, other.train.images)
    assert not torch.equal(one.test.images, other.test.images)


def test_fewer_training_images_are_the_beginning_of_more_and_change_nothing_else():
    few, many = (
        load_splits("mnist-mini", seed=0, train_images=n, validation_images=60, test_images=40)
        for n in (100, 1000)
    )
    assert few.validation is not None
    assert many.validation is not None
    assert torch.equal(few.train.images, many.train.images[:100])
    assert torch.equal(few.validation.images, many.validation.images)
    assert torch.equal(few.test.images, many.test.images)


def test_a_subset_is_random():
    splits = load_splits("mnist-mini", seed=0, train_images=500, test_images=100)
    assert set(splits.train.labels.tolist()) == set(range(10))
    assert not torch.equal(splits.train.labels, load_set("mnist-mini", "train").labels[:500])
    assert len(set(_rows(splits.train))) == 500


@pytest.mark.parametrize(
    "asked", [{"train_images": 4901, "validation_images": 100}, {"validation_images": 5000}]
)
def test_more_training_images_than_there_are_is_refused(asked):
    with pytest.raises(DataError, match=r"mnist-mini has 5000 training images"):
        load_splits("mnist-mini", seed=0, **asked)


def test_more_test_images_than_there_are_is_refused():
    with pytest.raises(DataError, match=r"mnist-mini has 1000 test images, not 1001"):
        load_splits("mnist-mini", seed=0, test_images=1001)
