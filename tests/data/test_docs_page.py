"""The page docs/data.md says what is so, and its examples run."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fftui.cli.main import app
from fftui.data.catalogue import SETS

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
def test_every_published_set_is_on_the_page(name: str) -> None:
    record = SETS[name]
    images = f"{record.train_images:,} + {record.test_images:,}"
    assert f"| `{name}` | {images} | {record.classes} |" in PAGE


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FFTUI_DATA", str(tmp_path / "data"))
    for kind in ("cat", "dog"):
        for index in range(6):
            file = tmp_path / "pictures" / kind / f"{index}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), (index, 0, 0)).save(file)
    np.savez("digits.npz", images=np.zeros((20, 8, 8), np.uint8), labels=np.arange(20) % 10)
    (commands,) = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command in commands.splitlines():
        _, *arguments = shlex.split(command)
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, (command, result.output)


def test_the_record_is_taken() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    try:
        exec(code, {})
        assert SETS["my-mnist"].shape == (1, 28, 28)
    finally:
        SETS.pop("my-mnist", None)
