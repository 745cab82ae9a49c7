"""`OpeningApp`, the part of the app that opens screens: on a message of another screen, by a key or
from the palette.
"""

from typing import TYPE_CHECKING, Any, cast

from rich.console import RenderableType
from textual import on
from textual.screen import ModalScreen, Screen

from fftui.text.pictures_wanted import first_wanted
from fftui.tui.backend import Backend
from fftui.tui.launching import LaunchingApp
from fftui.tui.messages import (
    EditAgain,
    EditRun,
    LookInto,
    OpenClaims,
    OpenRun,
    OpenStudy,
    OpenSweep,
    ShowFigures,
    ShowSettings,
)
from fftui.tui.run_sources import Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.screens.presets_screen import PresetsScreen
from fftui.tui.system.this_machine import Machine, this_machine

if TYPE_CHECKING:
    from fftui.studies.study import Study
    from fftui.text.pictures_wanted import Wanted
    from fftui.tui.claims_backend import ClaimsBackend
    from fftui.tui.figure_backend import FigureBackend
    from fftui.tui.graphics.picture_terminal import Link, PictureTerminal
    from fftui.tui.study_backend import StudyBackend
    from fftui.tui.sweep_backend import SweepBackend


class OpeningApp(LaunchingApp):
    """Opens screens over the first one. What a screen needs that the first one does not is imported
    when it is opened.
    """

    def __init__(
        self, backend: Backend, source: Source | None, machine: Machine | None, **options: Any
    ) -> None:
        """`source` is a run that is shown first; `options` are Textual's."""
        super().__init__(backend, source, **options)
        self.machine = machine or this_machine()
        self.presets_screen = PresetsScreen(backend)
        self._pictures: PictureTerminal | None = None  # once a screen has shown some

    def studies(self) -> "StudyBackend":
        """The backend of the study screens. Imports `fftui.studies`."""
        # the first screen should not wait for them
        from fftui.tui.study_backend import StudyBackend  # noqa: PLC0415

        return StudyBackend(self.backend.workspace)

    def sweeps(self) -> "SweepBackend":
        """The backend of the sweep screens."""
        from fftui.tui.sweep_backend import SweepBackend  # noqa: PLC0415

        return SweepBackend(self.backend.workspace)

    def claims(self) -> "ClaimsBackend":
        """The backend of the claims screen."""
        from fftui.tui.claims_backend import ClaimsBackend  # noqa: PLC0415

        return ClaimsBackend(self.backend.workspace)

    def figures(self) -> "FigureBackend":
        """The backend of the figures screen."""
        from fftui.tui.figure_backend import FigureBackend  # noqa: PLC0415

        return FigureBackend(self.backend.workspace)

    # Pictures of pixels

    def picture_terminal(self) -> "PictureTerminal":
        """The terminal as far as it draws pictures of pixels. Imports Pillow."""
        if self._pictures is None:
            from fftui.tui.graphics.picture_terminal import PictureTerminal  # noqa: PLC0415

            wanted = first_wanted(self.backend.preferences.preferences.pictures)
            self._pictures = PictureTerminal(wanted, self._picture_link, self._keep_pictures)
        return self._pictures

    def _picture_link(self) -> "Link | None":
        """The way to a terminal that can be asked what it draws."""
        return cast("Link", self._driver) if hasattr(self._driver, "ask") else None

    def _keep_pictures(self, wanted: "Wanted") -> None:
        self.backend.preferences.change(pictures=wanted)

    def leave_pictures(self) -> None:
        """Remove what pictures the terminal holds. Called by the driver."""
        if self._pictures is not None:
            self._pictures.leave()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send a screen what has changed, and let one with pictures know which cells that were."""
        super()._display(screen, renderable)
        if (written := getattr(screen, "cells_written", None)) is not None:
            written(renderable)

    # Runs

    @on(OpenRun)
    def _open_run(self, message: OpenRun) -> None:
        own = self.source if self.source is not None and self.source.run == message.run else None
        if own is not None and not self.of_one_run:
            self.action_live()
        elif message.run in self.many:
            self.notify(f"{message.run} has ended: its runs are in the list, r")
        else:
            self.show_run(own or self.backend.journal(message.run))

    @on(EditRun)
    def _edit_run(self, message: EditRun) -> None:
        self.presets_screen.edit_run(message.run)

    @on(EditAgain)
    def _edit_again(self, message: EditAgain) -> None:
        self.presets_screen.edit_again(message.experiment, message.preset)

    @on(OpenClaims)
    def _open_claims(self, message: OpenClaims) -> None:
        from fftui.tui.screens.claims_screen import ClaimsScreen  # noqa: PLC0415

        if not isinstance(self.screen, ClaimsScreen):
            self.push_screen(ClaimsScreen(self.claims(), message.scale))

    @on(OpenStudy)
    def _open_study(self, message: OpenStudy) -> None:
        self.show_study(message.study)

    def show_study(self, study: "Study") -> None:
        """Show `study`, which is started there."""
        from fftui.tui.screens.study_screen import StudyScreen  # noqa: PLC0415

        if not (isinstance(self.screen, StudyScreen) and self.screen.study == study):
            self.push_screen(
                StudyScreen(study, self.studies(), self.machine, lambda: self.study_run)
            )

    @on(OpenSweep)
    def _open_sweep(self, message: OpenSweep) -> None:
        self.show_sweep(message.name)

    def show_sweep(self, name: str) -> None:
        """Show the sweep called `name`."""
        from fftui.tui.screens.sweep_screen import SweepScreen  # noqa: PLC0415

        if not (isinstance(self.screen, SweepScreen) and self.screen.sweep == name):
            self.push_screen(SweepScreen(name, self.sweeps(), lambda: self.sweep_run))

    @on(ShowFigures)
    def _show_figures(self, message: ShowFigures) -> None:
        from fftui.tui.screens.figures_screen import FiguresScreen  # noqa: PLC0415

        self.push_screen(FiguresScreen(message.title, message.names, message.scale, self.figures()))

    @on(LookInto)
    def _look_into(self, message: LookInto) -> None:
        from fftui.tui.look_backend import LookBackend  # noqa: PLC0415
        from fftui.tui.screens.look_screen import LookScreen  # noqa: PLC0415

        backend = LookBackend(self.backend.workspace, message.run)
        self.push_screen(LookScreen(message.run, backend, message.layer, self.picture_terminal()))

    @on(ShowSettings)
    def _show_settings(self, message: ShowSettings) -> None:
        from fftui.tui.screens.settings_screen import SettingsScreen  # noqa: PLC0415

        self.push_screen(SettingsScreen(message.run, self.backend.asked))

    def show_run(self, source: Source) -> None:
        """Show the live screen of a run, over the screen to which Back leads from it."""
        from fftui.tui.screens.live_screen import LiveScreen  # noqa: PLC0415

        while not getattr(self.screen, "IS_ROOT_SCREEN", False):  # to which Back leads from a run
            if len(self.screen_stack) <= 2:  # Textual's own blank screen and the presets
                break
            self.pop_screen()
        self.push_screen(LiveScreen(source, self.machine))

    # Keys

    def action_runs(self) -> None:
        """Show all runs."""
        from fftui.tui.screens.runs_screen import RunsScreen  # noqa: PLC0415

        if not isinstance(self.screen, RunsScreen):
            self.push_screen(RunsScreen(self.backend))

    def action_studies(self) -> None:
        """Show all studies."""
        from fftui.tui.screens.studies_screen import StudiesScreen  # noqa: PLC0415

        if not isinstance(self.screen, StudiesScreen):
            self.push_screen(StudiesScreen(self.studies()))

    def action_sweeps(self) -> None:
        """Show all sweeps."""
        from fftui.tui.screens.sweeps_screen import SweepsScreen  # noqa: PLC0415

        if not isinstance(self.screen, SweepsScreen | ModalScreen):
            self.push_screen(SweepsScreen(self.sweeps()))

    def action_live(self) -> None:
        """Show the run of this process, the study or the sweep."""
        from fftui.tui.screens.live_screen import LiveScreen  # noqa: PLC0415

        if self.study_run is not None:
            self.show_study(self.study_run.study)
        elif self.sweep_run is not None:
            self.show_sweep(self.sweep_run.folder.name)
        elif self.source is None:
            self.notify("no run was started here: Enter sets one up")
        elif not (isinstance(self.screen, LiveScreen) and self.screen.source is self.source):
            self.push_screen(LiveScreen(self.source, self.machine))

    def action_queue(self) -> None:
        """Show the runs that wait."""
        from fftui.tui.screens.queue_screen import QueueScreen  # noqa: PLC0415

        if not isinstance(self.screen, QueueScreen | ConfirmDialog):
            self.push_screen(QueueScreen(self.queue, self.this_process, self.backend.expectation))
