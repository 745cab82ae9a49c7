"""Values of a phase that may differ by layer: one number for all, or a list with one a layer."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

Positive = Annotated[float, Field(gt=0)]
STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_ONE: TypeAdapter[float] = TypeAdapter(Positive, config=STRICT)
_EACH: TypeAdapter[tuple[float, ...]] = TypeAdapter(
    Annotated[tuple[Positive, ...], Field(min_length=1, strict=False)], config=STRICT
)


class _OneOrEach:
    """Validates a number or a list of numbers.

    By two adapters, not as a union: a union's errors name its members, which no one has written.
    """

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def _validated(self, value: object) -> float | tuple[float, ...]:
        return (_EACH if isinstance(value, list | tuple) else _ONE).validate_python(value)


PerLayer = Annotated[float | tuple[float, ...], _OneOrEach()]


def for_layers(value: float | tuple[float, ...], layers: int) -> tuple[float, ...]:
    """The value of each of `layers` layers, first to last."""
    return value if isinstance(value, tuple) else (value,) * layers


def for_layer(value: float | tuple[float, ...], number: int) -> float:
    """The value of layer `number`, from 1."""
    return value[number - 1] if isinstance(value, tuple) else value


def per_layer_text(value: float | tuple[float, ...]) -> str:
    """The value, or the values of all layers, such as "0.01" or "0.001, 0.02"."""
    return ", ".join(f"{each:g}" for each in for_layers(value, 1))


def per_layer_problems(name: str, value: float | tuple[float, ...], layers: int) -> Iterator[str]:
    """A list, in the field called `name`, that has no entry for each of `layers` layers."""
    if isinstance(value, tuple) and len(value) != layers:
        yield (
            f"{name} has {len(value)} entries for {layers} layers: give one a layer, or one number"
            " for all"
        )
