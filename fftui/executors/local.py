"""Runs in processes of this machine, each with its own share of the cores."""

import os
import sys
import threading

from fftui.executors.executor import RunWorker
from fftui.runs.folder import RunFolder
from fftui.runs.provenance import cores
from fftui.runs.run_process import RunProcess
from fftui.runs.run_thread import RunThread, StartTraining, start_training
from fftui.runs.workspace import Workspace


class LocalExecutor:
    """`slots` runs at once, each in a process pinned to its share of the cores; a single one in a
    thread of this process, with all of them. Any thread may ask it for a worker.
    """

    def __init__(self, slots: int = 1, start_training: StartTraining = start_training) -> None:
        self.slots = slots
        self.one_machine = True
        self._start_training = start_training
        self._shares = core_shares(slots)
        self._taken: list[tuple[RunProcess, frozenset[int] | None]] = []
        self._lock = threading.Lock()

    def worker(
        self, folder: RunFolder, workspace: Workspace, *, resume: bool, own_process: bool = False
    ) -> RunWorker:
        """A thread, or a process with the share of the cores that the fewest of its runs have."""
        start = self._start_training
        if self.slots == 1 and own_process:
            return RunProcess(folder, workspace, resume=resume, start_training=start)
        if self.slots == 1:
            return RunThread(folder, workspace, resume=resume, start_training=start)
        with self._lock:
            self._taken = [each for each in self._taken if each[0].is_alive()]
            pinned = min(self._shares, key=self._runs_on)
            process = RunProcess(
                folder,
                workspace,
                resume=resume,
                threads=max(1, cores() // self.slots),
                pinned=pinned,
                start_training=start,
            )
            self._taken.append((process, pinned))
        return process

    def _runs_on(self, share: frozenset[int] | None) -> int:
        return sum(taken == share for _, taken in self._taken)


def core_shares(slots: int) -> tuple[frozenset[int] | None, ...]:
    """The cores that each of `slots` runs is pinned to; None where there are fewer cores than
    runs, or processes cannot be pinned.
    """
    own = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    each = len(own) // slots
    if each == 0:
        return (None,) * slots
    return tuple(frozenset(own[n * each : (n + 1) * each]) for n in range(slots))
