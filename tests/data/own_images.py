"""Images of one's own, as tests bring them."""

from pathlib import Path

import pytest
from PIL import Image

from fftui.data.adding import add_set
from fftui.errors import DataError

GREY, COLOUR = "L", "RGB"


def picture(path: Path, value: int, mode: str = GREY, size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = value if mode == GREY else (value, 0, 255 - value)
    Image.new(mode, size, colour).save(path)


def class_folders(root: Path, per_class: int = 6, mode: str = GREY) -> Path:
    for number, name in enumerate(("cat", "dog", "owl")):
        for index in range(per_class):
            picture(root / name / f"{index}.png", 80 * number + index, mode)
    return root


def refused(message: str, name: str, source: Path, data: Path) -> None:
    with pytest.raises(DataError, match=message) as error:
        add_set(name, source, folder=data)
    assert "\n" not in str(error.value)
    assert not data.exists() or not list(data.iterdir())
