"""The backend reads a checkpoint once, and again when there is a new one."""

import os
from pathlib import Path
from typing import Any

import pytest

from fftui import api
from fftui.errors import DataError, RequestError, RunFailedError
from fftui.runs.workspace import Workspace
from fftui.tui.look_backend import LookBackend


def test_a_checkpoint_is_read_when_it_is_new(tmp_path: Path, small: Any) -> None:
    run = api.run(small.experiment(), runs_dir=tmp_path)
    backend = LookBackend(Workspace(tmp_path), run.id)
    with pytest.raises(RunFailedError, match="not been read yet"):
        backend.sample(0, 1)
    few, report = backend.new_reports()
    assert (len(few.labels), few.probe) == (50, report.probe)
    assert few.labels == report.labels[:50]
    assert few.scores[7] == pytest.approx(report.scores[7])
    assert len(report.labels) == report.probe
    assert list(backend.new_reports()) == []
    label = report.labels[0]
    wrong = (label + 1) % 10
    assert [each.label for each in backend.sample(0, wrong).inputs] == [label, wrong]
    os.utime(run.folder.checkpoint, (1.7e9, 1.7e9))
    *_, again = backend.new_reports()
    assert again.written == 1.7e9
    assert again.scores == report.scores
    assert not backend.alive
    with pytest.raises(RequestError, match="is not running"):
        backend.request_checkpoint()


def test_a_checkpoint_that_cannot_be_read_is_tried_once(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = api.run(small.experiment(), runs_dir=tmp_path)
    backend = LookBackend(Workspace(tmp_path), run.id)
    tries: list[int] = []

    def missing(*_: object, **__: object) -> None:
        tries.append(1)
        raise DataError("no images")

    monkeypatch.setattr("fftui.runs.inspect_run.probe_images", missing)
    for _ in range(3):
        with pytest.raises(RequestError, match="no images"):
            list(backend.new_reports())
    assert len(tries) == 1


def test_a_run_without_a_checkpoint_says_so_each_time(
    small: Any, finished_run: Any, tmp_path: Path
) -> None:
    folder = finished_run(small.experiment())
    backend = LookBackend(Workspace(folder.path.parent), folder.id)
    for _ in range(2):
        with pytest.raises(RunFailedError, match="has no checkpoint yet"):
            next(backend.new_reports())
