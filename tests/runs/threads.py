"""Threads that run an experiment, as tests begin them and wait for them."""

import time
from collections.abc import Callable
from typing import Any

from fftui.runs.folder import RunFolder
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace

PATIENCE_S = 30.0


def workspace_of(folder: RunFolder) -> Workspace:
    return Workspace(folder.path.parent, device="cpu")


def executed(folder: RunFolder, **options: Any) -> RunThread:
    """A thread whose run is over."""
    thread = RunThread(folder, workspace_of(folder), **options)
    thread.run()
    return thread


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)
