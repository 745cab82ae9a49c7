"""A linear readout: the softmax head learns from the outputs of layers that stay as they are."""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Generator, Tensor

from fftui import experiment as ex
from fftui.errors import ExperimentError
from fftui.learning.images import Images
from fftui.learning.layers.dropout import dropout_of
from fftui.learning.network import Network, SoftmaxHead
from fftui.learning.optimiser import Optimiser, ParameterGroup
from fftui.learning.prediction import Score, forward_outputs, rows_at_once, score_of
from fftui.learning.rules.head_trainer import read_outputs
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer, TrainContext
from fftui.learning.train_inputs import PlainInputs
from fftui.telemetry.clocks import timed


class ReadoutRule:
    """One stage: the head learns. It predicts by its logits, in one pass."""

    stages = 1

    def __init__(self, phase: ex.Readout, number: int, context: TrainContext) -> None:
        self._phase = phase
        self._number = number
        self._context = context

    @property
    def shows_label(self) -> bool:
        """Whether layers are shown the neutral label, or no label."""
        return self._phase.inputs != "raw"

    @property
    def head(self) -> SoftmaxHead:
        """The head of the network, which the description asks for."""
        head = self._context.network.head
        assert head is not None
        return head

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of the head."""
        return ReadoutTrainer(
            self, self._phase, self._number, self._context, total_steps, eval_splits
        )

    @torch.no_grad()
    def features(self, x_BD: Tensor) -> Tensor:
        """What the head reads (B, F) of images with these inputs (B, D)."""
        return self.head.features(self._outputs(x_BD))

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Score of the head's predictions; layers have none of their own."""
        predicted_N = self.class_scores(images).argmax(1)
        return score_of(predicted_N, images.labels_N, images.info.classes)

    @torch.no_grad()
    def class_scores(self, images: Images) -> Tensor:
        """The head's logits (N, C)."""
        inputs = _batches(self._context.network, images)
        return torch.cat([self.head.linear(self.features(x_BD)) for x_BD in inputs])

    def goodness(self, images: Images) -> Tensor:
        """Raises ExperimentError: there is none."""
        msg = "readout has no goodness: ask for predictions or activities"
        raise ExperimentError(msg)

    @torch.no_grad()
    def activities(self, images: Images) -> list[Tensor]:
        """Outputs (N, H) of each layer, under the neutral label or with none."""
        network = self._context.network
        outputs = network.raw_outputs if self._phase.inputs == "raw" else self._neutral_outputs
        parts = [list(outputs(x_BD)) for x_BD in _batches(network, images)]
        return [torch.cat(of_layer).float() for of_layer in zip(*parts, strict=True)]

    def _neutral_outputs(self, x_BD: Tensor) -> Iterator[Tensor]:
        network = self._context.network
        x = network.layers[0].encode(x_BD)
        return forward_outputs(network.layers, x, network.neutral(x_BD))

    def _outputs(self, x_BD: Tensor) -> list[Tensor]:
        network = self._context.network
        if self._phase.inputs == "raw":
            return list(network.raw_outputs(x_BD))
        return read_outputs(network, network.layers[0].encode(x_BD))


def _batches(network: Network, images: Images) -> Iterator[Tensor]:
    """Inputs (B, D), as many at once as memory allows."""
    for part in images.parts(rows_at_once(network.layers)):
        yield part.inputs(slice(None))


class ReadoutTrainer(StageTrainer):
    """Trains the head by cross entropy, without autograd; the outputs it reads are computed once
    where they are static and fit the memory for inputs.
    """

    def __init__(
        self,
        rule: ReadoutRule,
        phase: ex.Readout,
        number: int,
        context: TrainContext,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        head = rule.head
        group = ParameterGroup.of(head.parameters(), phase.learning_rate)
        self._optimiser = Optimiser([group], phase, total_steps)
        super().__init__(
            torch.zeros(2, device=context.device),  # loss, images
            {"": self._optimiser},
            [partial(rule.score, images) for images in eval_splits],
        )
        self._rule = rule
        self._head = head
        self._context = context
        self._number = number
        self._dropout = dropout_of(phase.dropout)
        self._images = (
            PlainInputs(context.train)
            if phase.images == "plain" and context.per_image is None
            else context.train_inputs(number, 0)
        )
        self._features_NF = self._computed_once()

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation, if there is one."""
        self._images.begin_epoch(epoch)

    def prepare(self, step: int) -> None:
        """Set the learning rate and seed the dropout."""
        super().prepare(step)
        if self._dropout is not None:
            seed, device = self._context.seed, self._context.device
            self._dropout.draw_from(seed, "readout", self._number, step, device=device)

    @property
    def parts(self) -> Sequence[object]:
        """The rule and its layers."""
        return (self._rule, *self._context.network.layers)

    @property
    def generators(self) -> Sequence[Generator]:
        """That of the dropout."""
        generator = None if self._dropout is None else self._dropout.generator
        return () if generator is None else (generator,)

    @torch.no_grad()
    def compute(self, index_B: Tensor) -> None:
        """One step of the head."""
        with timed(self._context.data_clock):
            features_BF = self._features(index_B)
            labels_B = self._images.images.labels_N[index_B]
        if self._dropout is not None:
            features_BF = features_BF * self._dropout.factors(features_BF)
        _, loss = self._head.learn(features_BF, labels_B)
        self._optimiser.step()
        self._sums += torch.stack((loss * len(index_B), torch.full_like(loss, len(index_B))))

    def means(self) -> EpochMeans:
        """Mean cross entropy."""
        loss, images = self._sums.tolist()
        return EpochMeans(loss / max(images, 1))

    def _features(self, index_B: Tensor) -> Tensor:
        """What the head reads (B, F), to the digits that are kept whether it is kept or not."""
        if self._features_NF is None:
            features_BF = self._rule.features(self._images.inputs(index_B))
            return features_BF.to(self._context.dtype).float()
        return self._features_NF[index_B].float()

    def _computed_once(self) -> Tensor | None:
        """What the head reads of all training images (N, F); None where that may change or does
        not fit.
        """
        train, context = self._images.images, self._context
        floats = len(train) * self._head.linear.in_features
        fits = floats * context.dtype.itemsize <= context.cache_bytes
        if not (fits and self._images.static and self._images.cacheable):
            return None
        kept_NF = torch.empty(
            len(train), self._head.linear.in_features, dtype=context.dtype, device=context.device
        )
        begin = 0  # part by part into their place: joining them would take twice the memory
        for x_BD in _batches(context.network, train):
            kept_NF[begin : begin + len(x_BD)] = self._rule.features(x_BD)
            begin += len(x_BD)
        return kept_NF
