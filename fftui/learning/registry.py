"""Registries: what an experiment names, by its name. Loads no torch."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Generic, TypeVar

from fftui.errors import ExperimentError, RequestError, one_of

T = TypeVar("T")


class Registry(dict[str, T], Generic[T]):
    """Entries of one sort by name; `what` is what an entry is called in messages."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def add(self, name: str, entry: T) -> None:
        """Add `entry`. Raises ExperimentError where the name is taken by another one."""
        if name in self and not _same(self[name], entry):
            msg = f"there is a {self.what} called {name!r} already: choose another name"
            raise ExperimentError(msg)
        self[name] = entry

    def find(self, name: str) -> T:
        """The entry called `name`. Raises ExperimentError, with the names that there are."""
        try:
            return self[one_of(self.what, name, self)]
        except RequestError as error:
            raise ExperimentError(str(error)) from None


Builder = Callable[..., Any] | str  # a callable, or where one is: "package.module:name"


def resolve(builder: Builder) -> Callable[..., Any]:
    """The callable that `builder` is or names. Raises ExperimentError where there is none."""
    if not isinstance(builder, str):
        return builder
    module, _, name = builder.partition(":")
    try:
        made: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        msg = f"{builder!r} cannot be loaded ({error}): write it as package.module:name"
        raise ExperimentError(msg) from error
    return made


def _same(one: object, other: object) -> bool:
    """Whether both come from the same definition: a cell of a notebook may be run again."""
    return one == other or _definition(one) == _definition(other) is not None


def _definition(entry: object) -> tuple[str, str] | None:
    while hasattr(entry, "function"):  # an entry may wrap what was registered more than once
        entry = entry.function
    name = getattr(entry, "__qualname__", None)
    return None if name is None else (entry.__module__, name)
