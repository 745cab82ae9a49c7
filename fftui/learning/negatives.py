"""Negatives: the wrong labels with which a layer is shown its negative images.

A new kind is one class here under `@negatives("name")`, and its name in the phase's description.
B or N is the number of images.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Generator, Tensor

from fftui.learning.images import Images
from fftui.learning.registry import Registry
from fftui.learning.seeds import generator_for


@dataclass(frozen=True)
class NegativesContext:
    """The images that need wrong labels, what seeds these, and the phase's share of uniform ones.

    `number` is that of the phase, `layer` that of a layer that learns alone (0: all layers).
    """

    train: Images
    seed: int
    number: int
    layer: int
    uniform_share: float

    def generator(self, epoch: int) -> Generator:
        """An epoch's generator, on the CPU, so that one seed gives the same on every device."""
        return generator_for(self.seed, "negatives", self.number, self.layer, epoch)


class NegativeSampler(ABC):
    """Samples a wrong label for every training image."""

    static = False  # the labels are the same in every epoch

    def __init__(self, context: NegativesContext) -> None:
        self._context = context
        self._true_N = context.train.labels_N

    def begin_epoch(self, epoch: int) -> None:
        """Draw what an epoch needs; by default nothing."""
        del epoch

    @abstractmethod
    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> Tensor:
        """Wrong labels (B,) for the images at `index_B`; `class_probs_BC` are the head's, where it
        learns beside the layers.
        """


NEGATIVES: Registry[type[NegativeSampler]] = Registry("kind of negatives")
Sampler = TypeVar("Sampler", bound=NegativeSampler)


def negatives(name: str) -> Callable[[type[Sampler]], type[Sampler]]:
    """Register a kind of negatives."""

    def register(sampler: type[Sampler]) -> type[Sampler]:
        NEGATIVES.add(name, sampler)
        return sampler

    return register


@negatives("fixed")
class FixedNegatives(NegativeSampler):
    """Labels drawn once, as in the paper."""

    static = True

    def __init__(self, context: NegativesContext) -> None:
        super().__init__(context)
        generator = generator_for(context.seed, "negatives", context.number)
        drawn_N = fixed_negatives(self._true_N.cpu(), generator=generator)
        self._labels_N = drawn_N.to(self._true_N.device)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> Tensor:
        """The labels drawn at the start."""
        del class_probs_BC
        return self._labels_N[index_B]


@negatives("random")
class RandomNegatives(NegativeSampler):
    """Labels drawn for every epoch, which is for every batch: each image is seen once an epoch."""

    def __init__(self, context: NegativesContext) -> None:
        super().__init__(context)
        self._labels_N = self._true_N

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's labels."""
        drawn_N = random_negatives(
            self._true_N.cpu(),
            self._context.train.info.classes,
            generator=self._context.generator(epoch),
        )
        self._labels_N = drawn_N.to(self._true_N.device)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> Tensor:
        """The epoch's labels."""
        del class_probs_BC
        return self._labels_N[index_B]


@negatives("hard")
class HardNegatives(NegativeSampler):
    """Labels drawn for every batch from the head's current class probabilities, without the true
    label, a share of them uniformly.
    """

    def begin_epoch(self, epoch: int) -> None:
        """Draw the epoch's uniform numbers."""
        draws_N = torch.rand(len(self._true_N), generator=self._context.generator(epoch))
        self._uniform_draws_N = draws_N.to(self._true_N.device)

    def labels(self, index_B: Tensor, class_probs_BC: Tensor | None) -> Tensor:
        """Labels that the head takes for likely."""
        assert class_probs_BC is not None  # the description asks for a head
        return hard_negatives(
            class_probs_BC,
            self._true_N[index_B],
            self._uniform_draws_N[index_B],
            self._context.uniform_share,
        )


def fixed_negatives(labels: Tensor, *, generator: Generator, block: int = 1024) -> Tensor:
    """The labels (N,) permuted within consecutive blocks: the paper's negatives, drawn once before
    learning.

    About one in C of them is the true label, as in the paper.
    """
    blocks = torch.split(labels, block)
    return torch.cat([part[_order(part, generator)] for part in blocks])


def random_negatives(labels: Tensor, classes: int, *, generator: Generator) -> Tensor:
    """For each of the labels (B,) one of the `classes` − 1 wrong ones, all equally likely, never
    the true one.

    Raises ValueError where there is only one class.
    """
    if classes < 2:
        msg = f"a wrong label needs at least two classes, not {classes}"
        raise ValueError(msg)
    step = torch.randint(
        1, classes, labels.shape, generator=generator, device=generator.device, dtype=labels.dtype
    )
    return (labels + step.to(labels.device)) % classes


def hard_negatives(
    class_probs_BC: Tensor, labels_B: Tensor, uniform_draws_B: Tensor, uniform_share: float
) -> Tensor:
    """Hard negatives (B,): wrong labels drawn by predicted probabilities, a share of them
    uniformly.

    The true label's probability in `class_probs_BC` is left out and the rest is scaled to add up to
    1. `uniform_draws_B` are uniform random numbers from 0 to 1, one for each draw. (Hinton 2022,
    section 3.4.)
    """
    classes = class_probs_BC.shape[1]
    wrong_BC = class_probs_BC.scatter(1, labels_B[:, None], 0.0).float()
    total_B1 = wrong_BC.sum(1, keepdim=True)
    # A head that is certain of the true label gives wrong ones no probability: then all are equally
    # likely.
    drawn_BC = torch.where(total_B1 > 0, wrong_BC / total_B1.clamp(min=1e-30), 1 / (classes - 1))
    wrong_BC = drawn_BC * (1 - uniform_share) + uniform_share / (classes - 1)
    wrong_BC.scatter_(1, labels_B[:, None], 0.0)
    cumulative_BC = wrong_BC.cumsum(1)
    drawn_B = (
        (cumulative_BC <= (uniform_draws_B * cumulative_BC[:, -1])[:, None])
        .sum(1)
        .clamp(max=classes - 1)
    )
    # Rounding may reach past the end of what adds up, onto a last label that is the true one.
    return torch.where(drawn_B == labels_B, (labels_B + classes - 1) % classes, drawn_B)


def _order(labels: Tensor, generator: Generator) -> Tensor:
    # Drawn where the generator lives, so that one seed gives the same negatives on every device.
    return torch.randperm(len(labels), generator=generator, device=generator.device).to(
        labels.device
    )
