"""Phases as an experiment describes them: one for each learning rule."""

from typing import Annotated, Literal

from pydantic import Field

from fftui.experiment.config import Config
from fftui.experiment.optimizer import Optimizer
from fftui.experiment.per_layer import PerLayer

Goodness = Literal["mean-square", "sum-square", "mean-activation", "position-mean-square"]
LocalLoss = Literal["softplus", "swish", "symba"]
Negatives = Literal["fixed", "random", "hard"]
Order = Literal["layer-wise", "parallel"]
Prediction = Literal["all-layers", "skip-first", "last-layer", "head"]
Schedule = Literal["constant", "cosine"]


class ForwardForward(Config):
    """Forward-Forward learning (Hinton 2022, section 2): every layer by its own goodness."""

    rule: Literal["forward-forward"] = "forward-forward"
    epochs: int = Field(60, ge=1, description="epochs of each layer")
    batch_size: int = Field(512, ge=1, le=10_000_000)
    learning_rate: PerLayer = Field(0.02, description="one number, or a list with one a layer (> 0)")
    schedule: Schedule = Field("constant", description="learning rate over a layer's epochs")
    optimizer: Optimizer = Optimizer()
    init_from: str | None = Field(
        None, min_length=1, description="run whose weights the phase starts from; null: its own"
    )
    order: Order = Field(
        "layer-wise", description="one layer after the other, or all in parallel from one batch"
    )
    goodness: Goodness = Field(
        "mean-square",
        description=(
            "mean or sum of the squared activities, mean activity, or mean square over channels per"
            " position"
        ),
    )
    loss: LocalLoss = Field(
        "softplus",
        description="softplus with a threshold (paper); swish or SymBa of -sharpness (g+ - g-)",
    )
    sharpness: float = Field(
        6.0, gt=0, description="of the swish and SymBa losses, which have no threshold"
    )
    threshold: PerLayer = Field(
        2.0,
        description=(
            "theta: positive goodness should exceed it, negative stay under; one number, or a list"
            " with one a layer (> 0)"
        ),
    )
    loss_options: dict[str, float] = Field(
        {}, description="further options of the loss, by name, such as { margin = 1.0 }"
    )
    peer_normalisation: float = Field(
        0.0, ge=0, description="weight of the loss that keeps units equally active"
    )
    negatives: Negatives = Field(
        "random",
        description=(
            "wrong labels: fixed (drawn once, as the paper), random, or hard (by the head's"
            " predictions)"
        ),
    )
    uniform_share: float = Field(
        0.3, ge=0, le=1, description="share of hard negatives that are drawn uniformly"
    )
    head_learning_rate: float = Field(
        1e-3, gt=0, description="of the head, which learns beside the layers"
    )
    prediction: Prediction = Field(
        "all-layers",
        description="layers whose goodness is summed for each label, or the head in one pass",
    )


class LocalCrossEntropy(Config):
    """Local cross entropy over class groups of units: derived from Forward-Forward, without
    negative data.

    As in DeeperForward and CwComp: a layer's units are cut into C groups, the goodness of a group
    is its class's logit. No label goes in, so one pass predicts.
    """

    rule: Literal["local-ce"] = "local-ce"
    epochs: int = Field(10, ge=1, description="epochs of each layer")
    batch_size: int = Field(128, ge=1, le=10_000_000)
    learning_rate: PerLayer = Field(1e-3, description="one number, or a list with one a layer (> 0)")
    schedule: Schedule = Field("cosine", description="learning rate over a layer's epochs")
    optimizer: Optimizer = Optimizer()
    init_from: str | None = Field(
        None, min_length=1, description="run whose weights the phase starts from; null: its own"
    )
    order: Order = Field(
        "parallel", description="one layer after the other, or all in parallel from one batch"
    )
    scale: float = Field(
        1.0, gt=0, description="logit = scale times the mean squared activity of a class's units"
    )
    prediction: Literal["all-layers", "skip-first", "last-layer"] = Field(
        "last-layer", description="layers whose goodness is summed for each label"
    )


class Backprop(Config):
    """Cross entropy and Adam through the whole network: the baseline."""

    rule: Literal["backprop"] = "backprop"
    epochs: int = Field(20, ge=1)
    batch_size: int = Field(256, ge=1, le=10_000_000)
    learning_rate: PerLayer = Field(
        6.7e-4,
        description="one number, or a list with one a layer (> 0); the head's is the last one",
    )
    schedule: Schedule = "constant"
    optimizer: Optimizer = Optimizer()
    init_from: str | None = Field(
        None, min_length=1, description="run whose weights the phase starts from; null: its own"
    )
    inputs: Literal["normalised", "raw"] = Field(
        "normalised",
        description=(
            "normalised: layers normalise their inputs, with the neutral label; "
            "raw: layers without normalisation and label (the paper's hybrid)"
        ),
    )
    weights: Literal["kept", "unit-norm"] = Field(
        "kept",
        description=(
            "at the start of the phase: kept, or each weight and bias divided by its norm (the"
            " paper)"
        ),
    )


Phase = Annotated[ForwardForward | LocalCrossEntropy | Backprop, Field(discriminator="rule")]
