"""Phases as an experiment describes them, one for each learning rule: each states what it needs,
its stages and its cost.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PlainValidator, SerializeAsAny

from fftui.data.catalogue import SetInfo
from fftui.experiment.choices import Choice, named
from fftui.experiment.config import Config
from fftui.experiment.cost_terms import NO_COST, Cost, CostContext, StageTerms
from fftui.experiment.early_stopping import EarlyStopping, Keep
from fftui.experiment.kinds import Kinds
from fftui.experiment.model_config import Model, through_batch_statistics
from fftui.experiment.optimizer import Optimizer
from fftui.experiment.per_layer import PerLayer, per_layer_problems

Goodness = Annotated[str, Choice("goodness")]
LocalLoss = Annotated[str, Choice("loss")]
LabelUse = Literal["required", "refused", "optional"]
Negatives = Literal["fixed", "random", "hard"]
Order = Literal["layer-wise", "parallel"]
Prediction = Literal["all-layers", "all-outputs", "skip-first", "last-layer", "best-range", "head"]
Schedule = Literal["constant", "cosine", "halving"]
Epoch = Annotated[int, Field(ge=0)]
Windows = tuple[Annotated[tuple[Epoch, Epoch], Field(strict=False)], ...]
LOSS_FIELDS = ("threshold", "sharpness")  # of the phase, for losses with options of these names
BATCH = "images of one optimiser step"
RATE = "one number, or a list with one a layer (> 0)"
PEERS_ARE_UNITS = (
    "peer normalisation is of a layer's units, not of positions: set peer_normalisation = 0"
)


class PhaseConfig(Config):
    """Base of the descriptions of phases: one stage in which all layers learn, unless a rule says
    otherwise.
    """

    rule: str
    epochs: int = Field(20, ge=1, description="passes over the training images")
    batch_size: int = Field(256, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(1e-3, description=RATE)
    schedule: Schedule = Field("constant", description="learning rate over the epochs")
    optimizer: Optimizer = Optimizer()
    early_stopping: EarlyStopping | None = Field(
        None, description="ends a layer, or all that learn together, when validation gains no more"
    )
    keep: Keep = Field(
        "last",
        description="weights a layer ends with: the last, or those best on validation images",
    )
    init_from: str | None = Field(
        None, min_length=1, description="run whose weights the phase starts from; null: its own"
    )

    @property
    def needs_validation(self) -> bool:
        """Whether something is chosen on validation images, so that there have to be some."""
        return False

    # whether the model's label encoding has to show the layers a label
    label_use: ClassVar[LabelUse] = "optional"
    needs_head: ClassVar[bool] = False
    # whether a network predicts labels by what was learned in it
    predicts: ClassVar[bool] = True
    # whether it learns by an optimiser's steps, so that a learning rate matters
    by_steps: ClassVar[bool] = True
    # labels with which a layer is shown an image: positive and negative, or one
    labels_shown: ClassVar[int] = 1

    @property
    def validated_by(self) -> str:
        """The field that asks for validation images while learning; empty where none does."""
        if self.early_stopping is not None:
            return "early_stopping"
        return "keep = 'best'" if self.keep == "best" else ""

    @property
    def shown_threshold(self) -> float | tuple[float, ...] | None:
        """The threshold that the goodness of its layers is compared with, one for all or one a
        layer; None where there is none.
        """
        return None

    def ignored(self) -> Iterator[str]:
        """What of its settings changes nothing, a sentence each; a run notes it when it starts."""
        return iter(())

    def stages(self, model: Model) -> int:
        """Number of stages, each of `epochs` epochs."""
        return 1

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """The cost of each stage."""
        cost = sum((layer.learning(self.labels_shown) for layer in context.layers), NO_COST)
        yield StageTerms(context.layers, cost + context.read)

    def needs_whole_batch(self, model: Model) -> str | None:
        """Why the images of a batch have to be in one process; None where its gradients are means
        over independent images.
        """
        return f"{self.rule} does not state that its gradients are means over independent images"

    def needs_all_layers(self, model: Model) -> str | None:
        """Why all layers have to be in one process; None where each learns from what is below it
        alone, at the same time.
        """
        return f"{self.rule} learns the network as a whole"

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Reasons why it cannot train `model` on the data set of `info`, most important first."""
        if self.needs_head and model.head is None:
            yield f'{self.rule} needs a classifier: set model.head = {{ kind = "linear" }}'
        if self.label_use == "required" and model.label.encoding == "none":
            yield f"{self.rule} shows the layers a label: set model.label.encoding"
        if self.label_use == "refused" and model.label.encoding != "none":
            yield f"{self.rule} shows the layers no label: set model.label.encoding = 'none'"
        yield from per_layer_problems("learning_rate", self.learning_rate, len(model.layers))
        if self.optimizer.final_rate and self.schedule != "cosine":
            yield "optimizer.final_rate is the end of a schedule: set schedule = 'cosine'"


