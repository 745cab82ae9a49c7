"""The whole experiment, and what does not fit together in one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from fftui.experiment.config import Config
from fftui.experiment.data_config import Data, data_values
from fftui.experiment.early_stopping import validation_problems
from fftui.experiment.field_errors import validated
from fftui.experiment.model_config import Model
from fftui.experiment.phase_configs import Phase
from fftui.experiment.values import set_value

Precision = Literal["auto", "float32", "bfloat16"]
OnNan = Literal["stop", "go-on"]
TestUse = Literal["at-end", "never"]


class Evaluation(Config):
    """When and on how many images accuracy is measured."""

    every: int = Field(
        1, ge=0, description="epochs between two measurements while learning; 0: only at the end"
    )
    images: int = Field(1000, ge=1, description="images of each split measured while learning")
    final_train_images: int = Field(
        10_000, ge=0, description="training images measured at the end; 0: none"
    )
    test: TestUse = Field(
        "at-end",
        description="when the test images are measured; never: in the runs of a sweep",
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
    """How often a run's state is saved, and how long it waits where that cannot be done."""

    every_s: float = Field(
        60.0, ge=0, description="seconds between checkpoints; each finished layer writes one too"
    )
    keep_trying_s: float = Field(
        900.0,
        ge=0,
        le=1e6,
        description="seconds for which a run that cannot be written waits for room; 0: not at all",
    )


class Experiment(Config):
    """A complete description of what to train, frozen."""

    name: str = Field(
        "experiment", min_length=1, max_length=80, description="of the run, in lists and folders"
    )
    description: str = Field("", description="one line for people")
    seed: int = Field(
        0, ge=0, lt=2**31, description="of weights, batches, augmentation and drawn labels"
    )
    precision: Precision = Field(
        "auto", description="of the matrix products; auto: bfloat16 where the hardware has it"
    )
    cache_bytes: int = Field(
        2_000_000_000, ge=0, description="memory for a layer's inputs, computed once; 0: none"
    )
    budget_s: float | None = Field(
        None,
        gt=0,
        description=(
            "seconds of learning, without evaluation: each layer or phase ends after its share of"
            " them, by its estimated cost; null: all epochs"
        ),
    )
    on_nan: OnNan = Field(
        "stop",
        description=(
            "where a loss is no finite number: end the run with its last good weights, or go on"
        ),
    )
    data: Data = Data()
    model: Model
    phases: tuple[Phase, ...] = Field(min_length=1, max_length=16, strict=False)
    evaluation: Evaluation = Evaluation()
    telemetry: Telemetry = Telemetry()
    checkpoint: Checkpoint = Checkpoint()

    def changed(self, changes: Mapping[str, object], data_folder: Path | str | None = None) -> Self:
        """A checked copy with other values, by paths such as `model.layers.0.units`.

        Another data set, by `data.name`, may be one's own in `data_folder`. Raises ExperimentError
        for an unknown path and for a value that does not fit.
        """
        values, left = self.model_dump(mode="json"), dict(changes)
        if "data.name" in left:
            name = str(left.pop("data.name"))
            folder = None if data_folder is None else Path(data_folder)
            values["data"] = data_values(values["data"], name, folder)
        for path, value in left.items():
            set_value(values, path, value)
        return validated(type(self), values, "the changed experiment")

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self


def _problems(experiment: Experiment) -> Iterator[str]:
    """Settings that do not fit together, most important first."""
    model, info = experiment.model, experiment.data.info
    yield from model.problems(info)
    for number, phase in enumerate(experiment.phases):
        for problem in phase.problems(model, info):
            yield f"phases.{number}: {problem}"
        if phase.needs_validation and not experiment.data.validation_images:
            yield f"phases.{number} chooses on validation images: set data.validation_images"
        if phase.validated_by:
            wanted_by = f"phases.{number}.{phase.validated_by}"
            if not phase.predicts:
                yield f"{wanted_by} looks at predictions: {phase.rule} makes none"
            yield from validation_problems(
                wanted_by=wanted_by,
                validation_images=experiment.data.validation_images,
                every=experiment.evaluation.every,
            )
