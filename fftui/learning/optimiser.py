"""Adam, AdamW or SGD with a learning rate schedule and a state for checkpoints."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from fftui.experiment import Optimizer, Schedule

KINDS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}


class OptimiserSettings(Protocol):
    """What an optimiser needs of the description of a phase."""

    @property
    def schedule(self) -> Schedule:
        """How learning rates change over the steps."""

    @property
    def optimizer(self) -> Optimizer:
        """Its kind and options."""


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that have a learning rate of their own, such as those of a layer."""

    parameters: tuple[nn.Parameter, ...]
    learning_rate: float

    @classmethod
    def of(cls, parameters: Iterable[nn.Parameter], learning_rate: float) -> "ParameterGroup":
        """The group of these parameters."""
        return cls(tuple(parameters), learning_rate)


@dataclass(frozen=True)
class _Defaults:
    schedule: Schedule = "constant"
    optimizer: Optimizer = field(default_factory=Optimizer)


def warm_up(device: torch.device) -> None:
    """Take one step with a throw-away Adam: the first one loads parts of torch, seconds that no
    layer should count.
    """
    parameter = nn.Parameter(torch.zeros(1, device=device))
    parameter.grad = torch.zeros_like(parameter)
    Optimiser([ParameterGroup((parameter,), 1e-3)], _Defaults(), 1).step(0)


class Optimiser:
    """A fused optimiser of torch; its schedule spans `total_steps` steps.

    Gradients are clipped by the norm of each of the `clipped` sets of parameters, by default the
    groups. On a CPU the fused Adam was measured 2.6 times as fast as torch's default for four
    million weights.
    """

    def __init__(
        self,
        groups: Sequence[ParameterGroup],
        settings: OptimiserSettings,
        total_steps: int,
        clipped: Sequence[Sequence[nn.Parameter]] | None = None,
    ) -> None:
        self._parameters = [weight for group in groups for weight in group.parameters]
        self._rates = [group.learning_rate for group in groups]
        self._schedule = settings.schedule
        self._config = settings.optimizer
        self._total_steps = total_steps
        self._clipped = clipped or [group.parameters for group in groups]
        self._optimiser = KINDS[self._config.kind](
            [
                {"params": list(group.parameters), "lr": group.learning_rate}  # torch wants lists
                for group in groups
            ],
            **_options(self._config),
        )

    def step(self, step: int) -> None:
        """Update the parameters from their gradients; `step` counts from 0 over the
        whole schedule.
        """
        if self._schedule == "cosine":
            factor = self._cosine(step)
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * factor
        if self._config.clip_norm is not None:
            for parameters in self._clipped:
                nn.utils.clip_grad_norm_(parameters, self._config.clip_norm)
        self._optimiser.step()

    def state(self) -> dict[str, Tensor]:
        """Moments and step counts, by parameter; empty before the first step."""
        return {
            f"{number}.{name}": tensor
            for number, parameter in enumerate(self._parameters)
            for name, tensor in self._optimiser.state.get(parameter, {}).items()
            if isinstance(tensor, Tensor)
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        for name, tensor in state.items():
            number, key = name.split(".", 1)
            parameter = self._parameters[int(number)]
            # Adam keeps its step counts where it made them: on the parameter's device when fused.
            self._optimiser.state[parameter][key] = tensor.to(parameter.device, copy=True)

    def _cosine(self, step: int) -> float:
        """The factor of the learning rate: from 1 to `final_rate`."""
        floor = self._config.final_rate
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * step / self._total_steps))


def _options(config: Optimizer) -> dict[str, Any]:
    options: dict[str, Any] = {"weight_decay": config.weight_decay, "fused": True}
    return options | ({"momentum": config.momentum} if config.kind == "sgd" else {})
