"""`Page`: what an HTML file says, as sections, and the file made of it.

All text may come from anybody: the template escapes it, and control characters are replaced.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

import fftui
from fftui.comparison.shown_comparison import TextTable
from fftui.inert import inert

# nothing may be asked for; the icon that browsers look for stands in the page, and is empty
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'"
)
MOST_NUMBER_CHARACTERS = 24  # a longer text is no number, whatever it begins with


@dataclass(frozen=True)
class Figure:
    """An inline SVG and what it shows, for those who do not see it."""

    title: str
    svg: Markup


@dataclass(frozen=True)
class CodeBlock:
    """Text to copy as it stands: commands or a file, folded away under its title if `folded`."""

    title: str
    text: str
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a page: its anchor, title, paragraphs, tables, figures, blocks, and parts of its
    own. A `folded` part shows its title alone until it is opened.
    """

    id: str
    title: str
    texts: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[TextTable, ...] = ()
    blocks: tuple[CodeBlock, ...] = ()
    parts: tuple["Section", ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class LinkTable:
    """A table whose rows lead to other pages and can be sorted: `links` has an address for each
    row, `sort_keys` what each cell is sorted by (a number, or its text).
    """

    table: TextTable
    links: tuple[str, ...]
    sort_keys: tuple[tuple[float | str, ...], ...]


@dataclass(frozen=True)
class Page:
    """An HTML file: its title, what is said below it, and its sections; `index` leads to other
    pages, `home` back to the page that leads to this one.
    """

    title: str
    lead: str
    sections: tuple[Section, ...] = ()
    index: LinkTable | None = None
    home: str = ""
    made_with: str = field(default=f"fftui {fftui.__version__}")


def html_of(page: Page) -> bytes:
    """The HTML file of a page."""
    script = _text("sort.js") if page.index else ""
    policy = POLICY
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    template = _environment().from_string(_text("page.html"))
    content = template.render(
        page=page, policy=policy, style=Markup(_text("page.css")), script=Markup(script)
    )
    return content.encode()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=BaseLoader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    made.filters["is_number"] = _is_number
    return made


@cache
def _text(name: str) -> str:
    return files("fftui.report").joinpath(name).read_text(encoding="utf-8")


def _inert(value: object) -> object:
    """What is written into the page: text from outside without control characters."""
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _is_number(cells: Sequence[str]) -> bool:
    """Whether the cells of a column are numbers, with or without a unit, or missing."""
    shown = [cell for cell in cells if cell and cell not in ("–", "n/a")]
    return bool(shown) and all(
        len(cell) <= MOST_NUMBER_CHARACTERS and cell.lstrip("+-−")[:1].isdigit() for cell in shown
    )
