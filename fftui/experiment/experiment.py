"""The whole experiment, and what does not fit together in one."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from fftui.data.catalogue import SetInfo
from fftui.experiment.config import Config
from fftui.experiment.data_config import Data
from fftui.experiment.layer_configs import Convolution, FullyConnected, SelfAttention
from fftui.experiment.model_config import FIRST_LAYERS, Model
from fftui.experiment.phase_configs import Backprop, LocalCrossEntropy, Phase

Precision = Literal["auto", "float32", "bfloat16"]


class Evaluation(Config):
    """When and on how many images accuracy is measured."""

    every: int = Field(
        1, ge=0, description="epochs between two measurements while learning; 0: only at the end"
    )
    images: int = Field(1000, ge=1, description="images of each split measured while learning")
    final_train_images: int = Field(
        10_000, ge=0, description="training images measured at the end; 0: none"
    )


class Telemetry(Config):
    """Sampling of the machine's metrics during training."""

    hz: float = Field(10.0, ge=0, le=100, description="samples a second; 0: off")
    idle_s: float = Field(
        1.0,
        ge=0,
        le=600,
        description="pause before learning to measure idle power, where power is available",
    )


class Checkpoint(Config):
    """How often a run's state is saved."""

    every_s: float = Field(
        60.0, ge=0, description="seconds between checkpoints; each finished layer writes one too"
    )


class Experiment(Config):
    """A complete description of what to train, frozen."""

    name: str = Field("experiment", min_length=1, max_length=80)
    description: str = ""
    seed: int = Field(0, ge=0, lt=2**31)
    precision: Precision = Field(
        "auto", description="of the matrix products; auto: bfloat16 where the hardware has it"
    )
    cache_bytes: int = Field(
        2_000_000_000, ge=0, description="memory for a layer's inputs, computed once"
    )
    data: Data = Data()
    model: Model
    phases: tuple[Phase, ...] = Field(min_length=1, max_length=16, strict=False)
    evaluation: Evaluation = Evaluation()
    telemetry: Telemetry = Telemetry()
    checkpoint: Checkpoint = Checkpoint()

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self


def _problems(experiment: Experiment) -> Iterator[str]:
    """Settings that do not fit together, most important first."""
    model, info = experiment.model, experiment.data.info
    encoding, first = model.label.encoding, model.layers[0].kind
    if any(layer.kind == "self-attention" for layer in model.layers[1:]):
        yield "self-attention cuts images into patches: it can only be the first of model.layers"
    needed = FIRST_LAYERS.get(encoding, first)
    if first != needed:
        yield f"model.label.encoding = {encoding!r} needs a first layer of kind {needed!r}"
    if encoding == "overlay" and info.classes > info.inputs:
        yield (
            f"an overlay of {info.classes} labels does not fit {info.inputs} pixels: set"
            " model.label.encoding = 'appended'"
        )
    yield from _size_problems(model, info)
    if model.head and model.head.kind == "last-layer" and _units_of_last(model) != info.classes:
        yield (
            f"model.head.kind = 'last-layer' needs a fully connected last layer of {info.classes}"
            " units"
        )
    for number, phase in enumerate(experiment.phases):
        for problem in _phase_problems(phase, model, info.classes):
            yield f"phases.{number}: {problem}"


def _units_of_last(model: Model) -> int | None:
    last = model.layers[-1]
    return last.units if isinstance(last, FullyConnected) else None


def _size_problems(model: Model, info: SetInfo) -> Iterator[str]:
    """Kernels larger than their input, patches that do not tile the image, heads that do not divide
    the width.
    """
    _, height, width = info.shape
    flat = False
    for number, layer in enumerate(model.layers):
        if isinstance(layer, Convolution):
            height, width = (
                size + 2 * layer.padding - layer.kernel + 1 for size in (height, width)
            )
            if layer.pooling != "none":
                height, width = height // 2, width // 2
            if flat or min(height, width) < 1:
                yield (
                    f"model.layers.{number}: a convolution of width {layer.kernel} has no image"
                    " left to convolve"
                )
                return
        else:
            flat = True
        if isinstance(layer, SelfAttention):
            if info.shape[1] % layer.patch or info.shape[2] % layer.patch:
                yield (
                    f"model.layers.{number}: patches of {layer.patch} pixels do not tile"
                    f" {info.shape[1]} pixels"
                )
            if layer.width % layer.heads:
                yield (
                    f"model.layers.{number}: {layer.heads} heads cannot share a width of"
                    f" {layer.width}"
                )


def _phase_problems(phase: Phase, model: Model, classes: int) -> Iterator[str]:
    if isinstance(phase, Backprop):
        if model.head is None:
            yield 'backprop needs a classifier: set model.head = { kind = "linear" }'
        if phase.inputs == "raw" and any(layer.kind != "fully-connected" for layer in model.layers):
            yield "inputs = 'raw' is for fully connected layers"
        if phase.inputs == "raw" and model.label.encoding == "appended":
            yield (
                "inputs = 'raw' has no room for an appended label: set model.label.encoding ="
                " 'overlay'"
            )
        return
    if phase.prediction == "skip-first" and len(model.layers) < 2:
        yield "prediction = 'skip-first' needs at least two layers"
    if isinstance(phase, LocalCrossEntropy):
        yield from _local_ce_problems(model, classes)
        return
    if model.label.encoding == "none":
        yield "forward-forward shows the layers a label: set model.label.encoding"
    has_head = model.head is not None and model.head.kind == "linear"
    if phase.negatives == "hard" and not (has_head and phase.order == "parallel"):
        yield "hard negatives need model.head of kind 'linear' and order = 'parallel'"
    if phase.prediction == "head" and not (has_head and phase.order == "parallel"):
        yield "prediction = 'head' needs model.head of kind 'linear' and order = 'parallel'"
    if phase.goodness == "position-mean-square" and phase.peer_normalisation:
        yield (
            "peer normalisation is of a layer's units, not of positions: set peer_normalisation = 0"
        )


def _local_ce_problems(model: Model, classes: int) -> Iterator[str]:
    if model.label.encoding != "none":
        yield "local-ce shows the layers no label: set model.label.encoding = 'none'"
    for number, layer in enumerate(model.layers):
        groups = layer.channels if isinstance(layer, Convolution) else layer.units
        if groups < classes:
            yield (
                f"local-ce cuts layers into {classes} groups: model.layers.{number} has only"
                f" {groups}"
            )
