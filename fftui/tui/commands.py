"""The command palette's entries besides Textual's own: screens, presets and runs."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen
from textual.types import IgnoreReturnCallbackType


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
            yield DiscoveryHit(command.name, command.act, help=command.help)

    async def search(self, query: str) -> Hits:
        """The entries, runs included, whose names match `query`."""
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.name)) > 0:
                yield Hit(score, matcher.highlight(command.name), command.act, help=command.help)

    def _commands(self) -> Iterator[Command]:
        if isinstance(self.app, OffersCommands):
            yield from self.app.commands(self.screen)
