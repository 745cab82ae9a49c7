"""A picture by Kitty's protocol: what is sent is the picture, and its cells name it."""

import random
import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image
from rich.cells import cell_len
from rich.color import Color, ColorSystem

from fftui.inert import in_cells
from fftui.tui.graphics import kitty
from fftui.tui.graphics.mosaic import MOST_ROWS, Raster

MESSAGE = re.compile(r"\x1b_G([^;]*);([A-Za-z0-9+/=]+)\x1b\\")


def test_the_picture_arrives_in_messages_of_4096_characters() -> None:
    pixels = bytes(random.Random(0).choices(range(4), k=200 * 100))
    colours = ((255, 0, 0), (0, 255, 0), (9, 9, 9))
    sent = kitty.transmission(Raster(200, 100, pixels, colours), 300, 20, 5)
    found = [MESSAGE.fullmatch(message) for message in sent]
    assert all(found)
    keys = [dict(pair.split("=") for pair in each[1].split(",")) for each in found if each]
    assert len(keys) > 1
    assert keys[0] | {"m": "1"} == {
        "a": "T", "U": "1", "f": "100", "q": "2", "i": "300", "c": "20", "r": "5", "m": "1",
    }  # fmt: skip
    assert [each["m"] for each in keys] == ["1"] * (len(keys) - 1) + ["0"]
    assert all(set(each) == {"q", "m"} for each in keys[1:])
    data = [each[2] for each in found if each]
    assert {len(each) for each in data[:-1]} == {kitty.CHUNK}
    image = Image.open(BytesIO(b64decode("".join(data)))).convert("RGBA")
    shown = {0: (0, 0, 0, 0), **{n + 1: (*rgb, 255) for n, rgb in enumerate(colours)}}
    assert image.size == (200, 100)
    got = [image.getpixel((at % 200, at // 200)) for at in range(0, len(pixels), 37)]
    assert [(0, 0, 0, 0) if each[3] == 0 else each for each in got] == [
        shown[number] for number in pixels[::37]
    ]


@pytest.mark.parametrize("index", range(kitty.NUMBERS))
def test_the_colour_of_its_cells_is_its_number_in_all_or_256_colours(index: int) -> None:
    ink = Color.parse(kitty.ink(index))
    assert ink.triplet is not None
    red, green, blue = ink.triplet
    assert kitty.number_of(index, truecolor=True) == red << 16 | green << 8 | blue
    sent = ink.downgrade(ColorSystem.EIGHT_BIT)
    assert kitty.number_of(index, truecolor=False) == sent.number


def test_numbers_differ() -> None:
    for truecolor in (True, False):
        numbers = {kitty.number_of(n, truecolor=truecolor) for n in range(kitty.NUMBERS)}
        assert len(numbers) == kitty.NUMBERS > 20


def test_a_row_of_placeholders_is_as_wide_as_its_cells_and_passes_the_glass() -> None:
    rows = [kitty.placeholders(row, 12) for row in range(MOST_ROWS)]
    assert len(set(rows)) == MOST_ROWS
    for text in rows:
        assert cell_len(text) == 12
        assert in_cells(text) == text


def test_a_picture_is_deleted_with_its_data() -> None:
    assert kitty.deletion(7) == "\x1b_Ga=d,d=I,q=2,i=7\x1b\\"
