"""Figures as cells: words are characters, lines dots, surfaces blocks, in colours that show."""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from fftui.studies.figures.cell_colours import APART, recolour, shown
from fftui.studies.figures.cells import LEAST_COLUMNS, Canvas, CellFigure, cell_figure
from fftui.studies.figures.style import Drawing, style

DARK = Canvas(80, 20, "#d5d9dc", "#14181b")
LIGHT = Canvas(80, 20, "#1d2326", "#fafaf7")


def drawn(canvas: Canvas, title: str = "mnist") -> CellFigure:
    with style():
        figure = Figure(figsize=(3.35, 2.1), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([1, 2, 3], [97.0, 50.0, 10.0], color="black", label="paper/ff")
        axes.barh([30.0], [2.0], 30.0, color="#D55E00", antialiased=True)
        axes.set(title=title, ylabel="test accuracy, %", xlabel="training images")
        axes.legend()
        return cell_figure(Drawing("accuracy", figure), canvas)


def lines(figure: CellFigure) -> list[str]:
    return ["".join(run.text for run in row) for row in figure.rows]


@pytest.mark.parametrize("canvas", [DARK, LIGHT], ids=["dark", "light"])
def test_words_are_characters_and_the_rest_is_drawn(canvas: Canvas) -> None:
    figure = drawn(canvas)
    text = "\n".join(lines(figure))
    for word in ("mnist", "↑ test accuracy, %", "training images", "paper/ff", "80"):
        assert word in text
    assert figure.problem == ""
    assert "▀" in text
    assert any(0x2800 < ord(letter) <= 0x28FF for letter in text)
    assert {len(line) for line in lines(figure)} == {canvas.columns}
    assert len(figure.rows) >= canvas.rows


@pytest.mark.parametrize("canvas", [DARK, LIGHT], ids=["dark", "light"])
def test_every_colour_of_a_word_or_line_shows_on_the_ground(canvas: Canvas) -> None:
    for row in drawn(canvas).rows:
        for run in row:
            if run.ink and not run.ground:
                difference = abs(sum(to_rgb(run.ink)) - sum(to_rgb(canvas.ground))) / 3
                assert difference > APART / 2, run


def test_ascii_is_ascii_but_for_the_words() -> None:
    canvas = Canvas(80, 20, "#d5d9dc", "#14181b", ascii_only=True)
    text = "\n".join(lines(drawn(canvas)))
    assert text.isascii(), {letter for letter in text if not letter.isascii()}
    assert "#" in text


def test_labels_without_room_are_counted() -> None:
    figure = drawn(Canvas(44, 12, "#d5d9dc", "#14181b"), title="a title of many words " * 5)
    assert "not fit at this size" in figure.problem


def test_too_few_columns_are_refused_with_their_number() -> None:
    figure = drawn(Canvas(LEAST_COLUMNS - 1, 20, "#d5d9dc", "#14181b"))
    assert figure.rows == ()
    assert str(LEAST_COLUMNS) in figure.problem


def test_black_becomes_the_ink_and_a_colour_keeps_its_hue() -> None:
    assert shown("black", DARK.ink, DARK.ground) == DARK.ink
    assert shown("black", LIGHT.ink, LIGHT.ground) == "#000000"
    red, green, blue = to_rgb(shown("#0072B2", DARK.ink, DARK.ground))
    assert blue > green > red


def test_the_papers_white_becomes_the_ground() -> None:
    figure = Figure()
    bar = figure.add_subplot().barh([1], [1], color="white", edgecolor="black")[0]
    recolour(bar, DARK.ink, DARK.ground)
    assert bar.get_facecolor()[:3] == pytest.approx(to_rgb(DARK.ground))
    assert bar.get_edgecolor()[:3] == pytest.approx(to_rgb(DARK.ink))
