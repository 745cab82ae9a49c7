"""The training images as normalised inputs of the first layer, before labels are put in."""

import torch
from torch import Tensor

from fftui.learning.augmentation import Augmentation
from fftui.learning.layers.layer import LabelFreeInputs, Layer

AT_ONCE = 4096  # images encoded at a time when a cache is filled


class FirstLayerInputs:
    """Label-free inputs of the training images: cached if they are static and fit `cache_bytes`,
    else per batch.
    """

    def __init__(self, first: Layer, train: Augmentation, cache_bytes: int) -> None:
        self.first = first
        self.train = train
        self._cached: LabelFreeInputs | None = None
        if (
            not train.active
            and len(train.images) * first.inputs * first.dtype.itemsize <= cache_bytes
        ):
            self._cached = self._encode_all()

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation, if there is one."""
        self.train.begin_epoch(epoch)

    def select(self, index_B: Tensor) -> LabelFreeInputs:
        """Label-free inputs of the images at `index_B`."""
        return (
            self._cached.select(index_B)
            if self._cached
            else self.first.encode(self.train.inputs(index_B))
        )

    def _encode_all(self) -> LabelFreeInputs:
        count, device = len(self.train.images), self.train.images.labels_N.device
        images_ND = torch.empty(count, self.first.inputs, dtype=self.first.dtype, device=device)
        parts = []
        for start in range(0, count, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            encoded = self.first.encode(self.train.inputs(part))
            images_ND[part] = encoded.images_BD
            parts.append(encoded.label_value_B)
        label_values = [label_value_B for label_value_B in parts if label_value_B is not None]
        label_value_N = torch.cat(label_values) if label_values else None
        return LabelFreeInputs(images_ND, label_value_N, encoded.label_offset, encoded.classes)
