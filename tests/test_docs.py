"""The pages that are made from the code say what the code says."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from fftui.experiment.values import leaves
from fftui.presets import list_presets, load_preset

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_on_tables_is_what_the_schemas_say(generate: ModuleType) -> None:
    assert (DOCS / "tables.md").read_text(encoding="utf-8") == generate.tables_page(), (
        "run python docs/generate.py"
    )


def test_the_page_on_commands_is_what_their_help_says(generate: ModuleType) -> None:
    assert (DOCS / "commands.md").read_text(encoding="utf-8") == generate.commands_page(), (
        "run python docs/generate.py"
    )


def test_the_page_on_settings_is_what_the_fields_say(generate: ModuleType) -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == generate.settings_page(), (
        "run python docs/generate.py"
    )


def test_the_page_on_settings_has_every_setting_of_every_preset(generate: ModuleType) -> None:
    page = generate.settings_page()
    for preset in list_presets():
        for path, _ in leaves(load_preset(preset.name).model_dump(mode="json")):
            assert f"`{re.sub(r'[.][0-9]+', '.N', path)}`" in page, path


def test_every_command_and_option_has_help(generate: ModuleType) -> None:
    found = dict.fromkeys(path for path, _, _ in generate.commands())
    for each in (
        "run",
        "resume",
        "presets",
        "presets remove",
        "presets show",
        "data list",
        "data get",
        "runs",
        "show",
        "export",
        "doctor",
    ):
        assert f"fftui {each}" in found
    for path, command, _ in generate.commands():
        assert command.help, path
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{path} {parameter.name}"
