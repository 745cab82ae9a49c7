"""The files of each data set, their MD5 sums, and the torchvision class that reads them.

torchvision takes seconds to import, and only happens for the full data sets, not for the one
shipped with fftui.
"""

from dataclasses import dataclass
from typing import Any

from fftui.data.catalogue import DataName


@dataclass(frozen=True)
class SetFile:
    """One file of a data set: its path below the data folder, and the MD5 sum of its content."""

    path: str
    md5: str


# Shipped inside the package, in `mnist_mini/`.
MNIST_MINI_FILES = (
    SetFile("train-images-idx3-ubyte.gz", "643db779161588e972219eed3b98a6cb"),
    SetFile("train-labels-idx1-ubyte.gz", "6983e8e95e0f52e7c5e6b675af4fb2d1"),
    SetFile("t10k-images-idx3-ubyte.gz", "7d1e65ac28cc2a8baaffb01bb3a4def6"),
    SetFile("t10k-labels-idx1-ubyte.gz", "94eb77d0b7794d8a79b66cda22f8c7aa"),
)

# torchvision checks the downloaded archives only, not the unpacked files: these are the sums of the
# latter.
MNIST_FILES = (
    SetFile("MNIST/raw/train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
    SetFile("MNIST/raw/train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
    SetFile("MNIST/raw/t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
    SetFile("MNIST/raw/t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
)
FASHION_MNIST_FILES = (
    SetFile("FashionMNIST/raw/train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    SetFile("FashionMNIST/raw/train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9"),
    SetFile("FashionMNIST/raw/t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a"),
    SetFile("FashionMNIST/raw/t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965"),
)


def torchvision_class(name: DataName) -> Any:
    """The torchvision class that reads the data set; `mnist-mini` has none (KeyError)."""
    from torchvision import datasets  # noqa: PLC0415 - takes seconds to import

    return {
        "mnist": datasets.MNIST,
        "fashion-mnist": datasets.FashionMNIST,
        "cifar10": datasets.CIFAR10,
        "cifar100": datasets.CIFAR100,
        "svhn": datasets.SVHN,
    }[name]


def files_of(name: DataName) -> tuple[SetFile, ...]:
    """The files of a data set, those for training first."""
    match name:
        case "mnist-mini":
            return MNIST_MINI_FILES
        case "mnist":
            return MNIST_FILES
        case "fashion-mnist":
            return FASHION_MNIST_FILES
        case "svhn":
            splits = torchvision_class(name).split_list
            return tuple(SetFile(splits[split][1], splits[split][2]) for split in ("train", "test"))
        case "cifar10" | "cifar100":
            cifar = torchvision_class(name)
            listed = [
                *cifar.train_list,
                *cifar.test_list,
                (cifar.meta["filename"], cifar.meta["md5"]),
            ]
            return tuple(SetFile(f"{cifar.base_folder}/{file}", md5) for file, md5 in listed)
