"""Pictures stand where they are to, in their own colours."""

import pytest

from fftui.network_report import Picture
from fftui.tui.graphics.mosaic import GREYS, Mosaic, Raster, fitted_scale, raster

CELL = (10, 20)
CORNERS = Picture(2, 2, 1, bytes([0, 255, 255, 0]))


def colour_at(picture: Raster, x: int, y: int) -> tuple[int, int, int] | None:
    number = picture.pixels[y * picture.width + x]
    return picture.colours[number - 1] if number else None


def test_pictures_are_sharp_and_what_is_between_them_is_empty() -> None:
    mosaic = Mosaic((CORNERS, None, CORNERS), 2, 3, 2, 8.0, gap=1, skip=1)
    assert (mosaic.width, mosaic.height) == (7, 5)
    assert [mosaic.has_pictures(row) for row in range(-1, 6)] == [
        False, True, True, False, True, True, False,
    ]  # fmt: skip
    made = raster(mosaic, CELL, 256)
    assert (made.width, made.height, len(made.pixels)) == (70, 100, 7000)
    black, white = (0, 0, 0), (255, 255, 255)
    assert [colour_at(made, x, 7) for x in (0, 7, 8, 15, 16, 40)] == [
        black, black, white, white, None, None,
    ]  # fmt: skip
    assert colour_at(made, 0, 15) == white
    assert colour_at(made, 0, 16) is None
    assert colour_at(made, 0, 60) == black  # the third: below the skipped row
    assert colour_at(made, 0, 59) is None


def test_a_picture_is_as_wide_as_high_on_cells_of_any_form() -> None:
    square = Picture(5, 5, 1, bytes(25))
    for cell in ((10, 20), (7, 15), (20, 40)):
        scale = fitted_scale(square, 12 * cell[0], 6 * cell[1])
        made = raster(Mosaic((square,), 1, 12, 6, scale), cell, 256)
        wide = sum(colour_at(made, x, 0) is not None for x in range(made.width))
        high = sum(colour_at(made, 0, y) is not None for y in range(made.height))
        assert wide == high == 5 * int(scale)


def test_larger_ones_are_shrunk_in_proportion() -> None:
    large = Picture(64, 32, 3, bytes(range(256)) * 24)
    assert fitted_scale(large, 16, 100) == 0.25
    made = raster(Mosaic((large,), 1, 2, 1, 0.25), CELL, 256)
    assert colour_at(made, 15, 7) is not None
    assert colour_at(made, 16, 7) is None
    assert colour_at(made, 15, 8) is None


@pytest.mark.parametrize(("channels", "most"), [(1, GREYS), (3, 16)])
def test_no_more_colours_than_there_are_registers(channels: int, most: int) -> None:
    noise = bytes((17 * n * n + n) % 256 for n in range(32 * 32 * channels))
    made = raster(Mosaic((Picture(32, 32, channels, noise),), 1, 4, 2, 1.0), CELL, 16)
    assert 2 < len(set(made.pixels) - {0}) <= most
    assert max(made.pixels) <= len(made.colours)


def test_a_part_is_cut_out() -> None:
    whole = Raster(4, 3, bytes(range(12)), ())
    assert whole.cut((1, 1), (2, 9)) == Raster(2, 2, bytes([5, 6, 9, 10]), ())
