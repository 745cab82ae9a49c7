"""An experiment: what to do, complete and frozen.

An `Experiment` is a value. Everything a run needs is in it (data, model, phases, seed, precision); where it runs
(device, folders) is not. Unknown keys and wrong types are refused; `fftui.presets` turns those refusals into one
line with the nearest valid name.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from fftui.data.catalogue import SETS, DataName, SetInfo
from fftui.data.encodings import PLANES, TOKENS, LabelEncoding

Activation = Literal["relu", "leaky-relu", "gelu", "tanh"]
Goodness = Literal["mean-square", "sum-square", "mean-activation", "position-mean-square"]
LayerNormalisation = Literal["l2", "rms", "batch", "none"]
LocalLoss = Literal["softplus", "swish", "symba"]
Negatives = Literal["fixed", "random", "hard"]
Normalisation = Literal["none", "unit", "standard", "paper"]
Order = Literal["layer-wise", "parallel"]
Precision = Literal["auto", "float32", "bfloat16"]
Prediction = Literal["all-layers", "skip-first", "last-layer", "head"]
Schedule = Literal["constant", "cosine"]
Split = Literal["train", "validation", "test"]


class Part(BaseModel):
    """Base of every part: frozen, unknown keys refused, nothing coerced from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Data(Part):
    """Which images, how many, and how their pixels are scaled."""

    name: DataName = Field("mnist-mini", description="image set")
    normalisation: Normalisation = Field(
        "standard", description="of pixels: none (0-255), unit (0-1), standard (per channel), paper (its constants)"
    )
    train_images: int | None = Field(None, ge=1, description="random subset of the training images; null: all")
    validation_images: int = Field(0, ge=0, description="images split off the training set for choosing")
    test_images: int | None = Field(None, ge=1, description="random subset of the test images; null: all")
    shift: int = Field(0, ge=0, le=8, description="pixels by which training images are moved at random, each way")
    flip: bool = Field(False, description="training images are mirrored left to right, half of them at random")

    @model_validator(mode="after")
    def _fits_the_set(self) -> Self:
        info = SETS[self.name]
        wanted = self.validation_images + (self.train_images or 1)
        if wanted > info.train_images:
            msg = f"{self.name} has {info.train_images} training images; train + validation ask for {wanted}"
            raise ValueError(msg)
        if self.test_images is not None and self.test_images > info.test_images:
            msg = f"{self.name} has {info.test_images} test images, not {self.test_images}"
            raise ValueError(msg)
        return self


class FullyConnected(Part):
    """A fully connected layer behind a normalisation of its input."""

    kind: Literal["fully-connected"] = "fully-connected"
    units: int = Field(2000, ge=1, le=100_000, description="number of units H")
    normalisation: LayerNormalisation = Field(
        "l2", description="of the layer's input: l2 x/(|x|+1e-4), rms x/rms(x), batch (of each input), none"
    )
    activation: Activation = Field("relu", description="of the units")
    start: Literal["uniform", "normal"] = Field(
        "uniform", description="weights: uniform within 1/sqrt(D) as torch, or normal with variance 1/D and no bias"
    )


class Convolution(Part):
    """A convolution with stride 1, and what stands around it: normalisation, activation, pooling."""

    kind: Literal["convolution"] = "convolution"
    channels: int = Field(32, ge=1, le=4096, description="number of channels that it makes")
    kernel: int = Field(5, ge=1, le=15, description="width and height of the kernel in pixels")
    padding: int = Field(2, ge=0, le=7, description="pixels of zeros around the input")
    pooling: Literal["none", "before-goodness", "after-goodness"] = Field(
        "before-goodness", description="2 x 2 maxima; goodness is taken of them, or of what they are taken from"
    )
    normalisation: LayerNormalisation = Field(
        "batch", description="of the layer's input: batch (of each channel), rms or l2 of the whole image, none"
    )
    activation: Activation = Field("relu", description="of the units")


class SelfAttention(Part):
    """Self-attention over the patches of an image, and the units that its goodness is taken of."""

    kind: Literal["self-attention"] = "self-attention"
    units: int = Field(1000, ge=1, le=100_000, description="number of units H behind the tokens")
    patch: int = Field(7, ge=1, le=32, description="width and height of a patch in pixels")
    width: int = Field(64, ge=1, le=4096, description="numbers a token holds")
    heads: int = Field(4, ge=1, le=64, description="heads of the attention; they share the width")
    embedding: Literal["learned", "frozen", "shifted"] = Field(
        "learned", description="of patches: learned, frozen at random, or of the image and four shifted copies of it"
    )
    positions: bool = Field(True, description="a learned vector for each token's place")
    residual: bool = Field(
        True, description="pre-norm attention and GELU network, both residual; false: bare attention"
    )
    summary: Literal["flatten", "mean"] = Field("flatten", description="what the units see of the tokens")
    normalisation: Literal["l2", "rms", "none"] = Field("rms", description="of that summary")
    activation: Activation = Field("relu", description="of the units")


