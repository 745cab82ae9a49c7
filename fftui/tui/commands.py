"""The command palette's entries besides Textual's own: screens, presets and runs."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from fftui.errors import ExperimentError
from fftui.tui.screens.live_screen import LiveScreen

if TYPE_CHECKING:
    from fftui.tui.app import FFTUIApp

RUNS_OFFERED = 200


class Command(NamedTuple):
    """A palette entry: its name, its help text, and the callback that runs it."""

    name: str
    help: str
    act: IgnoreReturnCallbackType


class FFTUICommands(Provider):
    """Set up a preset, open runs and studies, switch the theme."""

    async def discover(self) -> Hits:
        """All entries except the runs, which are too many to list without a search."""
        for command in self._commands(runs=False):
            yield DiscoveryHit(command.name, command.act, help=command.help)

    async def search(self, query: str) -> Hits:
        """The entries, runs included, whose names match `query`."""
        matcher = self.matcher(query)
        for command in self._commands(runs=True):
            if (score := matcher.match(command.name)) > 0:
                yield Hit(score, matcher.highlight(command.name), command.act, help=command.help)

    def _commands(self, *, runs: bool) -> Iterator[Command]:
        app = cast("FFTUIApp", self.app)
        yield Command("Runs", "All runs, to sort, filter and open", app.action_runs)
        yield Command(
            "Studies",
            "Many runs that answer one question: the paper's tables and more",
            app.action_studies,
        )
        if app.source is not None:
            yield Command("Live run", "The run or study of this process", app.action_live)
        if isinstance(self.screen, LiveScreen):
            yield Command(
                "System",
                "The machine's metrics over the whole run, by layer",
                self.screen.action_system,
            )
        yield Command(
            "Light or dark", "Switch between the light and the dark theme", app.action_light_or_dark
        )
        yield Command("Suspend", "Back to the shell; fg returns", app.action_suspend_process)
        try:
            presets = app.backend.presets()
        except ExperimentError:
            presets = []
        for preset in presets:
            yield Command(f"Set up {preset.name}", preset.description, partial(app.set_up, preset))
        for run in app.recent_runs[:RUNS_OFFERED] if runs else ():
            yield Command(
                f"Open run {run.id}",
                f"{run.name} on {run.data}, {run.status}",
                partial(app.open_run, run.id),
            )