PHASES: Kinds[PhaseConfig] = Kinds(PhaseConfig, "rule")
Phase = Annotated[PhaseConfig, PlainValidator(PHASES.validate), SerializeAsAny()]


class LocalPhaseConfig(PhaseConfig):
    """Base of the phases whose layers learn each by an objective of its own."""

    epochs: int = Field(60, ge=1, description="epochs of each layer")
    schedule: Schedule = Field("constant", description="learning rate over a layer's epochs")
    order: Order = Field(
        "layer-wise", description="one layer after the other, or all in parallel from one batch"
    )
    prediction: Prediction = Field(
        "all-layers", description="layers whose goodness is summed for each label"
    )

    windows: Windows = Field(
        (),
        strict=False,
        description=(
            "epochs in which each layer learns, from 0 and without the last: one pair a layer, such"
            " as [[0, 2], [0, 3]], with order = 'parallel'; []: all epochs"
        ),
    )

    @property
    def static_labels(self) -> int:
        """Number of the labels shown that are the same in every epoch."""
        return self.labels_shown

    def learning_in(self, epoch: int, layers: int) -> tuple[int, ...]:
        """Those of `layers` layers, from 1, that learn in `epoch`, from 1, of a parallel phase."""
        windows = self.windows or ((0, self.epochs),) * layers
        return tuple(layer for layer, (begin, end) in enumerate(windows, 1) if begin < epoch <= end)

    def stages(self, model: Model) -> int:
        """One for each layer, or one in which all learn in parallel."""
        return 1 if self.order == "parallel" else len(model.layers)

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """All layers at once, or one after the other.

        A layer's inputs are static unless images are augmented or labels drawn again, and are
        cached as far as they fit.
        """
        if self.order == "parallel":
            for stage in super().stage_terms(context):
                saved = self._saved_by_windows(context) * -1
                kept = context.first_inputs()
                yield replace(stage, per_epoch=stage.per_epoch + saved, kept_inputs=kept)
            return
        static = 0 if context.augmented else self.static_labels
        for number, layer in enumerate(context.layers):
            learning = layer.learning(self.labels_shown)
            if number == 0:
                kept = context.first_inputs()
                yield StageTerms([layer], learning + context.read, kept_inputs=kept)
                continue
            cached = context.cached(layer, static)
            uncached = self.labels_shown - cached
            below = sum((lower.forward(1) for lower in context.layers[:number]), NO_COST)
            again = below * uncached + context.read * min(uncached, 1)
            kept = float(cached * context.images * layer.inputs)
            if uncached:
                kept += context.first_inputs(context.cache_bytes - kept * context.cached_bytes)
            yield StageTerms([layer], learning + again, below * cached, kept)

    def needs_all_layers(self, model: Model) -> str | None:
        """Layers that learn one after the other do."""
        return None if self.order == "parallel" else "set order = 'parallel'"

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of every phase, a prediction that leaves no layer, and windows that do not fit."""
        if self.prediction == "skip-first" and len(model.layers) < 2:
            yield "prediction = 'skip-first' needs at least two layers"
        yield from self._window_problems(len(model.layers))
        yield from super().problems(model, info)

    def _window_problems(self, layers: int) -> Iterator[str]:
        if not self.windows:
            return
        if self.order != "parallel":
            yield "windows are of layers that learn side by side: set order = 'parallel'"
        if len(self.windows) != layers:
            yield f"windows has {len(self.windows)} pairs for {layers} layers: give one a layer"
        elif any(begin >= end for begin, end in self.windows):
            yield "windows: each pair is [first epoch, the epoch before which it ends]"
        else:
            idle = (e for e in range(1, self.epochs + 1) if not self.learning_in(e, layers))
            for epoch in idle:
                yield f"windows: no layer learns in epoch {epoch} of {self.epochs}: set epochs"
                return

    def _saved_by_windows(self, context: CostContext) -> Cost:
        """What an epoch takes less, on average, since not every layer learns in each."""
        saved = NO_COST
        for layer, (begin, end) in zip(context.layers, self.windows, strict=False):
            without = 1 - max(0, min(end, self.epochs) - begin) / self.epochs
            forward = layer.forward(self.labels_shown)
            saved += (layer.learning(self.labels_shown) + forward * -1) * without
        return saved


@PHASES.add
class ForwardForward(LocalPhaseConfig):
    """Forward-Forward learning (Hinton 2022, section 2): every layer by its own goodness."""

    rule: Literal["forward-forward"] = "forward-forward"
    batch_size: int = Field(512, ge=1, le=10_000_000, description=BATCH)
    learning_rate: PerLayer = Field(0.02, description=RATE)
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
    prediction: Literal["all-layers", "all-outputs", "skip-first", "last-layer", "head"] = Field(
        "all-layers",
        description=(
            "layers whose goodness is summed for each label (all-outputs: of all layers' outputs,"
            " pooled where a layer pools), or the head in one pass"
        ),
    )

    label_use: ClassVar[LabelUse] = "required"
    labels_shown: ClassVar[int] = 2

    @property
    def shown_threshold(self) -> float | tuple[float, ...] | None:
        """Its threshold, where its loss has one."""
        return self.threshold if "threshold" in named("loss", self.loss).options else None

    @property
    def static_labels(self) -> int:
        """Both where the negatives are drawn once; else the positive one."""
        return 2 if self.negatives == "fixed" else 1

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """In parallel the head learns too, from a pass under the neutral label."""
        for stage in super().stage_terms(context):
            if self.order == "parallel" and context.has_head:
                yield replace(stage, per_epoch=stage.per_epoch + _neutral_pass(context))
            else:
                yield stage

    def needs_whole_batch(self, model: Model) -> str | None:
        """Only peer normalisation does."""
        coupled = self.peer_normalisation > 0
        return "peer normalisation takes means over the whole batch" if coupled else None

    def needs_all_layers(self, model: Model) -> str | None:
        """A head beside the layers does."""
        if model.has_own_head:
            return "the head needs all layers before they take their step: set model.head = null"
        return super().needs_all_layers(model)

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of local phases, and what needs a head or units."""
        yield from super().problems(model, info)
        yield from per_layer_problems("threshold", self.threshold, len(model.layers))
        has_head = model.has_own_head and self.order == "parallel"
        if self.negatives == "hard" and not has_head:
            yield "hard negatives need model.head of kind 'linear' and order = 'parallel'"
        if self.prediction == "head" and not has_head:
            yield "prediction = 'head' needs model.head of kind 'linear' and order = 'parallel'"
        if self.goodness == "position-mean-square" and self.peer_normalisation:
            yield PEERS_ARE_UNITS
        yield from self._loss_problems()

    def ignored(self) -> Iterator[str]:
        """Settings of a loss that were changed and that this one does not have."""
        options, fields = named("loss", self.loss).options, type(self).model_fields
        for name in LOSS_FIELDS:
            if name not in options and getattr(self, name) != fields[name].default:
                yield f"{name} changes nothing: loss = {self.loss!r} does not have it"

    def _loss_problems(self) -> Iterator[str]:
        """Options of the loss that it does not have, or lacks."""
        for name in LOSS_FIELDS:
            if name in self.loss_options:
                yield f"loss_options.{name}: set it as {name} of the phase"
        loss = named("loss", self.loss)
        for problem in loss.problems(self.loss_options, LOSS_FIELDS):
            yield f"loss {problem}: set loss_options"


