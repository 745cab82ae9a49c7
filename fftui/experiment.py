"""An experiment: what to do, complete and frozen.

An `Experiment` is a value. Everything a run needs is in it (data, model, phases, seed, precision); where it runs
(device, folders) is not. Unknown keys and wrong types are refused; `fftui.presets` turns those refusals into one
line with the nearest valid name.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fftui.data.catalogue import SETS, DataName

Goodness = Literal["mean-square", "sum-square"]
LocalLoss = Literal["softplus", "swish"]
Negatives = Literal["fixed", "random"]
Normalisation = Literal["none", "unit", "standard", "paper"]
Precision = Literal["auto", "float32", "bfloat16"]
Prediction = Literal["all-layers", "skip-first"]
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
    """A fully connected layer of rectified linear units behind a normalisation of its input."""

    kind: Literal["fully-connected"] = "fully-connected"
    units: int = Field(2000, ge=1, le=100_000, description="number of units H")
    normalisation: Literal["l2", "rms", "none"] = Field(
        "l2", description="of the layer's input: l2 x/(|x|+1e-4), rms x/rms(x), none"
    )


Layer = FullyConnected  # becomes a union, discriminated by `kind`, with the second kind


class Model(Part):
    """The layers of the network, first to last."""

    layers: tuple[Layer, ...] = Field(min_length=1, max_length=64, strict=False)
    head: bool = Field(False, description="a linear classifier on the last layer; backprop needs it")


class ForwardForward(Part):
    """Layer-wise Forward-Forward learning (Hinton 2022, section 2)."""

    rule: Literal["forward-forward"] = "forward-forward"
    epochs: int = Field(60, ge=1, description="epochs of each layer")
    batch_size: int = Field(512, ge=1, le=10_000_000)
    learning_rate: float = Field(0.02, gt=0)
    schedule: Literal["constant", "cosine"] = Field("constant", description="learning rate over a layer's epochs")
    goodness: Goodness = Field("mean-square", description="mean or sum of the squared activities of a layer")
    loss: LocalLoss = Field(
        "softplus", description="softplus with a threshold (paper), or swish of -sharpness (g+ - g-)"
    )
    sharpness: float = Field(6.0, gt=0, description="of the swish loss, which has no threshold")
    threshold: float = Field(2.0, gt=0, description="theta: positive goodness should exceed it, negative stay under")
    label_encoding: Literal["overlay"] = Field("overlay", description="the first C inputs carry the label")
    negatives: Negatives = Field("random", description="wrong labels: fixed (drawn once, as the paper) or random")
    prediction: Prediction = Field("all-layers", description="layers whose goodness is summed for each label")


class Backprop(Part):
    """Cross entropy and Adam through the whole network: the baseline."""

    rule: Literal["backprop"] = "backprop"
    epochs: int = Field(20, ge=1)
    batch_size: int = Field(256, ge=1, le=10_000_000)
    learning_rate: float = Field(6.7e-4, gt=0)
    schedule: Literal["constant", "cosine"] = "constant"


Phase = Annotated[ForwardForward | Backprop, Field(discriminator="rule")]


class Evaluation(Part):
    """When accuracy is measured, and on how many images."""

    every: int = Field(1, ge=0, description="epochs between two measurements while learning; 0: only at the end")
    images: int = Field(1000, ge=1, description="images of each split measured while learning")
    final_train_images: int = Field(10_000, ge=0, description="training images measured at the end; 0: none")


class Telemetry(Part):
    """What the machine does while layers learn."""

    hz: float = Field(2.0, ge=0, le=100, description="samples a second; 0: off")


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
        if not self.model.head and any(phase.rule == "backprop" for phase in self.phases):
            msg = "backprop needs a classifier: set model.head = true"
            raise ValueError(msg)
        last = self.phases[-1]
        if last.rule == "forward-forward" and last.prediction == "skip-first" and len(self.model.layers) < 2:
            msg = "prediction = 'skip-first' needs at least two layers"
            raise ValueError(msg)
        return self
