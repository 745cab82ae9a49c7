import os
import sys
from pathlib import Path
from typing import Any

import pytest

from fftui.executors import local
from fftui.executors.local import LocalExecutor, core_shares
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace


@pytest.mark.skipif(sys.platform != "linux", reason="pins processes")
def test_shares_of_cores_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 3, 5, 8})
    assert core_shares(2) == (frozenset({0, 2}), frozenset({3, 5}))
    assert core_shares(6) == (None,) * 6


def test_each_process_is_pinned_where_the_fewest_are(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned, alive = [], [True, True]

    class Process:
        def __init__(self, *_: Any, pinned: Any, threads: int, **__: Any) -> None:
            self.number = len(made)
            made.append((pinned, threads))

        def is_alive(self) -> bool:
            return alive[self.number] if self.number < 2 else True

    made: list[Any] = []
    monkeypatch.setattr(local, "RunProcess", Process)
    monkeypatch.setattr(local, "cores", lambda: 4)
    shares = (frozenset({0, 1}), frozenset({2, 3}))
    monkeypatch.setattr(local, "core_shares", lambda slots: shares)
    workspace = Workspace(tmp_path / "runs", device="cpu")
    folder = create(workspace, small.experiment())
    executor = LocalExecutor(2)
    for _ in range(2):
        executor.worker(folder, workspace, resume=False)
    alive[1] = False
    executor.worker(folder, workspace, resume=False)
    pinned = [each[0] for each in made]
    assert pinned == [*shares, shares[1]]
    assert {each[1] for each in made} == {2}
    assert isinstance(LocalExecutor().worker(folder, workspace, resume=False), RunThread)
