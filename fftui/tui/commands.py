"""The command palette's entries: screens, keys, presets and runs."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

from textual.app import App
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import Screen
from textual.style import Style
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input

from fftui.tui.glass import literal

# actions of keys that Textual gives every screen
NOT_IN_HELP = ("app.focus", "screen.copy", "screen.minimize", "minimize")
NOT_OFFERED = (*NOT_IN_HELP, "app.command_palette", "command_palette")
HELP_STYLE = Style(dim=True, bold=False)


class SteadyPalette(CommandPalette):
    """The palette whose cursor does not blink: twice a second its row would be sent again."""

    def on_mount(self) -> None:
        """Keep the cursor as it is."""
        self.query_one(Input).cursor_blink = False


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


def key_commands(app: App[Any], screen: Screen[Any], others: Collection[str]) -> Iterator[Command]:
    """What the keys of `screen` do now, except those that move in a list and those whose names are
    among the `others`.
    """
    seen: set[str] = set(others)
    for node, binding, enabled, _ in screen.active_bindings.values():
        name = binding.description[:1].upper() + binding.description[1:]
        is_here = isinstance(node, App | Screen) and enabled
        if not is_here or not name or name in seen or binding.action.startswith(NOT_OFFERED):
            continue
        seen.add(name)
        tooltip = "" if binding.tooltip == binding.description else binding.tooltip
        about = f"{app.get_key_display(binding)}  {tooltip}".rstrip()
        yield Command(name, about, partial(app.run_action, binding.action, node))


class FFTUICommands(Provider):
    """All entries of the palette: those of several providers would stand in another order at each
    start, as Textual keeps providers in a set.
    """

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
