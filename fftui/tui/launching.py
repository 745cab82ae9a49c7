"""`LaunchingApp`, the part of the app that starts runs: one at a time in this process, while others
wait in its queue or learn in the background; and the notices of their ends.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from textual import on
from textual.app import App
from textual.message import Message
from textual.screen import Screen

from fftui.errors import FFTUIError, in_one_line
from fftui.events import Status
from fftui.runs.expectation import memory_free_bytes
from fftui.runs.folder import RunFolder
from fftui.runs.run_queue import RunQueue
from fftui.text.format import size
from fftui.text.notices import Notice, end_of, run_command, terminal_notice
from fftui.tui.backend import Backend
from fftui.tui.glyphs import glyphs
from fftui.tui.messages import HandOver, ResumeRun, RunEnded, StartRun, StartStudy, StartSweep
from fftui.tui.quit_question import Doing
from fftui.tui.run_sources import LiveSource, RunControl, Source
from fftui.tui.screens.confirm import ConfirmDialog
from fftui.tui.widgets.over_screen import LearningSign

if TYPE_CHECKING:
    from fftui.tui.screens.queue_screen import ThisProcess
    from fftui.tui.study_backend import StudyBackend, StudyRun
    from fftui.tui.sweep_backend import SweepBackend, SweepRun

LOOK_EVERY_S = 1.0
Ending = Literal["quit", "keep", "stop", "hand over", "hung up", "broken", "terminated"]
PROBLEMS = (FFTUIError, OSError, RuntimeError, ImportError)  # of starting a run


@dataclass
class Queued(Message):
    """The run waits, at `place` of the queue (from 1)."""

    run: str
    place: int


@dataclass
class Launched(Message):
    """The run learns in the background."""

    run: str


@dataclass
class Failure(Message):
    """What a thread could not do, in one line."""

    text: str


class LaunchingApp(App[Ending]):
    """Starts runs and studies, keeps those that wait, and gives notice of their ends."""

    def __init__(self, backend: Backend, source: Source | None, **options: Any) -> None:
        """`source` is a run that is shown first; `options` are Textual's."""
        super().__init__(**options)
        self.backend = backend
        self.queue = RunQueue()
        self.source = source if isinstance(source, LiveSource) else None
        # the study of this process, unless a run was started later
        self.study_run: StudyRun | None = None
        self.sweep_run: SweepRun | None = None  # or the sweep, likewise
        self.many: set[str] = set()  # the names of the studies and sweeps of this process
        self.ended: tuple[Notice, ...] = ()  # the runs and studies of this process
        self._noticed: LiveSource | None = None  # the last of them
        self._threads: list[threading.Thread] = []

    def on_mount(self) -> None:
        """Look regularly whether the run of this process has ended."""
        self.set_interval(LOOK_EVERY_S, self.look_after_runs)

    def studies(self) -> "StudyBackend":
        """The backend of the studies."""
        raise NotImplementedError  # an app's metaclass is Textual's, so this cannot be an ABC

    def sweeps(self) -> "SweepBackend":
        """The backend of the sweeps."""
        raise NotImplementedError  # as above

    def show_run(self, source: Source) -> None:
        """Show the live screen of a run."""
        raise NotImplementedError  # as above

    # What runs

    @property
    def control(self) -> RunControl | None:
        """The control of the run or study of this process; None unless its thread is alive."""
        control = self.source.control if self.source is not None else None
        return control if control is not None and control.is_alive() else None

    @property
    def busy(self) -> bool:
        """Whether a run or study of this process is being prepared or is running."""
        preparing = (
            self.source is not None and self.source.control is None and self.source.problem is None
        )
        return preparing or self.control is not None

    @property
    def doing(self) -> Doing:
        """What the run of this process does, in a word."""
        return "paused" if self.control is not None and self.control.paused else "learning"

    def this_process(self) -> "ThisProcess":
        """What the queue screen shows beside the queue."""
        from fftui.tui.screens.queue_screen import ThisProcess  # noqa: PLC0415 - as OpeningApp

        return ThisProcess(self.source, self.busy, self.ended, frozenset(self.many))

    @property
    def of_one_run(self) -> bool:
        """Whether this process carries out, or did last, a run and no study or sweep."""
        return self.study_run is None and self.sweep_run is None

    @property
    def own_status(self) -> Status | None:
        """The status of this process's run, study or sweep; None where there is none."""
        many = self.study_run or self.sweep_run
        if many is not None:
            return many.status
        return self.source.view.status if self.source is not None else None

    @property
    def can_hand_over(self) -> bool:
        """Whether what runs, or waits, can go on in the background: no study or sweep can."""
        return self.of_one_run or not self.busy

    def in_thread(self, name: str, work: Callable[[], None]) -> None:
        """Do `work` in a background thread, for whose end the process waits."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join_threads(self) -> None:
        """Wait for the background threads: one of them may be starting a run."""
        for thread in self._threads:
            thread.join()

    # Starting

    @on(StartRun)
    async def _start_run(self, message: StartRun) -> None:
        experiment, preset = message.experiment, message.preset
        if not self.busy:
            start = partial(self.backend.start, experiment, preset)
            self._launch(LiveSource(experiment.name, asked=(experiment, preset)), start)
        else:
            needs = self.backend.expectation(experiment).memory_bytes
            folder = partial(self.backend.waiting, experiment, preset)
            await self._ask_when(experiment.name, folder, needs)

    @on(ResumeRun)
    async def _resume_run(self, message: ResumeRun) -> None:
        if not self.busy:
            self._launch(LiveSource(message.run), partial(self.backend.resume, message.run))
        else:
            await self._ask_when(message.run, partial(self.backend.resumable, message.run))

    @on(HandOver)
    def _hand_over(self, message: HandOver) -> None:
        own = self.source is not None and self.source.run == message.run
        if own and self.of_one_run:
            self.exit("hand over")

    @on(StartStudy)
    def _start_study(self, message: StartStudy) -> None:
        if self.busy:
            text = "a run is learning already: stop it first (ctrl+p, Live run shows it)"
            self.notify(text, severity="error")
        else:
            self.sweep_run = None
            self.study_run = self.studies().start(message.study)
            self._carry_out(f"study {message.study.name}", self.study_run)

    @on(StartSweep)
    def _start_sweep(self, message: StartSweep) -> None:
        if self.busy:
            text = "a run is learning already: stop it first (ctrl+p, Live run shows it)"
            self.notify(text, severity="error")
            return
        try:
            run = self.sweeps().start(message.name, message.total)
        except PROBLEMS as error:
            self.notify(in_one_line(error), severity="error")
            return
        self.study_run, self.sweep_run = None, run
        self._carry_out(f"sweep {message.name}", run)

    def _carry_out(self, name: str, run: RunControl) -> None:
        """Let a study or sweep be what this process carries out."""
        self.many.add(name)
        self.source = LiveSource(name, run)

    def _launch(self, source: LiveSource, start: Callable[[], tuple[str, RunControl]]) -> None:
        """Start a run in this process, in a thread, and show it."""
        self.study_run = self.sweep_run = None
        self.source = source
        self.in_thread("fftui-start", partial(_attach, source, start))
        self.show_run(source)

    # Waiting

    async def _ask_when(
        self, name: str, folder: Callable[[], RunFolder], needs: float | None = None
    ) -> None:
        """Ask whether a run is to wait, or to begin in the background if the machine has room;
        `needs` are the bytes of memory that it is likely to take, where that is known.
        """
        place, free = len(self.queue.waiting) + 1, memory_free_bytes()
        room = [f"~{size(needs)}"] if needs is not None else []
        room += [f"{size(free)} free"] if free is not None else []
        memory = " of ".join(room)
        beside = ("b", f"now, beside it ({', '.join(filter(None, (_cores(), memory)))})")
        question = f"A run is {self.doing} already. When is {name} to begin?"
        has_room = needs is None or free is None or needs <= free
        if not has_room:
            question += f" Beside it there is too little memory: it takes {memory}."
        dialog = ConfirmDialog(
            question,
            (
                ("w", f"after it: it waits, as number {place} (Q shows the queue)"),
                *([beside] if has_room else []),
                ("escape", "not at all"),
            ),
        )
        await self.push_screen(dialog, partial(self._when_answered, folder))

    def _when_answered(self, folder: Callable[[], RunFolder], answer: str | None) -> None:
        work = {"w": self._wait_in_queue, "b": self._start_beside}.get(answer or "")
        if work is not None:
            self.in_thread("fftui-queue", partial(self._guarded, partial(work, folder)))
        if answer == "b":
            self.notify("it begins in the background")

    def _guarded(self, work: Callable[[], Message]) -> None:
        """Do `work` in its thread, and post what comes of it."""
        try:
            self.post_message(work())
        except Exception as error:  # noqa: BLE001 - a thread's end is not seen
            self.post_message(Failure(in_one_line(error)))

    def _wait_in_queue(self, folder: Callable[[], RunFolder]) -> Message:
        waiting = folder()
        return Queued(waiting.id, self.queue.add(waiting))

    def _start_beside(self, folder: Callable[[], RunFolder]) -> Message:
        beside = folder()
        self.backend.start_beside(beside)
        return Launched(beside.id)

    @on(Queued)
    def _run_queued(self, message: Queued) -> None:
        self.notify(f"number {message.place} of the queue (Q): {message.run}")

    @on(Launched)
    def _run_launched(self, message: Launched) -> None:
        self.notify(f"{message.run} learns in the background: r lists it")

    @on(Failure)
    def _failed(self, message: Failure) -> None:
        self.notify(message.text, severity="error", timeout=20)

    def begin_next(self) -> bool:
        """Begin the run whose turn it is, and wait until it is prepared; False where none waits."""
        if (begin := self._next()) is None:
            return False
        begin()
        return True

    def _next(self) -> Callable[[], None] | None:
        """What prepares the next run, which is the run of this process from here on."""
        try:
            folder = self.queue.take()
        except FFTUIError as error:
            self.post_message(Failure(str(error)))
            return None
        if folder is None:
            return None
        self.study_run = self.sweep_run = None
        source = self.source = LiveSource(folder.id)
        return partial(_attach, source, partial(self.backend.begin, folder))

    # Ends

    def look_after_runs(self) -> None:
        """Give notice of the end of this process's run, begin the next, and say how many wait."""
        ended = self.new_end()
        if ended is not None:
            self._give_notice(ended)
        if not self.busy and (begin := self._next()) is not None:
            self.in_thread("fftui-start", begin)
            assert self.source is not None
            self.notify(f"{self.source.run} begins (Q shows the queue)")
        waiting = len(self.queue.waiting)
        self.sub_title = f"{waiting} wait{'s' if waiting == 1 else ''} (Q)" if waiting else ""
        for screen in self.screen_stack[-1:]:
            for sign in screen.query(LearningSign):
                sign.show(self._learning_text(screen))

    def _learning_text(self, screen: Screen[Any]) -> str:
        """What this process carries out, for a screen that shows something else; empty where
        `screen` shows just that, or nothing learns.
        """
        source = self.source
        if source is None or not self.busy:
            return ""
        states = glyphs(self.has_class("-ascii")).states
        if self.study_run is not None:
            shown = getattr(screen, "study", None) == self.study_run.study
        elif self.sweep_run is not None:
            shown = getattr(screen, "sweep", None) == self.sweep_run.folder.name
        else:
            shown = getattr(getattr(screen, "source", None), "run", None) == source.run
        if shown:
            return ""
        if not self.of_one_run:
            return f"{states['learning']} {source.run}"
        view = source.view
        share = f" {view.fraction:.0%}" if view.started is not None else ""
        return f"{states[view.status]} {view.doing}{share}"

    def new_end(self) -> Notice | None:
        """The end of this process's run or study, the first time that it is asked for."""
        source = self.source
        if source is None or source is self._noticed or self.busy:
            return None
        self._noticed = source
        notice = end_of(source.run, source.view)
        if not self.of_one_run and (status := self.own_status) is not None:
            notice = Notice(source.run, status)
        elif source.problem is not None:
            notice = Notice(source.run, "failed")
        self.ended = (*self.ended, notice)
        return notice

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        notice = end_of(message.run, message.view)
        own = self.source is not None and self.source.run == message.run
        # a run that was looked at while it waited is this process's own since it began
        if not own and notice not in self.ended:
            self._give_notice(notice)

    def _give_notice(self, notice: Notice) -> None:
        if self._driver is not None:
            self._driver.write(terminal_notice(notice))
        from fftui.tui.screens.live_screen import LiveScreen  # noqa: PLC0415 - as OpeningApp

        seen = isinstance(self.screen, LiveScreen) and self.screen.source.run == notice.name
        if not seen:
            bad = notice.status != "finished"
            self.notify(notice.text, severity="warning" if bad else "information", timeout=20)
        # the process does not wait for the end of the command
        threading.Thread(target=self._run_command, args=(notice,), daemon=True).start()

    def _run_command(self, notice: Notice) -> None:
        if problem := run_command(notice):
            self.post_message(Failure(problem))


def _attach(source: LiveSource, start: Callable[[], tuple[str, RunControl]]) -> None:
    """Start a run and attach it to its source, or keep there why it cannot be started."""
    try:
        source.attach(*start())
    except Exception as error:  # noqa: BLE001 - else it is being prepared for ever
        source.problem = in_one_line(error)


def _cores() -> str:
    cores = os.cpu_count() or 1
    return f"{cores} core{'s' if cores != 1 else ''}"
