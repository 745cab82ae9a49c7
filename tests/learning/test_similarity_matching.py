"""The loss of predsim against its published form and autograd, in float64."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from fftui.learning.rules.similarity_matching import Decoder, MatchingObjective

B, H, C, K = 9, 6, 4, 5


def published_similarity(x: Tensor) -> Tensor:
    """As in the authors' code, for vectors."""
    xc = x - x.mean(dim=1).unsqueeze(1)
    xn = xc / (1e-8 + torch.sqrt(torch.sum(xc**2, dim=1))).unsqueeze(1)
    return xn.matmul(xn.transpose(1, 0)).clamp(-1, 1)


@pytest.mark.parametrize("share", [0.0, 0.99, 1.0])
def test_loss_and_gradients_are_as_published(share: float) -> None:
    generator = torch.Generator().manual_seed(0)
    decoder = Decoder(H, C, K, generator).double()
    z = torch.rand(B, H, generator=generator, dtype=torch.float64).requires_grad_()
    labels = torch.randint(0, C, (B,), generator=generator)
    logits = z @ decoder.weight.t() + decoder.bias
    targets = published_similarity(one_hot(labels, C).double())
    matching = mse_loss(published_similarity(z @ decoder.map.t()), targets)
    loss = share * matching + (1 - share) * cross_entropy(logits, labels)
    wanted = torch.autograd.grad(loss, (z, *decoder.parameters()))
    value = MatchingObjective(labels, decoder, share)(z.detach())
    torch.testing.assert_close(value.loss, loss.detach(), rtol=1e-6, atol=0)
    got = (value.grad, decoder.weight.grad, decoder.bias.grad, decoder.map.grad)
    for ours, theirs in zip(got, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-9)
    true, others = value.goodness_2B.chunk(2)
    torch.testing.assert_close(true, logits.detach()[range(B), labels])
    torch.testing.assert_close(others, (logits.detach().sum(1) - true) / (C - 1))
