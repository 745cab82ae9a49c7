"""What squeue says of jobs, from a program that stands in for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fftui.runs import slurm_queue
from fftui.runs.folder import RunFolder
from fftui.runs.slurm_queue import JOBS, has_job, is_queued, state_of

Squeue = Callable[[str], None]


@pytest.fixture
def squeue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Squeue]:
    """Puts a shell script in the place of squeue, and lets it be asked anew."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    slurm_queue._names.cache_clear()

    def script(text: str) -> None:
        program = tmp_path / "squeue"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    yield script
    slurm_queue._names.cache_clear()


def test_a_job_is_known_by_the_name_of_its_run(squeue: Squeue) -> None:
    squeue('[ "$*" = "--noheader --user=$(id -u) --format=%j" ] && echo one && echo "two "')
    assert (is_queued("one"), is_queued("two"), is_queued("three")) == (True, True, False)


def test_only_runs_beside_jobs_are_asked_for(squeue: Squeue, tmp_path: Path) -> None:
    """Slurm that is installed and does not answer is asked nothing where nobody uses it."""
    squeue("exit 1")
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.path.mkdir(parents=True)
    assert not has_job(folder)
    (tmp_path / "runs" / JOBS).mkdir()
    assert has_job(folder)


def test_without_slurm_nothing_is_queued(monkeypatch: pytest.MonkeyPatch, squeue: Squeue) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not is_queued("one")


def test_a_controller_that_does_not_answer_has_lost_no_job(squeue: Squeue) -> None:
    squeue("echo 'slurm_load_jobs error' >&2; exit 1")
    assert is_queued("one")


def test_a_list_from_before_a_job_was_submitted_says_nothing_of_it(
    squeue: Squeue, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeue("echo other")
    monkeypatch.setattr(slurm_queue, "time", SimpleNamespace(monotonic=lambda: 1005.0))
    assert is_queued("one", since=1004.0)
    assert not is_queued("one", since=999.0)
    monkeypatch.setattr(slurm_queue, "time", SimpleNamespace(monotonic=lambda: 1011.0))
    assert not is_queued("one", since=1004.0)


def test_the_state_of_a_job_that_has_ended(squeue: Squeue, tmp_path: Path) -> None:
    squeue('[ "$*" = "--noheader --states=all --jobs=17 --format=%T" ] && echo CANCELLED')
    sacct = tmp_path / "sacct"
    sacct.write_text('#!/bin/sh\n[ "$4" = --jobs=18 ] && echo NODE_FAIL\n')
    sacct.chmod(0o755)
    assert state_of("17") == "CANCELLED"
    assert state_of("18") == "NODE_FAIL"
    assert state_of("19") is None