def _neutral_pass(context: CostContext) -> Cost:
    """The pass under the neutral label and the head; the labels' first product serves it too."""
    shared = Cost(context.layers[0].shared_flops, 0.0) * -1
    return sum((layer.forward(1) for layer in context.layers), shared) + context.head


@PHASES.add
class Backprop(PhaseConfig):
    """Cross entropy through the whole network: the baseline."""

    rule: Literal["backprop"] = "backprop"
    learning_rate: PerLayer = Field(6.7e-4, description=f"{RATE}; the head has the last layer's")
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

    needs_head: ClassVar[bool] = True

    def stage_terms(self, context: CostContext) -> Iterator[StageTerms]:
        """Three products per layer, and the head."""
        layers = (replace(layer, gradient=2).learning(1) for layer in context.layers)
        yield StageTerms(context.layers, sum(layers, NO_COST) + context.head + context.read)

    def needs_whole_batch(self, model: Model) -> str | None:
        """Gradients through the statistics of a batch do."""
        return None if self.inputs == "raw" else through_batch_statistics(model)

    def problems(self, model: Model, info: SetInfo) -> Iterator[str]:
        """Those of every phase, and layers or labels that raw inputs do not go with."""
        yield from super().problems(model, info)
        if self.inputs != "raw":
            return
        if not all(layer.takes_raw_inputs for layer in model.layers):
            yield "inputs = 'raw' is for fully connected layers"
        if model.label.encoding == "appended":
            yield (
                "inputs = 'raw' has no room for an appended label: set model.label.encoding ="
                " 'overlay'"
            )
