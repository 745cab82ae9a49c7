"""The command palette's entries besides Textual's own: screens, presets and runs."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import Screen
from textual.style import Style
from textual.types import IgnoreReturnCallbackType

from fftui.tui.glass import literal

HELP_STYLE = Style(dim=True, bold=False)


class Command(NamedTuple):
    """A palette entry: its name, its help text, the callback that runs it, and whether it is
    listed without a search.
    """

    name: str
    help: str
    act: IgnoreReturnCallbackType
    listed: bool = True  # before anything is typed


@runtime_checkable
class OffersCommands(Protocol):
    """The app whose entries the palette shows."""

    def commands(self, screen: Screen[Any]) -> Iterator[Command]:
        """The entries on `screen`."""
        ...


class FFTUICommands(Provider):
    """Set up a preset, open runs and studies, switch the theme."""

    async def discover(self) -> Hits:
        """All entries except the runs, which are too many to list without a search."""
        for command in filter(lambda each: each.listed, self._commands()):
            yield DiscoveryHit(_entry(literal(command.name), command), command.act, command.name)

    async def search(self, query: str) -> Hits:
        """The entries, runs included, whose names match `query`."""
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.name)) > 0:
                name = _highlighted(command.name, matcher)
                yield Hit(score, _entry(name, command), command.act, command.name)

    def _commands(self) -> Iterator[Command]:
        if isinstance(self.app, OffersCommands):
            yield from self.app.commands(self.screen)


def _entry(name: Content, command: Command) -> Content:
    """`name` over the help text: the palette would read a help text of its own as markup."""
    return Content.assemble(name, "\n", (command.help, HELP_STYLE))


def _highlighted(name: str, matcher: Matcher) -> Content:
    """`name` with the letters that match; the matcher's own way reads it as markup."""
    shown = literal(name)
    for at in matcher.fuzzy_search.match(matcher.query, name)[1]:
        if not name[at].isspace():
            shown = shown.stylize(matcher.match_style, at, at + 1)
    return shown
