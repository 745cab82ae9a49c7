"""Values of a phase that may differ by layer: one number for all, or a list with one a layer."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter

Positive = Annotated[float, Field(gt=0)]
STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_ONE: TypeAdapter[float] = TypeAdapter(Positive, config=STRICT)
_EACH: TypeAdapter[tuple[float, ...]] = TypeAdapter(
    Annotated[tuple[Positive, ...], Field(min_length=1, strict=False)], config=STRICT
)


def _one_or_each(value: object) -> float | tuple[float, ...]:
    # Two adapters, not a union: a union's errors name its members, which no one has written.
    return (_EACH if isinstance(value, list | tuple) else _ONE).validate_python(value)


PerLayer = Annotated[float | tuple[float, ...], PlainValidator(_one_or_each)]


def for_layers(value: float | tuple[float, ...], layers: int) -> tuple[float, ...]:
    """The value of each of `layers` layers, first to last."""
    return value if isinstance(value, tuple) else (value,) * layers


def per_layer_text(value: float | tuple[float, ...]) -> str:
    """The value, or the values of all layers, such as "0.01" or "0.001, 0.02"."""
    return ", ".join(f"{each:g}" for each in for_layers(value, 1))


def per_layer_problems(
    name: str, value: float | tuple[float, ...], layers: int
) -> Iterator[str]:
    """A list, in the field called `name`, that has no entry for each of `layers` layers."""
    if isinstance(value, tuple) and len(value) != layers:
        yield (
            f"{name} has {len(value)} entries for {layers} layers: give one a layer, or one number"
            " for all"
        )
