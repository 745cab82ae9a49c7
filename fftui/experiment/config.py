"""The base of every table of an experiment."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """Base of every table of an experiment: frozen, unknown keys refused, nothing coerced from
    text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def replaced(self, **fields: Any) -> Self:
        """A validated copy with other values in `fields`. Raises ValidationError."""
        return self.model_validate({**dict(self), **fields})

    def differences(self, other: Self) -> dict[str, Any]:
        """The fields in which `other` differs, with its values, as plain values."""
        mine = self.model_dump(mode="json")
        theirs = other.model_dump(mode="json")
        return {name: value for name, value in theirs.items() if value != mine.get(name)}
