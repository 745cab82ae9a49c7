"""Torch's threads wait awake for each other while the cores are theirs alone, and sleep soon while
other processes want them.

libgomp, torch's OpenMP on Linux, lets a thread that waits turn 300,000 times before it sleeps, but
1,000 times while its process has more OpenMP threads than cores, which it looks up at every wait.
So a team of threads that sleep makes a process give its cores away, and the team's end takes that
back, in the midst of a run: no environment variable can. What is computed is the same bit by bit.
"""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from fftui.waiting import is_set_for_libgomp

EVERY_S = 0.5
# cores' worth of time in which threads of this process were ready and had none: alone 0.03 to 0.1,
# beside a process that wants both of two cores 0.7 to 1
SHARED, ALONE = 0.4, 0.2
TASKS = Path("/proc/self/task")
# as libgomp counts them: once, as torch is loaded, before a process is kept to some of them
CORES = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 0


@contextmanager
def giving_way() -> Iterator[None]:
    """Meanwhile threads give way to other processes that want their cores; does nothing where the
    user has said how threads wait, where one thread computes, or without Linux and libgomp.
    """
    library = _libgomp() if torch.get_num_threads() > 1 and not is_set_for_libgomp() else None
    if library is None or waited_s() is None:
        yield
        return
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(library, over), name="shared-cores", daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


class SleepingTeam:
    """OpenMP threads that do nothing, as many as make this process have more than cores."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._over = threading.Event()
        self._ready = threading.Event()
        self._owner = threading.Thread(target=self._hold, name="sleeping-team", daemon=True)
        self._owner.start()
        self._ready.wait()

    def end(self) -> None:
        """Let the threads end."""
        self._over.set()
        self._owner.join()

    def _hold(self) -> None:
        threads = max(2, CORES - torch.get_num_threads() + 2)
        # each thread of the team frees nothing, then sleeps until the team's owner ends
        nothing = ctypes.cast(ctypes.CDLL(None).free, ctypes.c_void_p)
        self._library.GOMP_parallel(nothing, None, ctypes.c_uint(threads), ctypes.c_uint(0))
        self._ready.set()
        self._over.wait()


def is_shared(waited: float, before: bool) -> bool:
    """Whether others want the cores, where `waited` cores' worth of time was waited for one, and
    they did or did not want them `before`.
    """
    return waited > (ALONE if before else SHARED)


def waited_s() -> float | None:
    """Seconds that this process's threads were ready to run and had no core; None where the kernel
    does not count them.
    """
    total, counted = 0, False
    for task in TASKS.glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # a thread that has ended meanwhile
            total += int(task.read_text().split()[1])
            counted = True
    return total / 1e9 if counted else None


def _watch(library: ctypes.CDLL, over: threading.Event) -> None:
    team: SleepingTeam | None = None
    at, before = time.monotonic(), waited_s() or 0.0
    while not over.wait(EVERY_S):
        now, waited = time.monotonic(), waited_s() or 0.0
        shared = is_shared((waited - before) / (now - at), team is not None)
        at, before = now, waited
        if shared and team is None:
            try:
                team = SleepingTeam(library)
            except RuntimeError:  # no thread is to be had: they wait as torch has it
                return
        elif team is not None and not shared:
            team.end()
            team = None
    if team is not None:
        team.end()


def _libgomp() -> ctypes.CDLL | None:
    """The one that torch has loaded."""
    if sys.platform != "linux":
        return None
    with suppress(OSError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            if "libgomp" in line:
                library = ctypes.CDLL(line.split(maxsplit=5)[-1])
                return library if hasattr(library, "GOMP_parallel") else None
    return None
