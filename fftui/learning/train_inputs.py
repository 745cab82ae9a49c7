"""The interface between the training images and the trainers that take batches of them."""

from typing import Protocol

from torch import Tensor

from fftui.learning.images import Images


class TrainInputs(Protocol):
    """The training images as inputs of batches: augmented on the device, or read one by one."""

    images: Images
    static: bool  # an image's inputs are the same in every epoch
    cacheable: bool  # the first layer may compute its inputs once and select batches from those

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs."""

    def inputs(self, index_B: Tensor) -> Tensor:
        """Scaled pixels (B, D), float32, on the device, of the images at `index_B`."""


class PlainInputs:
    """The training images as they are, whatever augmentation an experiment has."""

    static = True
    cacheable = True

    def __init__(self, images: Images) -> None:
        self.images = images

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn."""
        del epoch

    def inputs(self, index_B: Tensor) -> Tensor:
        """Scaled pixels (B, D), float32, of the images at `index_B`."""
        return self.images.inputs(index_B)
