"""Backprop: cross entropy through the whole network, Adam. The baseline of all comparisons."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from fftui import experiment as ex
from fftui.learning.images import Images
from fftui.learning.optimiser import Optimiser
from fftui.learning.prediction import Score, rows_at_once, score_of, total
from fftui.learning.rules.phase_rule import EpochMeans, StageTrainer, TrainContext
from fftui.telemetry.clocks import timed


class BackpropRule:
    """One stage: the network learns as a whole."""

    stages = 1

    def __init__(self, phase: ex.Backprop, number: int, context: TrainContext) -> None:
        self._phase = phase
        self._number = number
        self._context = context

    def trainer(self, stage: int, total_steps: int, eval_splits: list[Images]) -> StageTrainer:
        """The trainer of the whole network."""
        return NetworkTrainer(
            self, self._phase, self._number, self._context, total_steps, eval_splits
        )

    @torch.no_grad()
    def score(self, images: Images) -> Score:
        """Counts of argmax predictions; there is no goodness, so layers have no counts of their
        own.
        """
        self._context.network.eval()
        scores, step = [], rows_at_once(self._context.network.layers)
        for start in range(0, len(images), step):
            part = images.part(start, start + step)
            predicted_B = self.logits(part.inputs(slice(None))).argmax(1)
            none_LB = torch.empty(0, len(part), dtype=torch.long, device=predicted_B.device)
            scores.append(score_of(predicted_B, none_LB, part.labels_N, part.info.classes))
        return total(scores)

    def logits(self, x_BD: Tensor) -> Tensor:
        """Logits (B, C) in float32, the products in the experiment's precision."""
        context = self._context
        forward = context.network.raw_logits if self._phase.inputs == "raw" else context.network
        with torch.autocast(
            context.device.type, torch.bfloat16, enabled=context.dtype == torch.bfloat16
        ):
            result: Tensor = forward(x_BD)
        return result.float()


class NetworkTrainer:
    """Trains the whole network by cross entropy."""

    layer: int | None = None
    parallel: tuple[int, ...] = ()
    threshold: float | None = None

    def __init__(
        self,
        rule: BackpropRule,
        phase: ex.Backprop,
        number: int,
        context: TrainContext,
        total_steps: int,
        eval_splits: list[Images],
    ) -> None:
        self._rule = rule
        self._phase = phase
        self._context = context
        self._eval_splits = eval_splits
        self._images = context.augmentation(number, 0)
        self._optimiser = Optimiser(
            list(context.network.parameters()), phase.learning_rate, phase.schedule, total_steps
        )
        self._sums = torch.zeros(2, device=context.device)  # loss, images

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's augmentation, if there is one."""
        self._images.begin_epoch(epoch)

    def step(self, index_B: Tensor, step: int) -> None:
        """One step of forward, backward and Adam."""
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

    def layer_means(self) -> tuple[EpochMeans, ...]:
        """Empty: layers have no objective of their own."""
        return ()

    def clear(self) -> None:
        """Reset the epoch's sums."""
        self._sums.zero_()

    def score(self, eval_split: int) -> Score:
        """Score on evaluation split number `eval_split`."""
        return self._rule.score(self._eval_splits[eval_split])

    def state(self) -> dict[str, Tensor]:
        """Adam's moments and the epoch's sums."""
        return {"sums": self._sums, **self._optimiser.state()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._sums.copy_(state["sums"])
        self._optimiser.load({name: tensor for name, tensor in state.items() if name != "sums"})


@torch.no_grad()
def _divide_by_norms(network: torch.nn.Module) -> None:
    """Divide every weight and bias by its own norm, as the paper's hybrid did before backprop."""
    for weight in network.parameters():
        norm = torch.linalg.vector_norm(weight)
        weight.div_(torch.where(norm > 0, norm, 1.0))  # what is zero stays so
