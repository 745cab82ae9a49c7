"""Matplotlib's SVG as part of a page."""

import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from fftui.report.inline_svg import COLOURS, inline_svg
from fftui.studies.figures.style import Drawing, line_style, render, style


def drawn(title: str) -> bytes:
    with style():
        figure = Figure(figsize=(3, 2))
        axes = figure.add_subplot(title=title)
        for number in range(7):
            axes.plot([0, 1], [number, 1], color=line_style(number).colour)
        axes.bar([0], [1], hatch="///", color="white", edgecolor="black")
        return render(Drawing("figure", figure), "svg")


def test_ids_are_its_own_and_every_reference_has_one() -> None:
    one, two = (
        ElementTree.fromstring(inline_svg(drawn("a"), name, "a figure")) for name in ("p", "q")
    )
    ids = [
        {each.attrib["id"] for each in root.iter() if "id" in each.attrib} for root in (one, two)
    ]
    assert ids[0]
    assert not ids[0] & ids[1]
    text = ElementTree.tostring(one, encoding="unicode")
    references = [each.attrib["href"][1:] for each in one.iter() if "href" in each.attrib]
    references += [part.partition(")")[0] for part in text.split("url(#")[1:]]
    assert len(references) > 5
    assert set(references) <= ids[0]


def test_nothing_in_it_changes_no_pixel() -> None:
    text = inline_svg(drawn("a"), "p", "a figure")
    ids = re.findall(r' id="([^"]+)"', text)
    assert ids == [each for each in ids if f"#{each}" in text]
    assert "rotate(-0 " not in text
    assert "<g>" not in text
    assert not re.search(r'd="[^"]* [A-Za-z]|d="[^"]*[A-Za-z] ', text)


def test_its_colours_are_the_pages() -> None:
    text = inline_svg(drawn("a"), "p", "a figure")
    assert not [each for each in COLOURS if each in text]
    assert "currentColor" in text
    assert "<style" not in text
    assert "<metadata" not in text


def test_text_in_it_is_no_markup() -> None:
    text = inline_svg(drawn('<script id="x">&'), "p", '"><script>')
    assert "<script" not in text
    assert '&lt;script id="x"&gt;&amp;' in text