def _kind(value: object) -> str:
    """The kind of a layer, which is fully connected unless it says otherwise."""
    kind = value.get("kind", "fully-connected") if isinstance(value, Mapping) else getattr(value, "kind", "")
    return str(kind)


Layer = Annotated[
    Annotated[FullyConnected, Tag("fully-connected")]
    | Annotated[Convolution, Tag("convolution")]
    | Annotated[SelfAttention, Tag("self-attention")],
    Discriminator(_kind),
]


# The kind of first layer that an encoding needs, where it needs one.
FIRST_LAYERS: dict[str, str] = {
    "appended": "fully-connected",
    **dict.fromkeys(PLANES, "convolution"),
    **dict.fromkeys(TOKENS, "self-attention"),
}


class Label(Part):
    """Where the label goes in, for rules that show it to the layers."""

    encoding: LabelEncoding = Field(
        "overlay",
        description="none; overlay (on the first C pixels), appended (to the vector); a plane a class, random or "
        "one-hot; added to every-token or the first-token; a label-token of its own",
    )
    scale: float = Field(1.0, gt=0, description="brightness of an appended label or a plane; an overlay's is the set's")
    planes: Literal["first", "every"] = Field("every", description="convolutions that see the label plane")


class Head(Part):
    """A softmax classifier on the activities of the last layer."""

    kind: Literal["linear", "last-layer"] = Field(
        "linear", description="linear: weights of its own; last-layer: the last layer's C units are the logits"
    )
    normalisation: Literal["rms", "none"] = Field("none", description="of the activities that it sees")


class Model(Part):
    """The layers of the network, first to last, how labels reach them, and the head."""

    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, strict=False)
    label: Label = Label()
    head: Head | None = Field(None, description="a softmax classifier; backprop and hard negatives need it")


class ForwardForward(Part):
    """Forward-Forward learning (Hinton 2022, section 2): every layer by its own goodness."""

    rule: Literal["forward-forward"] = "forward-forward"
    epochs: int = Field(60, ge=1, description="epochs of each layer")
    batch_size: int = Field(512, ge=1, le=10_000_000)
    learning_rate: float = Field(0.02, gt=0)
    schedule: Schedule = Field("constant", description="learning rate over a layer's epochs")
    order: Order = Field("layer-wise", description="one layer after the other, or all in parallel from one batch")
    goodness: Goodness = Field(
        "mean-square",
        description="mean or sum of the squared activities, mean activity, or mean square over channels per position",
    )
    loss: LocalLoss = Field(
        "softplus", description="softplus with a threshold (paper); swish or SymBa of -sharpness (g+ - g-)"
    )
    sharpness: float = Field(6.0, gt=0, description="of the swish and SymBa losses, which have no threshold")
    threshold: float = Field(2.0, gt=0, description="theta: positive goodness should exceed it, negative stay under")
    peer_normalisation: float = Field(0.0, ge=0, description="weight of the loss that keeps units equally active")
    negatives: Negatives = Field(
        "random", description="wrong labels: fixed (drawn once, as the paper), random, or hard (by the head's belief)"
    )
    uniform_share: float = Field(0.3, ge=0, le=1, description="share of hard negatives that are drawn evenly")
    head_learning_rate: float = Field(1e-3, gt=0, description="of the head, which learns beside the layers")
    prediction: Prediction = Field(
        "all-layers", description="layers whose goodness is summed for each label, or the head in one pass"
    )


class LocalCrossEntropy(Part):
    """Local cross entropy over class groups of units: derived from Forward-Forward, without negative data.

    As in DeeperForward and CwComp: a layer's units are cut into C groups, the goodness of a group is its class's
    logit. No label goes in, so one pass predicts.
    """

    rule: Literal["local-ce"] = "local-ce"
    epochs: int = Field(10, ge=1, description="epochs of each layer")
    batch_size: int = Field(128, ge=1, le=10_000_000)
    learning_rate: float = Field(1e-3, gt=0)
    schedule: Schedule = Field("cosine", description="learning rate over a layer's epochs")
    order: Order = Field("parallel", description="one layer after the other, or all in parallel from one batch")
    scale: float = Field(1.0, gt=0, description="logit = scale times the mean squared activity of a class's units")
    prediction: Literal["all-layers", "skip-first", "last-layer"] = Field(
        "last-layer", description="layers whose goodness is summed for each label"
    )


class Backprop(Part):
    """Cross entropy and Adam through the whole network: the baseline."""

    rule: Literal["backprop"] = "backprop"
    epochs: int = Field(20, ge=1)
    batch_size: int = Field(256, ge=1, le=10_000_000)
    learning_rate: float = Field(6.7e-4, gt=0)
    schedule: Schedule = "constant"
    inputs: Literal["normalised", "raw"] = Field(
        "normalised",
        description="normalised: layers see what they were built for, the label neutral; "
        "raw: layers without normalisation and label (the paper's hybrid)",
    )
    weights: Literal["kept", "unit-norm"] = Field(
        "kept", description="at the start of the phase: kept, or each weight and bias divided by its norm (the paper)"
    )


