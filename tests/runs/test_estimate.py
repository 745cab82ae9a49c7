import subprocess
import sys

import pytest

from fftui.experiment import Experiment
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset
from fftui.runs import estimate
from fftui.runs.estimate import ISSUE_S, READ_S, Rates, expected_seconds, measure

RATES = Rates(
    float32_flops_per_s=1e11, bfloat16_flops_per_s=1e12, auto_is_bfloat16=True, bytes_per_s=1e10
)


def tiny(**phase: object) -> Experiment:
    return Experiment.model_validate(
        {
            "data": {"name": "mnist", "train_images": 1000},
            "model": {"layers": [{"units": 100}, {"units": 50}], "head": {}},
            "phases": [
                {
                    "rule": "forward-forward",
                    "epochs": 2,
                    "batch_size": 100,
                    "order": "parallel",
                    **phase,
                }
            ],
        }
    )


def test_time_grows_with_epochs_and_falls_with_the_rates() -> None:
    one, two = expected_seconds(tiny(epochs=1), RATES), expected_seconds(tiny(epochs=2), RATES)
    assert one is not None
    assert two == pytest.approx(2 * one)
    slow = Rates(1e10, 1e11, True, 1e9)
    issued_s = 2 * 10 * ISSUE_S  # two layers, ten steps
    assert expected_seconds(tiny(epochs=1), slow) == pytest.approx(10 * (one - issued_s) + issued_s)


def test_reading_images_one_by_one_takes_its_time_on_any_device() -> None:
    tensor = tiny(epochs=2)
    per_image = tensor.changed({"data.loader": "per-image"})
    for rates in (RATES, Rates(1e14, 1e15, True, 1e12)):
        more_s = expected_seconds(per_image, rates) - expected_seconds(tensor, rates)
        assert more_s == pytest.approx(2 * 1000 * READ_S)


def test_precision_chooses_the_rate() -> None:
    base = load_preset("paper/ff", "mnist", parse_overrides(["precision=auto"]))
    full = expected_seconds(
        load_preset("paper/ff", "mnist", parse_overrides(["precision=float32"])), RATES
    )
    half = expected_seconds(
        load_preset("paper/ff", "mnist", parse_overrides(["precision=bfloat16"])), RATES
    )
    assert full is not None
    assert half is not None
    assert half < full
    assert expected_seconds(base, RATES) == half
    emulated = Rates(1e11, 5e10, False, 1e10)
    assert expected_seconds(base, emulated) == expected_seconds(
        load_preset("paper/ff", "mnist", parse_overrides(["precision=float32"])), emulated
    )


def test_nothing_is_said_before_the_device_was_measured() -> None:
    code = (
        "import sys; from fftui.presets import load_preset; from fftui.runs.estimate import"
        " expected_seconds;print(expected_seconds(load_preset('quickstart')), 'torch' in"
        " sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]


def test_measuring_gives_rates_and_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate._Measured, "rates", None)
    monkeypatch.setattr(estimate, "MEASURED_SHAPE", (16, 32, 32))
    monkeypatch.setattr(estimate, "ELEMENTWISE_FLOATS", 1000)
    rates = measure("cpu")
    assert min(rates.float32_flops_per_s, rates.bfloat16_flops_per_s, rates.bytes_per_s) > 0
    assert measure("cpu") is rates
    assert expected_seconds(tiny()) is not None
