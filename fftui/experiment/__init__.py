"""An experiment: what to do, complete and frozen.

An `Experiment` is a value. Everything a run needs is in it (data, model, phases, seed, precision);
where it runs (device, folders) is not. Unknown keys and wrong types are refused; `fftui.presets`
turns those refusals into one line with the nearest valid name.
"""

from fftui.data.catalogue import Normalisation
from fftui.experiment.augment_config import Augment
from fftui.experiment.config import Config
from fftui.experiment.control import as_backprop
from fftui.experiment.convolution_config import Convolution
from fftui.experiment.data_config import Data, OwnSet
from fftui.experiment.early_stopping import EarlyStopping, Keep
from fftui.experiment.experiment import Checkpoint, Evaluation, Experiment, Precision, Telemetry
from fftui.experiment.field_phases import (
    CascadedForward,
    DirectFeedbackAlignment,
    FeedbackAlignment,
    SimilarityMatching,
)
from fftui.experiment.group_phases import ClassGoodness, LocalCrossEntropy, SupervisedContrast
from fftui.experiment.kinds import Kinds
from fftui.experiment.layer_configs import (
    LAYERS,
    Activation,
    FullyConnected,
    Layer,
    LayerConfig,
    LayerNormalisation,
    layers_text,
)
from fftui.experiment.model_config import Head, Label, Model
from fftui.experiment.optimizer import Optimizer
from fftui.experiment.per_layer import PerLayer, for_layer, for_layers, per_layer_text
from fftui.experiment.phase_configs import (
    PHASES,
    Backprop,
    ForwardForward,
    Goodness,
    LabelUse,
    LocalLoss,
    LocalPhaseConfig,
    Negatives,
    Order,
    Phase,
    PhaseConfig,
    Prediction,
    Schedule,
)
from fftui.experiment.self_attention_config import SelfAttention
from fftui.experiment.unsupervised_phases import ImageContrast, Readout, SoftHebb

__all__ = [
    "LAYERS",
    "PHASES",
    "Activation",
    "Augment",
    "Backprop",
    "CascadedForward",
    "Checkpoint",
    "ClassGoodness",
    "Config",
    "Convolution",
    "Data",
    "DirectFeedbackAlignment",
    "EarlyStopping",
    "Evaluation",
    "Experiment",
    "FeedbackAlignment",
    "ForwardForward",
    "FullyConnected",
    "Goodness",
    "Head",
    "ImageContrast",
    "Keep",
    "Kinds",
    "Label",
    "LabelUse",
    "Layer",
    "LayerConfig",
    "LayerNormalisation",
    "LocalCrossEntropy",
    "LocalLoss",
    "LocalPhaseConfig",
    "Model",
    "Negatives",
    "Normalisation",
    "Optimizer",
    "Order",
    "OwnSet",
    "PerLayer",
    "Phase",
    "PhaseConfig",
    "Precision",
    "Prediction",
    "Readout",
    "Schedule",
    "SelfAttention",
    "SimilarityMatching",
    "SoftHebb",
    "SupervisedContrast",
    "Telemetry",
    "as_backprop",
    "for_layer",
    "for_layers",
    "layers_text",
    "per_layer_text",
]