Phase = Annotated[ForwardForward | LocalCrossEntropy | Backprop, Field(discriminator="rule")]


class Evaluation(Part):
    """When accuracy is measured, and on how many images."""

    every: int = Field(1, ge=0, description="epochs between two measurements while learning; 0: only at the end")
    images: int = Field(1000, ge=1, description="images of each split measured while learning")
    final_train_images: int = Field(10_000, ge=0, description="training images measured at the end; 0: none")


class Telemetry(Part):
    """What the machine does while layers learn."""

    hz: float = Field(10.0, ge=0, le=100, description="samples a second; 0: off")
    idle_s: float = Field(
        1.0, ge=0, le=600, description="rest before learning in which idle power is measured, where power is told"
    )


class Checkpoint(Part):
    """How often a run's state is written."""

    every_s: float = Field(60.0, ge=0, description="seconds between checkpoints; each finished layer writes one too")


class Experiment(Part):
    """What to do, complete and frozen."""

    name: str = Field("experiment", min_length=1, max_length=80)
    description: str = ""
    seed: int = Field(0, ge=0, lt=2**31)
    precision: Precision = Field("auto", description="of the matrix products; auto: bfloat16 where the hardware has it")
    cache_bytes: int = Field(2_000_000_000, ge=0, description="memory for a layer's inputs, computed once")
    data: Data = Data()
    model: Model
    phases: tuple[Phase, ...] = Field(min_length=1, max_length=16, strict=False)
    evaluation: Evaluation = Evaluation()
    telemetry: Telemetry = Telemetry()
    checkpoint: Checkpoint = Checkpoint()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self


def _problems(experiment: Experiment) -> Iterator[str]:
    """What does not fit together, first things first."""
    model, info = experiment.model, SETS[experiment.data.name]
    encoding, first = model.label.encoding, model.layers[0].kind
    if any(layer.kind == "self-attention" for layer in model.layers[1:]):
        yield "self-attention cuts images into patches: it can only be the first of model.layers"
    needed = FIRST_LAYERS.get(encoding, first)
    if first != needed:
        yield f"model.label.encoding = {encoding!r} needs a first layer of kind {needed!r}"
    yield from _size_problems(model, info)
    if model.head and model.head.kind == "last-layer" and _units_of_last(model) != info.classes:
        yield f"model.head.kind = 'last-layer' needs a fully connected last layer of {info.classes} units"
    for number, phase in enumerate(experiment.phases):
        for problem in _phase_problems(phase, model, info.classes):
            yield f"phases.{number}: {problem}"


def _units_of_last(model: Model) -> int | None:
    last = model.layers[-1]
    return last.units if isinstance(last, FullyConnected) else None


def _size_problems(model: Model, info: SetInfo) -> Iterator[str]:
    """Kernels larger than what they see, pooling of nothing, patches that do not tile the image, uneven heads."""
    _, height, width = info.shape
    flat = False
    for number, layer in enumerate(model.layers):
        if isinstance(layer, Convolution):
            height, width = (size + 2 * layer.padding - layer.kernel + 1 for size in (height, width))
            if layer.pooling != "none":
                height, width = height // 2, width // 2
            if flat or min(height, width) < 1:
                yield f"model.layers.{number}: a convolution of width {layer.kernel} has no image left to look at"
                return
        else:
            flat = True
        if isinstance(layer, SelfAttention):
            if info.shape[1] % layer.patch or info.shape[2] % layer.patch:
                yield f"model.layers.{number}: patches of {layer.patch} pixels do not tile {info.shape[1]} pixels"
            if layer.width % layer.heads:
                yield f"model.layers.{number}: {layer.heads} heads cannot share a width of {layer.width}"


def _phase_problems(phase: Phase, model: Model, classes: int) -> Iterator[str]:
    if isinstance(phase, Backprop):
        if model.head is None:
            yield 'backprop needs a classifier: set model.head = { kind = "linear" }'
        if phase.inputs == "raw" and any(layer.kind != "fully-connected" for layer in model.layers):
            yield "inputs = 'raw' is for fully connected layers"
        if phase.inputs == "raw" and model.label.encoding == "appended":
            yield "inputs = 'raw' leaves no place for an appended label: set model.label.encoding = 'overlay'"
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
        yield "peer normalisation is of a layer's units, not of positions: set peer_normalisation = 0"


def _local_ce_problems(model: Model, classes: int) -> Iterator[str]:
    if model.label.encoding != "none":
        yield "local-ce shows the layers no label: set model.label.encoding = 'none'"
    for number, layer in enumerate(model.layers):
        groups = layer.channels if isinstance(layer, Convolution) else layer.units
        if groups < classes:
            yield f"local-ce cuts layers into {classes} groups: model.layers.{number} has only {groups}"
