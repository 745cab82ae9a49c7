"""Reads a page as a browser does, and says what is wrong with it."""

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br"}
ADDRESSES = {"href", "src", "action", "data", "srcset", "poster", "xlink:href"}
OWN = ("#", "data:,", "runs/", "../index.html")


class PageReader(HTMLParser):
    """A page's text, ids, addresses and problems."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.scripts = 0
        self.policy = ""
        self.problems: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes another element")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def _attributes(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.scripts += tag == "script"
        if tag == "meta" and attributes.get("http-equiv"):
            self.policy = attributes["content"] or ""
        for name, value in attributes.items():
            if name == "id":
                self.ids[value or ""] += 1
            if name in ADDRESSES:
                self.addresses.append(value or "")
            if name.startswith("on") or (name == "style" and "url(" in (value or "")):
                inside = (value or "").replace("url(#", "")
                if name.startswith("on") or "url(" in inside:
                    self.problems.append(f"{name}={value!r} in <{tag}>")


def read_page(content: bytes) -> PageReader:
    """The page; its problems are raised as AssertionError."""
    reader = PageReader()
    reader.feed(content.decode())
    reader.close()
    assert not reader.open, reader.open
    assert not reader.problems, reader.problems
    assert not [each for each, count in reader.ids.items() if count > 1]
    outside = [each for each in reader.addresses if not each.startswith(OWN)]
    assert not outside, outside
    anchors = {each[1:] for each in reader.addresses if each.startswith("#")}
    assert anchors <= set(reader.ids), anchors - set(reader.ids)
    assert "default-src 'none'" in reader.policy
    return reader
