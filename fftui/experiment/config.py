"""The base of every table of an experiment."""

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """Base of every table of an experiment: frozen, unknown keys refused, nothing coerced from
    text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
