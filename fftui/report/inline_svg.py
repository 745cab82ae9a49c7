"""Matplotlib's SVG as part of a page: names of its own, the page's colours, light or dark, and
nothing that changes no pixel: a report has one of each of its runs.
"""

import re
from xml.etree import ElementTree

from markupsafe import Markup

from fftui.inert import inert

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
POINTS_A_PIXEL = 72 / 96
# what figures are drawn in (`fftui.studies.figures.style`), and the page's variable for it
COLOURS = {
    "#000000": "currentColor",
    "#ffffff": "var(--paper)",
    "#e0e0e0": "var(--grid)",
    "#f0f0f0": "var(--band)",
    "#666666": "var(--grey)",
    "#595959": "var(--dark)",
    "#d1d1d1": "var(--pale)",
    "#d55e00": "var(--orange)",
    "#0072b2": "var(--blue)",
    "#e69f00": "var(--amber)",
    "#56b4e9": "var(--sky)",
    "#009e73": "var(--green)",
    "#cc79a7": "var(--rose)",
}
_COLOUR = re.compile("|".join(COLOURS))
_REFERENCE = re.compile(r"url\(#")
_REFERRED_TO = re.compile(r'(?:url\(|href=")#([^)"]+)')
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")  # which Matplotlib gives to text that lies
_BESIDE_COMMANDS = re.compile(r"\s*([MLHVCSQTAZ])\s*", re.IGNORECASE)  # of a path
_DECIMALS = re.compile(r"\d+\.\d{3,}")
_OF_NUMBERS = frozenset(("d", "x", "y", "width", "height", "transform", "points", "viewBox"))


def inline_svg(svg: bytes, prefix: str, title: str) -> Markup:
    """An SVG file of Matplotlib's as an element of a page in which `prefix` is given once: its ids
    begin with it. `title` is read to those who do not see it.
    """
    root = ElementTree.fromstring(svg)
    unused = _unused_ids(svg, root)
    for parent in root.iter():
        for child in [each for each in parent if each.tag == f"{SVG}metadata"]:
            parent.remove(child)
        # its style is of all elements of the page; the page has it for figures alone
        for child in [each for each in parent if each.tag == f"{SVG}style"]:
            parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.attrib = dict(
            _attribute(name, value, prefix)
            for name, value in _styled(element.attrib).items()
            if not (_NO_TURN.fullmatch(value) or (name == "id" and value in unused))
        )
        element.text, element.tail = (
            (text or "").strip("\n ") and inert(text or "") for text in (element.text, element.tail)
        )
    _unwrap_groups(root)
    _size(root)
    root.attrib |= {"role": "img", "aria-label": inert(title)}
    # of Matplotlib's own file, whose text ElementTree escapes
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _unused_ids(svg: bytes, root: ElementTree.Element) -> set[str]:
    """The ids of elements that no other refers to: those of most."""
    used = set(_REFERRED_TO.findall(svg.decode()))
    return {each.attrib["id"] for each in root.iter() if "id" in each.attrib} - used


def _unwrap_groups(parent: ElementTree.Element) -> None:
    """Put what is in groups that say nothing in their place."""
    children = []
    for child in parent:
        _unwrap_groups(child)
        bare = child.tag == "g" and not child.attrib
        children += list(child) if bare else [child]
    parent[:] = children


def _styled(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes with a colour as part of the style: only there may it be the page's."""
    colour = attributes.get("fill", "")
    if not colour.startswith("#"):
        return attributes
    style = "; ".join(filter(None, (attributes.get("style", ""), f"fill: {colour}")))
    return {name: value for name, value in attributes.items() if name != "fill"} | {"style": style}


def _attribute(name: str, value: str, prefix: str) -> tuple[str, str]:
    if name == "id":
        return name, f"{prefix}-{value}"
    if name in (LINK, "href"):
        return "href", f"#{prefix}-{value.removeprefix('#')}"
    if name in _OF_NUMBERS:
        value = _DECIMALS.sub(lambda found: f"{float(found[0]):.2f}", value)
        return name, _BESIDE_COMMANDS.sub(r"\1", value).strip() if name == "d" else value
    value = _REFERENCE.sub(f"url(#{prefix}-", value)
    if name == "style":
        value = _COLOUR.sub(lambda found: COLOURS[found[0]], value).replace("; ", ";")
    return name, value


def _size(root: ElementTree.Element) -> None:
    """The size in pixels; the page makes it smaller where it has no room."""
    for name in ("width", "height"):
        points = float(root.attrib[name].removesuffix("pt"))
        root.attrib[name] = f"{points / POINTS_A_PIXEL:.0f}"
