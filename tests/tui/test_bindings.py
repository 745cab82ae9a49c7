"""No screen takes a key away from what it builds on: one key does one thing."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.screen import Screen

from fftui.tui import screens


def screen_classes() -> list[type[Screen]]:
    modules = [
        importlib.import_module(f"{screens.__name__}.{each.name}")
        for each in pkgutil.iter_modules(screens.__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Screen) and value is not Screen
    }
    return sorted(found, key=lambda cls: cls.__qualname__)


def keys_of(cls: type) -> Iterator[tuple[str, str]]:
    """The keys that a class of ours binds itself, and their actions."""
    if cls.__module__.startswith("fftui"):
        for binding in Binding.make_bindings(vars(cls).get("BINDINGS", ())):
            yield binding.key, binding.action


TAKE_TURNS = {"p": {"pause", "go_on"}}  # of which one is there at a time, with its name


@pytest.mark.parametrize("screen", screen_classes(), ids=lambda cls: cls.__name__)
def test_a_key_has_one_meaning(screen: type[Screen]) -> None:
    meanings: dict[str, set[str]] = {}
    for cls in screen.__mro__:
        for key, action in keys_of(cls):
            meanings.setdefault(key, set()).add(action)
    several = {key: actions for key, actions in meanings.items() if len(actions) > 1}
    assert {key: each for key, each in several.items() if each != TAKE_TURNS.get(key)} == {}
