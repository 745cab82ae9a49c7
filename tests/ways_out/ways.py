"""The ways out: what is done to a program on a terminal so that it ends, or goes on without it."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from ..pseudo_terminal import Child, until
from .states import STATES, State

SCREENS = frozenset(name for name, state in STATES.items() if state.has_screen)
RUNS = frozenset(name for name, state in STATES.items() if state.has_run)
ENDLESS = frozenset(STATES) - {"headless, at its end"}
# of a typed text, the escape of the form is a key of its own
BACK_FROM_FORM = "\x1b"
GIVEN_BACK = b"\x1b[?1049l"


@dataclass(frozen=True)
class Way:
    """What is done, in which states; `run_goes_on` is what becomes of a run that learns: it goes on
    by itself, as opposed to ending with a checkpoint.
    """

    leave: Callable[[Child, Path, State], object]
    states: frozenset[str]
    run_goes_on: bool = False
    terminal_stays: bool = True
    fails: bool = False  # the run does, or the screen where there is none


def _answered(answer: str) -> Callable[[Child, Path, State], None]:
    """Quit, and answer the question that comes where there is a run."""

    def leave(child: Child, _: Path, state: State) -> None:
        child.press("\x11")  # ctrl+q works in text fields too
        if state.has_run:
            child.read_until(b"Quit?")
            child.press(answer)

    return leave


def _q(child: Child, _: Path, state: State) -> None:
    if state is STATES["form"]:
        child.press(BACK_FROM_FORM)
        time.sleep(0.3)  # an escape that is followed at once begins a sequence
    child.press("q")
    if state.has_run:
        child.read_until(b"Quit?")
        child.press("s")


def _ctrl_c(child: Child, _: Path, state: State) -> None:
    child.press("\x03")
    if state.has_run and state.has_screen:
        child.read_until(b"Quit?")
        child.press("s")


def _signalled(number: signal.Signals) -> Callable[[Child, Path, State], None]:
    return lambda child, _, __: child.send(number)


def _hung_up(child: Child, _: Path, __: State) -> None:
    child.hang_up()


def _is_asked(child: Child) -> bool:
    child.read_some(0.01)
    return b"Quit?" in child.seen


def _broken(what: str, child: Child, folder: Path, state: State) -> None:
    (folder / f"break-the-{what}").touch()
    if what == "run":
        if state.paused:
            child.press("p")
        if state.has_screen:
            child.read_until(b"the run broke")
            child.press("q")
            until(lambda: _is_asked(child) or GIVEN_BACK in child.seen, "for the end")
            if GIVEN_BACK not in child.seen:  # the run's thread still writes the tables
                child.press("s")


def _is_stopped(child: Child) -> bool:
    child.read_some(0.01)  # it gives the terminal back first, which somebody has to read
    return psutil.Process(child.pid).status() == psutil.STATUS_STOPPED


def _suspended(child: Child, _: Path, __: State) -> None:
    child.press("\x1a")
    until(lambda: _is_stopped(child), "to be stopped")
    while child.read_some(0.1) and not child.seen.endswith(b"\x1b[?1004l"):
        pass
    child.send(signal.SIGKILL)


def _suspended_and_hung_up(child: Child, _: Path, __: State) -> None:
    child.press("\x1a")
    until(lambda: _is_stopped(child), "to be stopped")
    child.hang_up()
    child.send(signal.SIGCONT)  # as the kernel does where the shell is gone too


def _resized(child: Child, _: Path, __: State) -> None:
    for number in range(40):
        child.resize(60 + 7 * number % 140, 16 + 5 * number % 40)
        child.read_some(0.005)
    child.send(signal.SIGTERM)
    for number in range(20):
        child.resize(60 + 7 * number % 140, 16 + 5 * number % 40)
        child.read_some(0.005)


def _ends(child: Child, _: Path, __: State) -> None:
    """Do nothing: the run ends by itself."""


WAYS = {
    "q": Way(_q, SCREENS),
    "ctrl+c": Way(_ctrl_c, ENDLESS),
    "quit and keep": Way(_answered("k"), SCREENS & RUNS, run_goes_on=True),
    "detach": Way(_answered("d"), SCREENS & RUNS),
    "SIGTERM": Way(_signalled(signal.SIGTERM), ENDLESS),
    "SIGHUP": Way(_signalled(signal.SIGHUP), ENDLESS, run_goes_on=True),
    "SIGINT": Way(_signalled(signal.SIGINT), ENDLESS),
    "SIGUSR1": Way(_signalled(signal.SIGUSR1), ENDLESS),
    "SIGUSR2": Way(_signalled(signal.SIGUSR2), ENDLESS),
    "SIGXCPU": Way(_signalled(signal.SIGXCPU), ENDLESS),
    "closed terminal": Way(_hung_up, ENDLESS, run_goes_on=True, terminal_stays=False),
    "exception in the screen": Way(
        partial(_broken, "screen"), SCREENS, run_goes_on=True, fails=True
    ),
    "crash of the run": Way(partial(_broken, "run"), RUNS & ENDLESS, fails=True),
    "suspended and killed": Way(_suspended, SCREENS),
    "suspended, terminal closed": Way(
        _suspended_and_hung_up, SCREENS, run_goes_on=True, terminal_stays=False
    ),
    "resized and terminated": Way(_resized, ENDLESS),
    "end of the run": Way(_ends, frozenset({"headless, at its end"})),
}


def cases() -> list[tuple[str, str]]:
    """Every state with every way that leads out of it."""
    return [(state, name) for name, way in WAYS.items() for state in STATES if state in way.states]


def kill_all_of(child: Child) -> None:
    """End what is left of the session of `child`."""
    for process in session_of(child):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def session_of(child: Child) -> list[psutil.Process]:
    """The other processes of the session of `child` that still run."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if process.pid != child.pid and os.getsid(process.pid) == child.pid:
                found.append(process)
    return found
