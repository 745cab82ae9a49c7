"""The optimiser of a phase, as an experiment describes it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from fftui.experiment.config import Config


class Optimizer(Config):
    """Adam, AdamW or SGD, with weight decay, gradient clipping and a floor under the schedule."""

    kind: Literal["adam", "adamw", "sgd"] = Field("adam", description="as in torch.optim")
    momentum: float = Field(0.0, ge=0, lt=1, description="of SGD")
    weight_decay: float = Field(
        0.0, ge=0, description="decoupled for adamw, added to the gradient for adam and sgd"
    )
    clip_norm: float | None = Field(
        None,
        gt=0,
        description=(
            "largest norm of a gradient: of each layer where layers learn by their own loss, of the"
            " whole network in backprop; null: no clipping"
        ),
    )
    final_rate: float = Field(
        0.0, ge=0, le=1, description="end of the cosine schedule, as a fraction of the rate"
    )

    @model_validator(mode="after")
    def _momentum_is_of_sgd(self) -> Self:
        if self.momentum and self.kind != "sgd":
            msg = f"momentum is for kind = 'sgd': {self.kind} has moments of its own"
            raise ValueError(msg)
        return self
