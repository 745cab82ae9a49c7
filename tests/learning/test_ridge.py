"""Ridge regression from sums against numpy's solution in float64."""

import numpy as np
import pytest
import torch

from fftui.learning import ridge
from fftui.learning.ridge import NormalEquations

D, C, N = 30, 4, 200


@pytest.mark.parametrize("block", [7, 1024])
def test_it_is_numpys_solution(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(ridge, "BLOCK", block)
    random = np.random.default_rng(0)
    x = random.normal(size=(N, D)) * random.uniform(0.5, 2, D) + random.normal(size=D)
    y = np.eye(C)[random.integers(0, C, N)]
    equations = NormalEquations(D, C, torch.device("cpu"))
    for rows in np.array_split(np.arange(N), 3):
        equations.add(torch.tensor(x[rows]).float(), torch.tensor(y[rows]).float())
    fit = equations.solve(0.1)
    centred, deviation = x - x.mean(0), x.std(0)
    standard = centred / deviation  # least squares with a row for each penalty
    rows = np.concatenate((standard, np.eye(D) * np.sqrt(0.1 * N)))
    targets = np.concatenate((y - y.mean(0), np.zeros((D, C))))
    wanted = np.linalg.lstsq(rows, targets, rcond=None)[0] / deviation[:, None]
    np.testing.assert_allclose(fit.weight_DC.numpy(), wanted, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(fit.bias_C.numpy(), y.mean(0) - x.mean(0) @ wanted, atol=1e-5)
    errors = np.square(x @ wanted + fit.bias_C.numpy() - y).sum(1).mean()
    assert fit.squared_error == pytest.approx(errors, rel=1e-4)
    assert fit.ridge == 0.1


def test_features_that_are_always_off_or_alike_are_no_obstacle() -> None:
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    features = torch.cat((x, x, torch.zeros(50, 2), torch.full((50, 2), 9.0)), 1)
    equations = NormalEquations(10, 1, torch.device("cpu"))
    equations.add(features, x[:, :1])
    fit = equations.solve(1e-12)
    assert fit.ridge >= 1e-12
    assert fit.weight_DC.isfinite().all()
    got = features @ fit.weight_DC + fit.bias_C
    torch.testing.assert_close(got, x[:, :1], rtol=1e-2, atol=1e-2)
