"""Training batches of the first layer: the images as its normalised inputs, and the labels that go
into them.
"""

import torch
from torch import Tensor

from fftui.learning.layers.layer import LabelFreeInputs, Layer
from fftui.learning.objective import ObjectiveValue
from fftui.learning.rules.local_rule import LocalRule
from fftui.learning.train_inputs import TrainInputs
from fftui.telemetry.clocks import Clock, timed

AT_ONCE = 4096  # images encoded at a time when a cache is filled


class FirstLayerInputs:
    """Label-free inputs of the training images: cached if they may be and fit `cache_bytes`,
    else per batch. The `data_clock` runs while those of a batch are gathered.
    """

    def __init__(
        self,
        first: Layer,
        train: TrainInputs,
        rule: LocalRule,
        data_clock: Clock,
        cache_bytes: int,
    ) -> None:
        self._first = first
        self._train = train
        self._rule = rule
        self._data_clock = data_clock
        self._cached: LabelFreeInputs | None = None
        bytes_needed = len(train.images) * first.inputs * first.dtype.itemsize
        if train.cacheable and bytes_needed <= cache_bytes:
            self._cached = self._encode_all()

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation and labels."""
        self._train.begin_epoch(epoch)
        self._rule.begin_epoch(epoch)

    def learn(self, index_B: Tensor) -> ObjectiveValue:
        """Set the first layer's gradients for the images at `index_B`."""
        labels_B = self._rule.labels(index_B, None)
        return self._rule.learn_first(self._first, self.batch(index_B), index_B, *labels_B)

    def batch(self, index_B: Tensor) -> LabelFreeInputs:
        """`select`, timed as data."""
        with timed(self._data_clock):
            return self.select(index_B)

    def select(self, index_B: Tensor) -> LabelFreeInputs:
        """Label-free inputs of the images at `index_B`."""
        return (
            self._cached.select(index_B)
            if self._cached
            else self._first.encode(self._train.inputs(index_B))
        )

    def _encode_all(self) -> LabelFreeInputs:
        first, count = self._first, len(self._train.images)
        device = self._train.images.labels_N.device
        images_ND = torch.empty(count, first.inputs, dtype=first.dtype, device=device)
        parts = []
        for start in range(0, count, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            encoded = first.encode(self._train.images.inputs(part))
            images_ND[part] = encoded.images_BD
            parts.append(encoded.label_value_B)
        label_values = [label_value_B for label_value_B in parts if label_value_B is not None]
        label_value_N = torch.cat(label_values) if label_values else None
        return LabelFreeInputs(images_ND, label_value_N, encoded.label_offset, encoded.classes)
