"""Plugins: installed distributions that add kinds of layers, rules or functions to fftui.

A distribution names its module in the entry point group `fftui.plugins`; importing that module
registers what it adds.
"""

import threading
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

GROUP = "fftui.plugins"


@dataclass(frozen=True)
class PluginFailure:
    """A plugin that could not be loaded: its entry point, its distribution, and the error."""

    name: str
    distribution: str
    error: str

    def __str__(self) -> str:
        return f"the plugin {self.name!r} of {self.distribution} cannot be loaded: {self.error}"


class _Loaded:
    """Whether this process has loaded its plugins, and which of them failed."""

    lock = threading.RLock()  # a plugin may ask for the kinds there are while it is loaded
    done = False
    failures: tuple[PluginFailure, ...] = ()


def load_plugins() -> None:
    """Load every plugin once per process; a plugin that fails is in `plugin_failures`."""
    with _Loaded.lock:
        if _Loaded.done:
            return
        _Loaded.done = True
        found = (_load(entry) for entry in entry_points(group=GROUP))
        _Loaded.failures = tuple(failure for failure in found if failure is not None)


def plugin_failures() -> tuple[PluginFailure, ...]:
    """The plugins that could not be loaded; empty before `load_plugins`."""
    with _Loaded.lock:
        return _Loaded.failures


def _load(entry: EntryPoint) -> PluginFailure | None:
    try:
        entry.load()
    except Exception as error:  # noqa: BLE001 - a plugin's code may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return PluginFailure(entry.name, entry.dist.name if entry.dist else entry.value, reason)
    return None
