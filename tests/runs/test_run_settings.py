"""The settings of a run, read fast."""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from fftui.presets import list_presets, load_preset
from fftui.runs.run_settings import parse_settings, read_settings, setting_name


def by_path(text: str) -> dict[str, tuple[object, ...]]:
    settings = parse_settings(text)
    return {
        f"{table}.{rest}" if table else rest: values[rest]
        for table, values in settings.tables
        for rest in values
    }


@pytest.mark.parametrize("preset", [preset.name for preset in list_presets()])
def test_all_values_are_those_of_the_file(preset: str) -> None:
    values = load_preset(preset).model_dump(mode="json", exclude_none=True)

    def flat(value: object, path: str) -> dict[str, object]:
        if isinstance(value, dict):
            inside = [flat(each, f"{path}.{key}" if path else key) for key, each in value.items()]
        elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            inside = [flat(each, f"{path}.{at}") for at, each in enumerate(value)]
        else:
            return {path: tuple(value) if isinstance(value, list) else (value,)}
        return {path: each for part in inside for path, each in part.items()}

    assert by_path(tomli_w.dumps(values)) == flat(values, "")


@pytest.mark.parametrize(
    "text",
    [
        'a = """\n[b]\n"""\n',
        "a = [\n1,\n[2],\n]\n",
        '["quoted key"]\na = 1\n',
        "[[a]]\nb = 1\n[[a.c]]\nd = 1\n[[a.c]]\nd = 2\n[[a]]\nb = 2\n[[a.c]]\nd = 3\n",
        "a = {b = 1, c = [1, 2]}\n",
        "a = 1 # one\n\n# two\n[b] # three\nc = '#'\n",
    ],
)
def test_files_of_another_shape_are_read_too(text: str) -> None:
    found = by_path(text)
    assert found
    whole = tomllib.loads(text)
    for path, values in found.items():
        node: object = whole
        for part in path.split("."):
            node = node[int(part)] if isinstance(node, list) else node[part]  # type: ignore[index]
        assert values == (tuple(node) if isinstance(node, list) else (node,))


def test_what_cannot_be_read_has_no_settings(tmp_path: Path) -> None:
    assert not read_settings(tmp_path / "absent").tables
    for content in (b"\xff", b"a = ", b"[a]\nb = 1\n[a]\nb = 2\n"):
        (tmp_path / "file").write_bytes(content)
        assert not read_settings(tmp_path / "file").tables or content.startswith(b"[a]")


def test_names_have_no_index() -> None:
    assert setting_name("phases.0.loss_options.2") == "phases.N.loss_options.N"
