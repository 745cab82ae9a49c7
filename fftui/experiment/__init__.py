"""An experiment: what to do, complete and frozen.

An `Experiment` is a value. Everything a run needs is in it (data, model, phases, seed, precision);
where it runs (device, folders) is not. Unknown keys and wrong types are refused; `fftui.presets`
turns those refusals into one line with the nearest valid name.
"""

from fftui.experiment.config import Config
from fftui.experiment.data_config import Data, Normalisation
from fftui.experiment.experiment import Checkpoint, Evaluation, Experiment, Precision, Telemetry
from fftui.experiment.layer_configs import (
    Activation,
    Convolution,
    FullyConnected,
    Layer,
    LayerNormalisation,
    SelfAttention,
)
from fftui.experiment.model_config import FIRST_LAYERS, Head, Label, Model
from fftui.experiment.optimizer import Optimizer
from fftui.experiment.per_layer import PerLayer, for_layers, per_layer_text
from fftui.experiment.phase_configs import (
    Backprop,
    ForwardForward,
    Goodness,
    LocalCrossEntropy,
    LocalLoss,
    Negatives,
    Order,
    Phase,
    Prediction,
    Schedule,
)

__all__ = [
    "FIRST_LAYERS",
    "Activation",
    "Backprop",
    "Checkpoint",
    "Config",
    "Convolution",
    "Data",
    "Evaluation",
    "Experiment",
    "ForwardForward",
    "FullyConnected",
    "Goodness",
    "Head",
    "Label",
    "Layer",
    "LayerNormalisation",
    "LocalCrossEntropy",
    "LocalLoss",
    "Model",
    "Negatives",
    "Normalisation",
    "Optimizer",
    "Order",
    "PerLayer",
    "Phase",
    "Precision",
    "Prediction",
    "Schedule",
    "SelfAttention",
    "Telemetry",
    "for_layers",
    "per_layer_text",
]
