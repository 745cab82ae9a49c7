"""What is written as Sixel is read back as the same picture."""

import random
import re

import pytest

from fftui.tui.graphics.mosaic import Raster
from fftui.tui.graphics.sixel import encode

TOKEN = re.compile(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])")
HEAD = re.compile(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\')


def decode(text: str) -> tuple[int, int, dict[tuple[int, int], int], dict[int, tuple[int, ...]]]:
    """Width, height, the register of each pixel, and the registers in per cent."""
    head = HEAD.fullmatch(text)
    assert head is not None
    body, at, x, top, colour = head[3], 0, 0, 0, -1
    pixels: dict[tuple[int, int], int] = {}
    registers: dict[int, tuple[int, ...]] = {}
    while at < len(body):
        token = TOKEN.match(body, at)
        assert token is not None, body[at : at + 20]
        at = token.end()
        register, red, green, blue, count, run, sign, move = token.groups()
        if register is not None:
            colour = int(register)
            if red is not None:
                registers[colour] = (int(red), int(green), int(blue))
        elif move is not None:
            x, top = 0, top + 6 * (move == "-")
        else:
            bits, end = ord(run or sign) - 63, x + int(count or 1)
            for place in ((column, top + row) for column in range(x, end) for row in range(6)):
                if bits >> (place[1] - top) & 1:
                    assert place not in pixels
                    pixels[place] = colour
            x = end
    return int(head[1]), int(head[2]), pixels, registers


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 6), (40, 13), (3, 12)])
def test_the_same_picture_comes_back(width: int, height: int) -> None:
    draw = random.Random(width)
    colours = tuple((draw.randrange(256), n, 255 - n) for n in range(255))
    numbers = [0, 1, 2, 200, 255]
    pixels = bytes(draw.choice(numbers) for _ in range(width * height))
    wide, high, found, registers = decode(encode(Raster(width, height, pixels, colours)))
    assert (wide, high) == (width, height)
    expected = {(at % width, at // width): number - 1 for at, number in enumerate(pixels) if number}
    assert found == expected
    for register in set(expected.values()):
        red, green, blue = colours[register]
        assert registers[register] == tuple(round(v * 100 / 255) for v in (red, green, blue))


def test_equal_columns_take_few_bytes() -> None:
    assert len(encode(Raster(900, 6, bytes([1]) * 5400, ((9, 9, 9),)))) < 50
    assert len(encode(Raster(900, 6, bytes(5400), ()))) < 50
