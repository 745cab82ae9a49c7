"""Backprop: cross entropy through the whole network. The baseline of all comparisons."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from fftui import experiment as ex
from fftui.errors import ExperimentError
from fftui.learning.images import Images
from fftui.learning.network import Network
from fftui.learning.optimiser import Optimiser, ParameterGroup
from fftui.learning.prediction import Score, rows_at_once, score_of
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer, TrainContext
from fftui.telemetry.clocks import timed


class BackpropRule:
    """One stage: the network learns as a whole."""

    stages = 1

    def __init__(self, phase: ex.Backprop, number: int, context: TrainContext) -> None:
        self._phase = phase
        self._number = number
        self._context = context

    @property
    def shows_label(self) -> bool:
        """Whether layers are shown the neutral label, or no label."""
        return self._phase.inputs != "raw"

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of the whole network."""
        return NetworkTrainer(
            self, self._phase, self._number, self._context, total_steps, eval_splits
        )

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Score of argmax predictions; there is no goodness, so layers have none of their own."""
        predicted_N = self.class_scores(images).argmax(1)
        return score_of(predicted_N, images.labels_N, images.info.classes)

    @torch.no_grad()
    def class_scores(self, images: Images) -> Tensor:
        """Logits (N, C)."""
        self._context.network.eval()
        return torch.cat([self.logits(x_BD) for x_BD in self._inputs(images)])

    def goodness(self, images: Images) -> Tensor:
        """Raises ExperimentError: there is none."""
        msg = "backprop has no goodness: ask for predictions or activities"
        raise ExperimentError(msg)

    @torch.no_grad()
    def activities(self, images: Images) -> list[Tensor]:
        """Outputs (N, H) of each layer, in float32, under the neutral label or with none."""
        self._context.network.eval()
        network = self._context.network
        outputs = network.raw_outputs if self._phase.inputs == "raw" else network.outputs
        with self._precision():
            parts = [list(outputs(x_BD)) for x_BD in self._inputs(images)]
        return [torch.cat(of_layer).float() for of_layer in zip(*parts, strict=True)]

    def logits(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) in float32, the products in the experiment's precision."""
        network = self._context.network
        forward = network.raw_logits if self._phase.inputs == "raw" else network
        with self._precision():
            result: Tensor = forward(x_BD)
        return result.float()

    def _precision(self) -> torch.autocast:
        device = next(self._context.network.parameters()).device
        bfloat16 = self._context.dtype == torch.bfloat16
        return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)

    def _inputs(self, images: Images) -> Iterator[Tensor]:
        """Inputs (B, D), as many at once as memory allows."""
        for part in images.parts(rows_at_once(self._context.network.layers)):
            yield part.inputs(slice(None))


class NetworkTrainer(StageTrainer):
    """Trains the whole network by cross entropy."""

    def __init__(
        self,
        rule: BackpropRule,
        phase: ex.Backprop,
        number: int,
        context: TrainContext,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        network = context.network
        weights = list(network.parameters())
        self._optimiser = Optimiser(_groups(network, phase), phase, total_steps, [weights])
        super().__init__(
            torch.zeros(2, device=context.device),  # loss, images
            {"": self._optimiser},
            [partial(rule.score, images) for images in eval_splits],
        )
        self._rule = rule
        self._phase = phase
        self._context = context
        self._images = context.train_inputs(number, 0)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation, if there is one."""
        self._images.begin_epoch(epoch)

    def step(self, index_B: Tensor, step: int) -> None:
        """One step of forward, backward and the optimiser."""
        network = self._context.network
        # before the first step, never again on resuming
        if step == 0 and self._phase.weights == "unit-norm":
            _divide_by_norms(network)
        network.train()
        with timed(self._context.data_clock):
            x_BD, labels_B = self._images.inputs(index_B), self._images.images.labels_N[index_B]
        loss = cross_entropy(self._rule.logits(x_BD), labels_B)
        network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimiser.step(step)
        self._sums += torch.stack(
            (loss.detach() * len(index_B), torch.full_like(loss.detach(), len(index_B)))
        )

    def means(self) -> EpochMeans:
        """Mean cross entropy."""
        loss, images = self._sums.tolist()
        return EpochMeans(loss / max(images, 1))


def _groups(network: Network, phase: ex.Backprop) -> list[ParameterGroup]:
    """Layers with their rates, and the head, if it has weights of its own, with the last layer's.

    In the order of the network's parameters, so that states of one group and of several are alike.
    """
    rates = ex.for_layers(phase.learning_rate, len(network.layers))
    groups = [
        ParameterGroup.of(layer.parameters(), rate)
        for layer, rate in zip(network.layers, rates, strict=True)
    ]
    if network.head is not None:
        groups.append(ParameterGroup.of(network.head.parameters(), rates[-1]))
    return groups


@torch.no_grad()
def _divide_by_norms(network: torch.nn.Module) -> None:
    """Divide every weight and bias by its own norm, as the paper's hybrid did before backprop."""
    for weight in network.parameters():
        norm = torch.linalg.vector_norm(weight)
        weight.div_(torch.where(norm > 0, norm, 1.0))  # what is zero stays so
