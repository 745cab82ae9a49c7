"""One trial: a program is brought into a state and leaves it by a way; what is left is checked."""

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from fftui.errors import FFTUIError, RequestError
from fftui.runs.control_file import request_and_wait
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.status import current_record

from ..pseudo_terminal import Child, start_on_terminal, until
from .program import PROGRAM
from .states import STATES, State
from .ways import WAYS, Way, kill_all_of, session_of

TRACEBACK = b"Traceback (most recent call last)"
AT_ONCE_S = 1.0  # in which the terminal should be given back
LEFT_S = 15.0  # for a terminal to be given back on a busy machine


@dataclass(frozen=True)
class Trial:
    """What came of one: what is wrong, the seconds until the terminal was given back (None: it was
    closed), the exit code.
    """

    state: str
    way: str
    faults: tuple[str, ...]
    given_back_s: float | None
    ended_s: float
    code: int | None


def attempt(state_name: str, way_name: str, folder: Path) -> Trial:
    """Try a way out in a folder that holds nothing, or finished runs in `runs`."""
    state, way = STATES[state_name], WAYS[way_name]
    runs = folder / "runs"
    known = {run.id for run in run_folders(runs)} if runs.exists() else set()
    child = start_on_terminal(PROGRAM, [str(runs), state.kind], folder)
    try:
        state.reach(child, folder)
        own = [run for run in run_folders(runs) if run.id not in known] if state.has_run else []
        began = time.monotonic()
        way.leave(child, folder, state)
        given_back_s = _given_back(child, state, way, began)
        faults = [*_faults_of_going_on(child, own, state, way)]
        code = child.wait()
        ended_s = time.monotonic() - began
        faults += _faults_at_end(child, own, state, way, code)
    finally:
        kill_all_of(child)
        child.close()
        _end_detached(runs)
    return Trial(state_name, way_name, tuple(faults), given_back_s, ended_s, code)


def _given_back(child: Child, state: State, way: Way, began: float) -> float | None:
    """Wait until the screen has left the terminal; the seconds since `began`."""
    if not (way.terminal_stays and state.has_screen):
        return None
    while b"\x1b[?1049l" not in child.seen and time.monotonic() - began < LEFT_S:
        if not child.read_some(0.01) or child.process.returncode is not None:
            break
    return time.monotonic() - began


def _faults_of_going_on(
    child: Child, own: Sequence[RunFolder], state: State, way: Way
) -> list[str]:
    """Whether a run goes on that should, which is then stopped."""
    if not (own and way.run_goes_on) or (state.paused and way is not WAYS["quit and keep"]):
        return []  # a paused run with nobody there to continue it ends by itself
    try:
        request_and_wait(own[0], "stop")
    except (RequestError, FFTUIError) as error:
        return [f"the run does not go on: {error}"]
    return []


def _faults_at_end(
    child: Child, own: Sequence[RunFolder], state: State, way: Way, code: int
) -> list[str]:
    faults = [f"on the terminal: {left}" for left in _terminal_faults(child, way)]
    if TRACEBACK in child.seen or b"no running event loop" in child.seen:
        faults.append(f"a traceback: {child.seen[-3000:].decode(errors='replace')}")
    if code not in _codes(state, way):
        faults.append(f"exit code {code}; {child.seen[-300:]!r}")
    if left := [process.name() for process in session_of(child)]:
        faults.append(f"processes left: {left}")
    for run in own:
        faults += _run_faults(run, way)
    return faults


def _terminal_faults(child: Child, way: Way) -> list[str]:
    return child.terminal_changes() if way.terminal_stays else []


def _codes(state: State, way: Way) -> set[int]:
    """The exit codes that are right."""
    if way is WAYS["suspended and killed"]:
        return {-signal.SIGKILL}
    if way is WAYS["crash of the run"] or (way.fails and not state.has_run):
        return {1}
    if not state.has_run:
        return {0, 130}
    return {0} if way in (WAYS["detach"], WAYS["end of the run"]) else {130}


def _run_faults(run: RunFolder, way: Way) -> list[str]:
    """What is wrong with a run that was in progress."""
    wanted = {WAYS["crash of the run"]: "failed", WAYS["end of the run"]: "finished"}
    status = current_record(run).status
    if way is WAYS["detach"]:
        return [] if status == "running" else [f"the run is {status}, not in the background"]
    faults = [] if status == wanted.get(way, "interrupted") else [f"the run is {status}"]
    killed = way is WAYS["suspended and killed"]
    if not (run.checkpoint.is_file() or killed or way is WAYS["crash of the run"]):
        faults.append("the run has no checkpoint")
    return faults


def _end_detached(runs: Path) -> None:
    """Kill the processes of runs that belong to no terminal."""
    for run in run_folders(runs) if runs.exists() else ():
        record = current_record(run)
        if record.status in ("running", "paused") and record.pid:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(record.pid).kill()
                until(lambda pid=record.pid: not psutil.pid_exists(pid), "for the run's end")
