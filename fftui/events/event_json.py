"""The JSON form of events, one line of a journal each, and the one validator of it."""

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from fftui.events.event import EVENTS, Event, json_key
from fftui.events.field_types import UnixSeconds


def to_json(at: float, event: Event) -> str:
    """The journal line (without its newline) of an event stated at Unix time `at`; defaults are
    left out.
    """
    body = {"at": round(at, 3), "event": event.kind, **_body(event)}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _body(event: Event) -> dict[str, object]:
    """The fields of an event by their JSON keys; defaults are left out."""
    values = ((field, getattr(event, field.name)) for field in fields(event))
    return {
        json_key(field.name): _finite(value)
        for field, value in values
        if field.default is MISSING or value != field.default
    }


def _finite(value: object) -> object:
    """The value as JSON can hold it: infinities and NaN become null, tuples lists, and an event
    within another the object of its fields.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [_finite(v) for v in value]
    if isinstance(value, Event):
        return _body(value)
    return value


def from_json(line: str | bytes) -> tuple[float, Event]:
    """The Unix time and the event of a journal line; unknown fields are ignored.

    Raises ValueError where the line is no event, lacks a field that has no default, or holds a
    value that the field cannot have: of another type, negative, too large, or at odds with another
    field of the event.
    """
    body = pydantic_core.from_json(line, allow_inf_nan=False)
    kind = body.get("event") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind not in EVENTS:
        msg = f"unknown event {kind!r}"
        raise ValueError(msg)
    try:
        at = _time_validator()(body.get("at"))
        event = _validator(kind)(body)
    except ValidationError as error:
        raise ValueError(_one_line(kind, error)) from None
    if (problem := event.contradiction()) is not None:
        msg = f"a {kind} event in which {problem}"
        raise ValueError(msg)
    return at, event


@cache
def _validator(kind: str) -> Callable[[object], Event]:
    """The validator of one kind of event; made when first needed, which takes milliseconds."""
    adapter: TypeAdapter[Event] = TypeAdapter(EVENTS[kind])
    return adapter.validator.validate_python


@cache
def _time_validator() -> Callable[[object], float]:
    adapter: TypeAdapter[float] = TypeAdapter(UnixSeconds)
    return adapter.validator.validate_python


def _one_line(kind: str, error: ValidationError) -> str:
    """The first of the errors in one line, with the event and the field."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, first["loc"])) or "at"
    if first["type"] == "missing":
        return f"a {kind} event without its field {field!r}"
    value = repr(first["input"])
    shown = value if len(value) <= 40 else f"{value[:39]}…"
    return f"{shown} is no value of the field {field!r} of a {kind} event: {first['msg']}"
