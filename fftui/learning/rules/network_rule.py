"""Rules by which the network learns as a whole from one loss at its head: what they share."""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from fftui import experiment as ex
from fftui.errors import ExperimentError
from fftui.learning.images import Images
from fftui.learning.layers.layer import dropout_generators, seed_dropout
from fftui.learning.network import Network
from fftui.learning.optimiser import Optimiser, ParameterGroup
from fftui.learning.prediction import Score, rows_at_once, score_of
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer, TrainContext
from fftui.telemetry.clocks import timed


class NetworkRule:
    """One stage: the network learns from the cross entropy at its head, and predicts by it.

    Layers are shown the neutral label, if the model has a label. A rule says how the gradients are
    found; by default autograd finds them.
    """

    stages = 1
    shows_label = True

    def __init__(self, phase: ex.PhaseConfig, number: int, context: TrainContext) -> None:
        self.phase = phase
        self.number = number
        self.context = context

    @property
    def network(self) -> Network:
        """The network that learns."""
        return self.context.network

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of the whole network."""
        del stage
        return NetworkTrainer(self, total_steps, eval_splits)

    def begin(self) -> None:
        """Change the weights before the first step of the phase; by default nothing."""

    def set_gradients(self, x_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Set the gradients of all weights; the mean cross entropy, detached."""
        loss = cross_entropy(self.logits(x_BD), labels_B)
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return loss.detach()

    def forward(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C), with autograd."""
        logits_BC: Tensor = self.network(x_BD)
        return logits_BC

    def outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        """Outputs of each layer, first to last, with autograd."""
        return self.network.outputs(x_BD)

    def logits(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) in float32, the products in the experiment's precision."""
        with self.precision():
            result = self.forward(x_BD)
        return result.float()

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Score of argmax predictions; there is no goodness, so layers have none of their own."""
        predicted_N = self.class_scores(images).argmax(1)
        return score_of(predicted_N, images.labels_N, images.info.classes)

    @torch.no_grad()
    def class_scores(self, images: Images) -> Tensor:
        """Logits (N, C)."""
        self.network.eval()
        return torch.cat([self.logits(x_BD) for x_BD in self._inputs(images)])

    def goodness(self, images: Images) -> Tensor:
        """Raises ExperimentError: there is none."""
        del images
        msg = f"{self.phase.rule} has no goodness: ask for predictions or activities"
        raise ExperimentError(msg)

    @torch.no_grad()
    def activities(self, images: Images) -> list[Tensor]:
        """Outputs (N, H) of each layer, in float32, under the neutral label or with none."""
        self.network.eval()
        with self.precision():
            parts = [list(self.outputs(x_BD)) for x_BD in self._inputs(images)]
        return [torch.cat(of_layer).float() for of_layer in zip(*parts, strict=True)]

    def precision(self) -> torch.autocast:
        """The context in which products have the experiment's precision."""
        device = next(self.network.parameters()).device
        bfloat16 = self.context.dtype == torch.bfloat16
        return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)

    def _inputs(self, images: Images) -> Iterator[Tensor]:
        """Inputs (B, D), as many at once as memory allows."""
        for part in images.parts(rows_at_once(self.network.layers)):
            yield part.inputs(slice(None))


class NetworkTrainer(StageTrainer):
    """Trains the whole network by cross entropy."""

    def __init__(self, rule: NetworkRule, total_steps: int, eval_splits: list[Images]) -> None:
        network, phase, context = rule.network, rule.phase, rule.context
        weights = list(network.parameters())
        self._optimiser = Optimiser(_groups(network, phase), phase, total_steps, [weights])
        super().__init__(
            torch.zeros(2, device=context.device),  # loss, images
            {"": self._optimiser},
            [partial(rule.score, images) for images in eval_splits],
        )
        self._rule = rule
        self._data_clock = context.data_clock
        self._images = context.train_inputs(rule.number, 0)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation, if there is one."""
        self._images.begin_epoch(epoch)

    def prepare(self, step: int) -> None:
        """Set the learning rates and seed the dropout; first of all let the rule begin."""
        super().prepare(step)
        if step == 0:  # never again on resuming
            self._rule.begin()
        self._rule.network.train()
        seed_dropout(self._rule.network.layers, self._rule.context.seed, step)

    @property
    def parts(self) -> Sequence[object]:
        """The rule and its layers."""
        return (self._rule, *self._rule.network.layers)

    @property
    def generators(self) -> Sequence[Generator]:
        """Those of the layers' dropout."""
        return dropout_generators(self._rule.network.layers)

    def compute(self, index_B: Tensor) -> None:
        """Set the gradients, then take one optimiser step."""
        with timed(self._data_clock):
            x_BD, labels_B = self._images.inputs(index_B), self._images.images.labels_N[index_B]
        loss = self._rule.set_gradients(x_BD, labels_B)
        self._optimiser.step()
        self._sums += torch.stack((loss * len(index_B), torch.full_like(loss, len(index_B))))

    def means(self) -> EpochMeans:
        """Mean cross entropy."""
        loss, images = self._sums.tolist()
        return EpochMeans(loss / max(images, 1))


def _groups(network: Network, phase: ex.PhaseConfig) -> list[ParameterGroup]:
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
