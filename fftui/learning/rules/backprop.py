"""Backprop: cross entropy through the whole network. The baseline of all comparisons."""

from collections.abc import Iterator

import torch
from torch import Tensor

from fftui import experiment as ex
from fftui.learning.rules.network_rule import NetworkRule
from fftui.learning.rules.phase_rule import TrainContext


class BackpropRule(NetworkRule):
    """The network's layers and head by autograd, with normalised or raw inputs."""

    def __init__(self, phase: ex.Backprop, number: int, context: TrainContext) -> None:
        super().__init__(phase, number, context)
        self._is_raw = phase.inputs == "raw"
        self._unit_norm = phase.weights == "unit-norm"
        self.shows_label = not self._is_raw

    def begin(self) -> None:
        """Divide every weight by its norm, where the phase says so."""
        if self._unit_norm:
            _divide_by_norms(self.network)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C), with autograd."""
        return self.network.raw_logits(x_BD) if self._is_raw else super().forward(x_BD)

    def outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer, first to last, with autograd."""
        return self.network.raw_outputs(x_BD) if self._is_raw else super().outputs(x_BD)


@torch.no_grad()
def _divide_by_norms(network: torch.nn.Module) -> None:
    """Divide every weight and bias by its own norm, as the paper's hybrid did before backprop."""
    for weight in network.parameters():
        norm = torch.linalg.vector_norm(weight)
        weight.div_(torch.where(norm > 0, norm, 1.0))  # what is zero stays so
