"""SoftHebb: the change of weights against the paper's equation, unit by unit."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fftui import events as ev
from fftui.data.splits import load_splits
from fftui.experiment import Experiment
from fftui.learning.images import Images
from fftui.learning.training import train

Make = Callable[..., Experiment]
IMAGES, SIDE = 6, 28
CONVOLUTION = {
    "kind": "convolution",
    "channels": 4,
    "kernel": 5,
    "padding": 2,
    "stride": 3,
    "border": "reflected",
    "bias": False,
    "activation": "linear",
    "output": "triangle",
    "triangle_power": 1.4,
    "pooling": "after-goodness",
}
UNITS = {
    "units": 5,
    "init": "normal",
    "normalisation": "none",
    "activation": "linear",
    "output": "triangle",
}
RATES, SHARPNESS, NORM = (0.08, 0.03), (1.0, 0.25), 3.0


def softhebb(small: Make, **phase: object) -> Experiment:
    values = {
        "rule": "softhebb",
        "batch_size": IMAGES,
        "learning_rate": RATES,
        "inverse_temperature": SHARPNESS,
        "weight_norm": NORM,
    }
    return small(
        values | phase,
        model={"layers": [CONVOLUTION, UNITS], "label": {"encoding": "none"}},
        data={"normalisation": "unit", "train_images": IMAGES, "test_images": 10},
    )


def pixels_of(experiment: Experiment) -> Tensor:
    """The training images' scaled pixels (N, D)."""
    data = experiment.data
    split = load_splits("mnist-mini", seed=0, train_images=data.train_images, test_images=10).train
    return Images.on(torch.device("cpu"), split, data).inputs(slice(None))


def learned_by_the_equation(w_KD: Tensor, x_RD: Tensor, beta: float, rate: float) -> Tensor:
    """Weights after one step from the inputs x of R images or positions, by the paper's equation,
    a unit and an input at a time.
    """
    w_KD = w_KD / w_KD.norm(dim=1, keepdim=True) * NORM
    change_KD = torch.zeros_like(w_KD)
    for x_D in x_RD:
        u_K = w_KD @ x_D
        share_K = (beta * u_K).exp() / (beta * u_K).exp().sum()
        for k, w_D in enumerate(w_KD):
            y = share_K[k] if u_K[k] == u_K.max() else -share_K[k]
            change_KD[k] += y * (x_D - u_K[k] * w_D)
    change_KD /= change_KD.abs().max()
    for k, w_D in enumerate(w_KD):
        change_KD[k] *= rate * abs(w_D.norm() - 1) ** 0.5
    return w_KD + change_KD


@pytest.mark.parametrize("order", ["layer-wise", "parallel"])
def test_one_step_is_the_papers_equation(small: Make, order: str) -> None:
    experiment = softhebb(small, order=order)
    learning = train(experiment, device="cpu")
    first, second = learning.network.layers
    begun = [each.detach().double() for each in (first.weight, second.weight.t())]
    list(learning)
    pixels = pixels_of(experiment).view(-1, 1, SIDE, SIDE).double()
    x = (pixels - pixels.mean()) / (pixels.var(unbiased=False) + 1e-5).sqrt()
    padded = functional.pad(x, (2, 2, 2, 2), "reflect")
    patches_RD = functional.unfold(padded, 5, stride=3).transpose(1, 2).flatten(0, 1)
    expected = learned_by_the_equation(begun[0].flatten(1), patches_RD, SHARPNESS[0], RATES[0])
    torch.testing.assert_close(first.weight.double().flatten(1), expected, rtol=1e-4, atol=1e-5)
    if order == "layer-wise":
        return
    # the second layer's inputs are of the first one as it was
    kernels = begun[0] / begun[0].flatten(1).norm(dim=1).view(-1, 1, 1, 1) * NORM
    u = functional.conv2d(padded, kernels, stride=3)
    above = (u - u.mean(1, keepdim=True)).clamp(min=0) ** 1.4
    below_RD = functional.max_pool2d(above, 2).flatten(1)
    expected = learned_by_the_equation(begun[1], below_RD, SHARPNESS[1], RATES[1])
    torch.testing.assert_close(second.weight.t().double(), expected, rtol=1e-4, atol=1e-5)


def test_a_lone_winner_comes_to_rest_at_its_input_with_norm_1(small: Make) -> None:
    """With one image and one unit, Δw = u (x − u w), Oja's rule: at rest w = x / |x|."""
    experiment = softhebb(small, epochs=400, learning_rate=0.05, order="layer-wise").changed(
        {
            "model.layers": [{**UNITS, "units": 1}],
            "data.train_images": 1,
            "data.test_images": 1,
            "phases.0.learning_rate": 0.05,
            "phases.0.inverse_temperature": 1.0,
        }
    )
    learning = train(experiment, device="cpu")
    *_, end = learning
    assert isinstance(end, ev.RunFinished)
    assert end.test_accuracy is None
    x_D = pixels_of(experiment)[0]
    weight_D = learning.network.layers[0].weight[:, 0]
    torch.testing.assert_close(weight_D.detach(), x_D / x_D.norm(), rtol=0, atol=0.02)
