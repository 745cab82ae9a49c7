"""Small experiments that the tests of learning share."""

from collections.abc import Callable
from typing import Any

import pytest

from fftui.experiment import Experiment

FORWARD_FORWARD = {
    "rule": "forward-forward",
    "epochs": 2,
    "batch_size": 100,
    "learning_rate": 0.01,
    "loss": "swish",
}
PARALLEL = FORWARD_FORWARD | {"order": "parallel", "negatives": "hard"}
LOCAL = {"rule": "local-ce", "epochs": 2, "batch_size": 100, "learning_rate": 0.003, "scale": 4.0}
BACKPROP = {"rule": "backprop", "epochs": 2, "batch_size": 100, "learning_rate": 0.001}
PHASES = [
    FORWARD_FORWARD,
    FORWARD_FORWARD
    | {"negatives": "fixed", "loss": "softplus", "schedule": "cosine", "goodness": "sum-square"},
    PARALLEL,
    LOCAL,
    LOCAL | {"order": "layer-wise"},
    BACKPROP,
    BACKPROP | {"optimizer": {"kind": "adamw", "weight_decay": 0.01, "clip_norm": 1.0}},
    PARALLEL
    | {
        "learning_rate": [0.01, 0.003],
        "schedule": "cosine",
        "optimizer": {"kind": "sgd", "momentum": 0.9, "clip_norm": 1.0, "final_rate": 0.1},
    },
]


@pytest.fixture
def small() -> Callable[..., Experiment]:
    """Makes an experiment over 400 digits that learns in well under a second; keywords replace its
    fields.
    """

    def make(phase: dict[str, Any] = FORWARD_FORWARD, **fields: Any) -> Experiment:
        values: dict[str, Any] = {
            "precision": "float32",
            "data": {
                "normalisation": "unit",
                "train_images": 400,
                "validation_images": 100,
                "test_images": 100,
            },
            "model": {
                "layers": [
                    {"units": 24, "normalisation": "rms"},
                    {"units": 16, "normalisation": "rms"},
                ]
            },
            "phases": [phase],
            "evaluation": {"images": 50},
        }
        if phase["rule"] == "backprop" or phase.get("negatives") == "hard":
            values["model"]["head"] = {"kind": "linear", "normalisation": "rms"}
        if phase["rule"] == "local-ce":
            values["model"]["label"] = {"encoding": "none"}
        return Experiment.model_validate(values | fields)

    return make
