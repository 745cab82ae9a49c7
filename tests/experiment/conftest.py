"""Registries that a test may add to, and plugins that it may have."""

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from fftui import plugins
from fftui.experiment import LAYERS, PHASES, choices


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test registers is gone after it."""
    for registry in (LAYERS, PHASES):
        monkeypatch.setattr(registry, "_classes", dict(registry._classes))
        monkeypatch.setattr(registry, "_adapter", None)
    monkeypatch.setattr(choices, "_added", dict(choices._added))


@pytest.fixture
def plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registries: None
) -> Iterator[Callable[[str], None]]:
    """Installs a plugin with the given source, not loaded yet."""
    count = 0

    def install(source: str) -> None:
        nonlocal count
        count += 1
        module = f"a_plugin_of_{tmp_path.name}_{count}"
        (tmp_path / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        entry = EntryPoint("mine", module, plugins.GROUP)
        monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
        monkeypatch.setattr(plugins._Loaded, "done", False)

    yield install
    plugins._Loaded.failures = ()
