"""Prediction and similarity matching, "predsim" (Nøkland and Eidnes 2019): each layer has a linear
decoder of the label, and a linear map under which images of one class should be alike.

Letters in shapes: B images, H activities, C labels, K units of the map.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, mse_loss, one_hot

from fftui import experiment as ex
from fftui.learning.class_goodness import ClassGoodness
from fftui.learning.network import Network
from fftui.learning.objective import Objective, ObjectiveValue
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.local_cross_entropy import ClassGoodnessRule
from fftui.learning.rules.phase_rule import TrainContext
from fftui.learning.seeds import generator_for

EPSILON = 1e-8  # added to a norm, as in the published code


def similarity_matching(
    phase: ex.SimilarityMatching, number: int, context: TrainContext
) -> LayerSchedule:
    """The rule for `phase`, the experiment's `number`-th."""
    return LayerSchedule(phase, number, context, partial(SimilarityMatchingRule, phase, context))


class Decoder(nn.Module, ClassGoodness):
    """What a layer learns with: a decoder z Mᵗ + b of the C labels and a map z Pᵗ to K units; all
    begin as in `torch.nn.Linear`.
    """

    def __init__(self, units: int, classes: int, maps: int, generator: torch.Generator) -> None:
        super().__init__()

        def uniform(*shape: int) -> nn.Parameter:
            bound = units**-0.5
            return nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator))

        self.weight, self.bias = uniform(classes, units), uniform(classes)
        self.map = uniform(maps, units)

    def logits(self, z_BH: Tensor) -> Tensor:
        """Logits (B, C), with autograd, in the activities' precision."""
        return linear(z_BH, self.weight.to(z_BH.dtype), self.bias.to(z_BH.dtype))

    @torch.no_grad()
    def of(self, z_NH: Tensor) -> Tensor:
        """The decoder's logits (N, C)."""
        return self.logits(z_NH).to(torch.promote_types(z_NH.dtype, torch.float32))

    @torch.no_grad()
    def grad(self, z_NH: Tensor, residual_NC: Tensor, scale: float) -> Tensor:
        """residual M, of the decoder alone; sets no gradient of its own weights."""
        delta_NC = residual_NC.mul_(scale / len(z_NH)).to(z_NH.dtype)
        grad_NH: Tensor = delta_NC @ self.weight.to(z_NH.dtype)
        return grad_NH


class SimilarityMatchingRule(ClassGoodnessRule):
    """Layers predict by their decoders."""

    def __init__(self, phase: ex.SimilarityMatching, context: TrainContext, layer: int) -> None:
        del layer  # nothing is drawn
        numbers = range(1, len(context.network.layers) + 1)
        self._decoders = [
            _decoder(context.network, number, phase.similarity_units, context.seed)
            for number in numbers
        ]
        super().__init__(phase, context, self._decoders)
        self._share = phase.similarity_share

    def objective(self, number: int, index_B: Tensor) -> Objective:
        """The layer's loss on those images."""
        labels_B = self._context.train.labels_N[index_B]
        return MatchingObjective(labels_B, self._decoders[number - 1], self._share)


class MatchingObjective:
    """`share` of the similarity loss, the rest of the decoder's cross entropy; sets the gradients
    of the decoder and of the map.
    """

    def __init__(self, labels_B: Tensor, decoder: Decoder, share: float) -> None:
        self._labels_B = labels_B
        self._decoder = decoder
        self._share = share

    def __call__(self, z_BH: Tensor) -> ObjectiveValue:
        """Loss and gradient; the goodness (2B,) is the logit of the true class, then the mean of
        the other classes'.
        """
        decoder = self._decoder
        own = tuple(decoder.parameters())
        wide = torch.promote_types(z_BH.dtype, torch.float32)
        with torch.enable_grad():
            leaf_BH = z_BH.detach().requires_grad_()
            logits_BC = decoder.logits(leaf_BH).to(wide)
            mapped_BK = linear(leaf_BH, decoder.map.to(z_BH.dtype)).to(wide)
            matching = self._similarity_loss(mapped_BK, logits_BC.shape[1])
            prediction = cross_entropy(logits_BC, self._labels_B)
            loss = self._share * matching + (1 - self._share) * prediction
            grad_BH, *grads = torch.autograd.grad(loss, (leaf_BH, *own))
        for parameter, grad in zip(own, grads, strict=True):
            parameter.grad = grad
        logits_BC = logits_BC.detach()
        true_B = logits_BC.gather(1, self._labels_B[:, None])[:, 0]
        others_B = (logits_BC.sum(1) - true_B) / (logits_BC.shape[1] - 1)
        return ObjectiveValue(loss.detach(), torch.cat((true_B, others_B)), z_BH, grad_BH)

    def _similarity_loss(self, mapped_BK: Tensor, classes: int) -> Tensor:
        """The mean squared difference of similarities of mapped images from those of labels."""
        labels_BC = one_hot(self._labels_B, classes).to(mapped_BK.dtype)
        return mse_loss(similarities(mapped_BK), similarities(labels_BC))


def similarities(x_BK: Tensor) -> Tensor:
    """Cosine (B, B) of each pair of rows, each less its own mean."""
    centred_BK = x_BK - x_BK.mean(1, keepdim=True)
    unit_BK = centred_BK / (torch.linalg.vector_norm(centred_BK, dim=1, keepdim=True) + EPSILON)
    cosines_BB: Tensor = unit_BK @ unit_BK.t()
    return cosines_BB


def _decoder(network: Network, number: int, maps: int | None, seed: int) -> Decoder:
    """What layer `number` (from 1) learns with."""
    units = network.layers[number - 1].outputs

    def make() -> Decoder:
        generator = generator_for(seed, "weights", "decoder", number)
        return Decoder(units, network.classes, maps or units, generator)

    return network.keep(f"decoder_{number}", make)
