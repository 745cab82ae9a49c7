"""What the panes of the look into a layer draw, in the cells that they have."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fftui.network_report import FilterPictures, Picture
from fftui.tui.glyphs import glyphs
from fftui.tui.graphics.mosaic import MOST_ROWS
from fftui.tui.look.confusion_pane import confusion_pane
from fftui.tui.look.filters_pane import filters_pane
from fftui.tui.look.inputs_pane import inputs_pane
from fftui.tui.look.labels_pane import Candidates, labels_pane
from fftui.tui.look.pixels import cells, fitted_size, picture_rows, resized
from fftui.tui.look.room import Drawn, Room
from fftui.tui.look.split_pane import split_pane
from fftui.tui.look.units_pane import units_pane
from fftui.tui.widgets.row_widget import Paint

from .reports import grey, report, sample, split

SIZES = ((58, 12), (78, 20), (98, 14), (20, 5))


def room(width: int = 78, height: int = 20, *, ascii_only: bool = False, **changes: object) -> Room:
    made = Room(width, height, glyphs(ascii_only), ascii_only=ascii_only)
    return replace(made, **changes)  # type: ignore[arg-type]


def text_of(drawn: Drawn) -> list[str]:
    return ["".join(text for text, _ in row.spans) for row in drawn.rows]


def panes() -> Iterator[tuple[str, Callable[[Room], Drawn]]]:
    made = report()
    many = report(classes=120, images=130)
    of = Candidates(made.scores[4], made.labels[4], 1)
    yield "inputs", partial(inputs_pane, sample(), made)
    yield "labels", partial(labels_pane, of, made)
    yield "many labels", partial(labels_pane, Candidates(many.scores[0], 0, 3), many)
    yield "goodness", partial(split_pane, split(not_finite=2), [0.5, 0.25])
    yield "confusion", partial(confusion_pane, made.confusion, made)
    yield "many classes", partial(confusion_pane, many.confusion, many)
    yield "units", partial(units_pane, made.layers[0], made)
    yield "weights", partial(filters_pane, made.filters)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("name", "draw"), list(panes()), ids=[name for name, _ in panes()])
@pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])
def test_a_pane_draws_inside_its_cells(
    name: str, draw: Callable[[Room], Drawn], size: tuple[int, int], ascii_only: bool
) -> None:
    drawn = draw(room(*size, ascii_only=ascii_only))
    if size != SIZES[-1]:  # what is smaller than any terminal may be cut
        assert max(cell_len(row) for row in text_of(drawn)) <= size[0]
    assert len(drawn.rows) <= max(size[1], 8)
    for _, paint in (span for row in drawn.rows for span in row.spans):
        assert not (ascii_only and isinstance(paint, Paint))


def test_every_pixel_is_half_a_cell() -> None:
    picture = Picture(2, 3, 1, bytes([0, 255, 255, 0, 128, 128]))
    rows = cells(picture, room())
    assert rows == [
        (
            ("▀", Paint("#000000", "#ffffff")),
            ("▀", Paint("#ffffff", "#000000")),
        ),
        (("▀▀", Paint("#838383", "#838383")),),
    ]
    colour = cells(Picture(1, 2, 3, bytes([255, 0, 0, 0, 0, 255])), room())
    assert colour == [(("▀", Paint("#ff0000", "#0000ff")),)]
    on_light = cells(grey(1, 2, 255), room(light=True))
    assert on_light == [(("▀", Paint("#e0e0e0", "#e0e0e0")),)]  # not the ground's


def test_shades_of_ink_are_turned_round_on_a_light_ground() -> None:
    picture = Picture(2, 2, 1, bytes([255, 0, 255, 0]))
    assert cells(picture, room(shades=True))[0][0][0] == "█ "
    assert cells(picture, room(shades=True, light=True))[0][0][0] == " █"
    assert cells(picture, room(ascii_only=True))[0][0][0] == "@ "


def test_a_picture_is_enlarged_by_whole_numbers_and_shrunk_in_proportion() -> None:
    assert fitted_size(grey(28, 28), 60, 30) == (56, 56)
    assert fitted_size(grey(28, 28), 28, 14) == (28, 28)
    assert fitted_size(grey(28, 28), 14, 14) == (14, 14)
    assert fitted_size(grey(10, 1), 24, 10) == (20, 2)
    assert len(picture_rows(grey(28, 28), 24, 20, room())) == 12


def test_a_smaller_picture_has_the_means_of_what_it_covers() -> None:
    picture = Picture(4, 2, 1, bytes([0, 100, 10, 10, 200, 100, 30, 30]))
    assert resized(picture, 2, 1).pixels == bytes([100, 20])
    assert resized(picture, 8, 4).at(2, 3) == (100,)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 50), st.integers(1, 50))
def test_a_picture_of_one_value_keeps_it_at_any_size(
    width: int, height: int, wide: int, high: int
) -> None:
    assert set(resized(grey(width, height, 77), wide, high).pixels) == {77}
    assert len(resized(grey(width, height), wide, high).pixels) == wide * high


def test_the_true_the_highest_and_the_negatives_label_are_named() -> None:
    made = report()
    said, *shown = text_of(labels_pane(Candidates((1.0, 3.0, 2.0, 1.5), 0, 2), made, room()))
    assert shown[0].endswith("true")
    assert shown[1].endswith("highest")
    assert shown[2].endswith("negative")
    assert said == "true class 0[/b]; prediction wrong, class 1[/b]; bars begin at 1.000"
    assert shown[0].count("█") == 0
    assert shown[1].count("█") > shown[2].count("█") > shown[3].count("█") > 0


def test_scores_that_are_no_numbers_have_no_bar() -> None:
    scores = (math.nan, 3.0, math.inf, 1.0)
    _, *shown = text_of(labels_pane(Candidates(scores, 1, None), report(), room()))
    assert [row.count("█") > 0 for row in shown] == [False, True, False, False]
    assert shown[0].endswith("highest")


def test_of_many_labels_the_highest_are_shown() -> None:
    scores = tuple(float(n) for n in range(120))
    said, *shown = text_of(labels_pane(Candidates(scores, 3, None), report(classes=120), room()))
    assert shown[0].startswith("119 ")
    assert said.startswith("highest first; true ")


def test_the_threshold_is_marked_where_it_is() -> None:
    theta = glyphs(False).threshold
    drawn = split_pane(split(low=0.0, high=4.0, threshold=1.0), [], room(81))
    shown = text_of(drawn)
    marks = {row.index("┊") for row in shown if "┊" in row}
    assert marks == {20}
    ticks = next(row for row in shown if row.startswith("0"))
    assert theta in ticks
    beyond = next(
        row for row in text_of(split_pane(split(threshold=30.0), [], room())) if theta in row
    )
    assert beyond.endswith(f"→ {theta} 30.0")
    below = next(
        row for row in text_of(split_pane(split(threshold=-9.0), [], room())) if theta in row
    )
    assert below.startswith(f"{theta} -9.00 <")


def test_histograms_say_their_overlap() -> None:
    shown = " ".join(text_of(split_pane(split(), [0.5, 0.25], room(200, 30))))
    assert "12.5 % of the negatives lie over the median positive (3.200)" in shown
    assert "over theta (2.00): 75.0 % of the positives, 6.2 % of the negatives" in shown
    assert "at the checkpoints before: 50.0, 25.0 %" in shown


def test_a_histogram_shows_a_single_value() -> None:
    lone = [0] * 59 + [1]
    positive = (*[1000] * 30, *[0] * 29, 1)
    shown = text_of(split_pane(split(positive=positive, negative=tuple(lone)), [], room()))
    heights = shown[1 : shown.index(next(row for row in shown if row.startswith("negative")))]
    assert heights[-1].rstrip()[-1] == "▁"


def test_the_matrix_scrolls_as_far_as_it_goes() -> None:
    many = report(classes=120, images=130)
    drawn = confusion_pane(many.confusion, many, room())
    assert drawn.tops > 100
    end = confusion_pane(many.confusion, many, room(top=10_000, left=10_000))
    shown = text_of(end)
    assert shown[0].split()[-3] == "119"
    assert any(row.startswith("119 ") for row in shown)
    small = confusion_pane(report().confusion, report(), room())
    assert (small.tops, small.lefts) == (1, 1)
    assert text_of(small)[1].split()[-1] == "100"


def test_weights_scroll_and_their_absence_is_explained() -> None:
    numbers = tuple(range(100))
    filters = FilterPictures(numbers, (grey(28, 28),) * 100, 2000, "units")
    first, last = filters_pane(filters, room()), filters_pane(filters, room(top=10_000))
    assert "1 to 8 of the 100 most active" in " ".join(text_of(first))
    assert f"to {len(numbers)} of" in " ".join(text_of(last))
    none = filters_pane(FilterPictures(problem="they are no pictures"), room())
    assert text_of(none) == ["they are no pictures"]


@pytest.mark.parametrize("cell", [(8, 17), (10, 20), (20, 40)])
def test_many_more_weights_fit_in_pixels(cell: tuple[int, int]) -> None:
    numbers = tuple(range(100))
    filters = FilterPictures(numbers, (grey(28, 28),) * 100, 2000, "units")
    drawn = filters_pane(filters, room(74, 12, cell=cell))
    (placed,) = drawn.pictures
    in_cells = filters_pane(filters, room(74, 12))
    assert in_cells.pictures == ()
    assert len(placed.mosaic.pictures) >= 4 * sum(
        text.strip().isdigit() for row in text_of(in_cells) for text in row.split()
    )
    shown = text_of(drawn)
    assert len(shown) <= 12
    assert max(map(len, shown)) <= 74
    captions = " ".join(row for row in shown if row.replace(" ", "").isdigit()).split()
    assert captions == [str(n) for n in range(len(placed.mosaic.pictures))]
    for row in range(placed.mosaic.height):
        assert (shown[placed.top + row] == "") == placed.mosaic.has_pictures(row)
    last = filters_pane(filters, room(74, 12, cell=cell, top=10_000))
    assert f"to {len(numbers)} of" in " ".join(text_of(last))
    assert last.tops == drawn.tops > 1


@pytest.mark.parametrize(("width", "height", "count"), [(3, 3, 32), (32, 32, 5), (96, 64, 9)])
@pytest.mark.parametrize("size", [(12, 6), (30, 9), (74, 12), (150, 100)])
def test_weights_of_any_size_stay_in_the_pane(
    width: int, height: int, count: int, size: tuple[int, int]
) -> None:
    filters = FilterPictures(tuple(range(count)), (grey(width, height),) * count, count, "units")
    drawn = filters_pane(filters, room(*size, cell=(10, 20)))
    for placed in drawn.pictures:
        assert placed.mosaic.width <= size[0]
        assert placed.top + placed.mosaic.height <= size[1]
        assert placed.mosaic.height <= MOST_ROWS
    if size == (74, 12):
        assert len(drawn.pictures[0].mosaic.pictures) >= min(6, count)


def test_inputs_in_pixels_are_as_large_as_fits() -> None:
    drawn = inputs_pane(sample(), report(), room(60, 12, cell=(10, 20)))
    images, labels = (placed.mosaic for placed in drawn.pictures)
    assert [each is None for each in images.pictures] == [False, False, False]
    assert [each is None for each in labels.pictures] == [True, False, False]
    assert images.scale == 22  # 18 columns of 10 pixels for 8; 9 rows of 20
    assert labels.rows == 1
    shown = text_of(drawn)
    assert shown[0].startswith("image: class 0[/b]")
    assert shown[-1] == "how it goes in"
    assert len(shown) == 1 + images.rows + labels.rows + 1 <= 12
    assert inputs_pane(sample(), report(), room(60, 2, cell=(10, 20))).pictures == ()
