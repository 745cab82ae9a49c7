"""The published data sets: one record a set; no tensor library is loaded here.

To add one, add its record to `_PUBLISHED`, or give it to `register_data` from another package: the
command line, the presets, the form, normalisation, verification and `fftui doctor` follow.
"""

from collections.abc import KeysView
from dataclasses import dataclass, field
from typing import Literal

DataName = str
Normalisation = Literal["none", "unit", "standard", "paper"]


@dataclass(frozen=True)
class ChannelScale:
    """One mean and one standard deviation a channel, of pixels from 0 to 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class SetInfo:
    """Facts about a data set that need none of its files.

    `shape` is (channels, height, width) in pixels; `standard` is the mean and the standard
    deviation of its training images, `paper` the constants of the paper's code where it uses the
    set.
    """

    classes: int
    shape: tuple[int, int, int]
    train_images: int
    test_images: int
    description: str
    standard: ChannelScale
    paper: ChannelScale | None = None
    class_names: tuple[str, ...] = ()

    @property
    def inputs(self) -> int:
        """Number of inputs D of a flattened image."""
        channels, height, width = self.shape
        return channels * height * width


@dataclass(frozen=True)
class Source:
    """Where a published set comes from: the torchvision class that reads it, `module:Class`, with
    its arguments for either split, and the bytes of the packed files that are fetched.

    `md5` has the sums of unpacked files, by file name, where the class lists only those of the
    archives. `layout` transposed: the files hold every image with its rows and columns exchanged.
    """

    loader: str
    fetch_bytes: int
    train: tuple[tuple[str, object], ...] = (("train", True),)
    test: tuple[tuple[str, object], ...] = (("train", False),)
    md5: tuple[tuple[str, str], ...] = ()
    layout: Literal["upright", "transposed"] = "upright"
    first_label: int = 0


@dataclass(frozen=True, kw_only=True)
class PublishedSet(SetInfo):
    """One published data set; `source` is None for the one that is shipped inside fftui."""

    name: str
    source: Source | None = field(default=None)


DIGITS = tuple("0123456789")
_MNIST = ChannelScale((0.1307,), (0.3081,))
_SVHN = ChannelScale((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970))
_CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
_TRAIN_SPLIT, _TEST_SPLIT = (("split", "train"),), (("split", "test"),)
_CIFAR100_CLASSES = (
    *("apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle"),
    *("bicycle", "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can"),
    *("castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud"),
    *("cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant"),
    *("flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard"),
    *("lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree"),
    *("motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid"),
    *("otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy"),
    *("porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea"),
    *("seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider"),
    *("squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone"),
    *("television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe"),
    *("whale", "willow_tree", "wolf", "woman", "worm"),
)


def _emnist(split: str) -> Source:
    return Source(
        "torchvision.datasets:EMNIST",
        561_753_746,
        train=(("split", split), ("train", True)),
        test=(("split", split), ("train", False)),
        layout="transposed",
        first_label=1 if split == "letters" else 0,
    )


# The means and deviations of the first three (MNIST, FashionMNIST, CIFAR10) are measured on all
# training images; those of the others are as commonly published.
_PUBLISHED = (
    PublishedSet(
        name="mnist-mini",
        classes=10,
        shape=(1, 28, 28),
        train_images=5_000,
        test_images=1_000,
        description="the first 5,000 / 1,000 MNIST digits, shipped with fftui",
        class_names=DIGITS,
        standard=_MNIST,
        paper=_MNIST,
    ),
    PublishedSet(
        name="mnist",
        classes=10,
        shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        description="handwritten digits",
        class_names=DIGITS,
        standard=_MNIST,
        paper=_MNIST,
        source=Source(
            "torchvision.datasets:MNIST",
            11_594_722,
            md5=(
                ("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
                ("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
                ("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
                ("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
            ),
        ),
    ),
    PublishedSet(
        name="fashion-mnist",
        classes=10,
        shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        description="articles of clothing",
        class_names=(
            *("T-shirt", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
        standard=ChannelScale((0.2860,), (0.3530,)),
        paper=_MNIST,
        source=Source(
            "torchvision.datasets:FashionMNIST",
            30_878_645,
            md5=(
                ("train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
                ("train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9"),
                ("t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a"),
                ("t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965"),
            ),
        ),
    ),
    PublishedSet(
        name="cifar10",
        classes=10,
        shape=(3, 32, 32),
        train_images=50_000,
        test_images=10_000,
        description="ten kinds of objects in colour",
        class_names=(
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
        standard=ChannelScale(_CIFAR_MEAN, (0.2470, 0.2435, 0.2616)),
        paper=ChannelScale(_CIFAR_MEAN, _CIFAR_MEAN),
        source=Source("torchvision.datasets:CIFAR10", 170_498_071),
    ),
    PublishedSet(
        name="cifar100",
        classes=100,
        shape=(3, 32, 32),
        train_images=50_000,
        test_images=10_000,
        description="a hundred kinds of objects in colour",
        class_names=_CIFAR100_CLASSES,
        standard=ChannelScale((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        paper=ChannelScale(_CIFAR_MEAN, (0.2023, 0.1994, 0.2010)),
        source=Source("torchvision.datasets:CIFAR100", 169_001_437),
    ),
    PublishedSet(
        name="svhn",
        classes=10,
        shape=(3, 32, 32),
        train_images=73_257,
        test_images=26_032,
        description="house numbers in colour",
        class_names=DIGITS,
        standard=_SVHN,
        paper=_SVHN,
        source=Source("torchvision.datasets:SVHN", 246_316_178, _TRAIN_SPLIT, _TEST_SPLIT),
    ),
    PublishedSet(
        name="kmnist",
        classes=10,
        shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        description="handwritten Japanese syllables (Kuzushiji)",
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        standard=ChannelScale((0.1918,), (0.3483,)),
        source=Source("torchvision.datasets:KMNIST", 21_240_888),
    ),
    PublishedSet(
        name="emnist-balanced",
        classes=47,
        shape=(1, 28, 28),
        train_images=112_800,
        test_images=18_800,
        description="handwritten digits and letters, as many of each",
        class_names=tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"),
        standard=ChannelScale((0.1751,), (0.3332,)),
        source=_emnist("balanced"),
    ),
    PublishedSet(
        name="emnist-letters",
        classes=26,
        shape=(1, 28, 28),
        train_images=124_800,
        test_images=20_800,
        description="handwritten letters, upper and lower case together",
        class_names=tuple("abcdefghijklmnopqrstuvwxyz"),
        standard=ChannelScale((0.1722,), (0.3309,)),
        source=_emnist("letters"),
    ),
    PublishedSet(
        name="qmnist",
        classes=10,
        shape=(1, 28, 28),
        train_images=60_000,
        test_images=60_000,
        description="MNIST made again, with all 60,000 test digits",
        class_names=DIGITS,
        standard=_MNIST,
        source=Source("torchvision.datasets:QMNIST", 20_436_162),
    ),
    PublishedSet(
        name="usps",
        classes=10,
        shape=(1, 16, 16),
        train_images=7_291,
        test_images=2_007,
        description="digits of 16 by 16 pixels from envelopes",
        class_names=DIGITS,
        standard=ChannelScale((0.2469,), (0.2989,)),
        source=Source("torchvision.datasets:USPS", 8_411_109),
    ),
    PublishedSet(
        name="stl10",
        classes=10,
        shape=(3, 96, 96),
        train_images=5_000,
        test_images=8_000,
        description="ten kinds of objects of 96 by 96 pixels; its unlabelled images are not used",
        class_names=(
            *("airplane", "bird", "car", "cat", "deer"),
            *("dog", "horse", "monkey", "ship", "truck"),
        ),
        standard=ChannelScale((0.4467, 0.4398, 0.4066), (0.2603, 0.2566, 0.2713)),
        source=Source("torchvision.datasets:STL10", 2_640_397_119, _TRAIN_SPLIT, _TEST_SPLIT),
    ),
)
SETS: dict[DataName, PublishedSet] = {record.name: record for record in _PUBLISHED}
DATA_NAMES: KeysView[DataName] = SETS.keys()  # a view: names registered later are in it


def register_data(record: PublishedSet) -> None:
    """Add a published data set. Raises ValueError where its name is taken by another record."""
    if SETS.setdefault(record.name, record) != record:
        msg = f"a data set called {record.name!r} is registered already"
        raise ValueError(msg)
