"""What tests ask of a training and its events."""

from collections.abc import Iterable

import torch

from fftui import events as ev
from fftui.learning.training import Training


def weights(training: Training) -> dict[str, torch.Tensor]:
    return {
        name: tensor
        for name, tensor in training.state().tensors.items()
        if name.startswith("network.")
    }


def of(events: Iterable[ev.Event], kind: type[ev.Event]) -> list[ev.Event]:
    return [event for event in events if isinstance(event, kind)]
