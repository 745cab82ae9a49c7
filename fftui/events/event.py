"""`Event`: the base of all events, and what every kind of them has."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

EVENTS: dict[str, type["Event"]] = {}
# Fields whose JSON key is not their name: the keys of published journals stay.
JSON_KEYS = {"stage_steps": "stretch_steps", "metrics": "figures"}


def json_key(name: str) -> str:
    """The key in JSON of the field of that name."""
    return JSON_KEYS.get(name, name)


@dataclass(frozen=True)
class Event:
    """Base of all events; subclasses register themselves under their `kind`."""

    kind: ClassVar[str] = ""
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        allow_inf_nan=False, alias_generator=json_key
    )

    def __init_subclass__(cls, *, kind: str) -> None:
        cls.kind = kind
        EVENTS[kind] = cls

    def contradiction(self) -> str | None:
        """Why two fields of this event cannot both be true, in a few words; None where they can."""
        return None


def lengths_differ(**lists: tuple[object, ...]) -> str | None:
    """Why lists that belong together do not: their lengths; None where they are equal."""
    if len({len(items) for items in lists.values()}) <= 1:
        return None
    lengths = (f"{name} has {len(items)}" for name, items in lists.items())
    return f"lists that belong together differ in length: {', '.join(lengths)}"
