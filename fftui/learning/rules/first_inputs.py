"""The training images as the first layer sees them, label open."""

import torch
from torch import Tensor

from fftui.learning.augmentation import Augmentation
from fftui.learning.layers.base import Layer, OpenImages

AT_ONCE = 4096  # images opened at a time when a cache is filled


class FirstInputs:
    """The images, opened: kept if they never change and fit `cache_bytes`, else made per batch."""

    def __init__(self, first: Layer, train: Augmentation, cache_bytes: int) -> None:
        self.first = first
        self.train = train
        self._cached: OpenImages | None = None
        if not train.active and len(train.images) * first.inputs * first.dtype.itemsize <= cache_bytes:
            self._cached = self._make_all()

    def begin_epoch(self, epoch: int) -> None:
        """Move the images anew, if they move."""
        self.train.begin_epoch(epoch)

    def select(self, index_B: Tensor) -> OpenImages:
        """The images at `index_B`."""
        return self._cached.select(index_B) if self._cached else self.first.open(self.train.inputs(index_B))

    def _make_all(self) -> OpenImages:
        count, device = len(self.train.images), self.train.images.labels_N.device
        images_ND = torch.empty(count, self.first.inputs, dtype=self.first.dtype, device=device)
        strengths = []
        for start in range(0, count, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            made = self.first.open(self.train.inputs(part))
            images_ND[part] = made.images_BD
            strengths.append(made.strength_B)
        carried = [strength_B for strength_B in strengths if strength_B is not None]
        return OpenImages(images_ND, torch.cat(carried) if carried else None, made.first, made.classes)
