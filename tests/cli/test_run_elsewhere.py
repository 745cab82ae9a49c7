import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.executors.submitted import SubmittedRun
from fftui.runs.finding import run_folders
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.workspace import Workspace

from .conftest import Call


class InstantJobs:
    """Stands in for a batch system: what is submitted has finished at once."""

    slots, one_machine = 1, False

    def __init__(self) -> None:
        self.submitted: list[list[str]] = []

    def worker(self, folder: RunFolder, workspace: Workspace, *, resume: bool) -> SubmittedRun:
        return SubmittedRun(folder, self.submit)

    def submit(self, words: Sequence[str]) -> "InstantJobs":
        self.submitted.append(list(words))
        folder = RunFolder(Path(words[2]))
        journal = JournalWriter(folder.journal)
        journal.append(
            ev.RunStarted(
                folder.id, "tiny", "mnist-mini", "cpu", "float32", ("784→8",), 4, 128, 0, 64, False
            )
        )
        journal.append(ev.RunFinished("finished", 0.9, (), 1.0, None))
        journal.close()
        folder.write_record(folder.record().model_copy(update={"status": "finished"}))
        return self

    def is_over(self) -> bool:
        return True

    def cancel(self) -> None:
        raise AssertionError

    def end(self) -> tuple[int | None, str]:
        return 0, ""

    def was_cancelled(self) -> bool:
        return False


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> InstantJobs:
    jobs = InstantJobs()
    monkeypatch.setattr("fftui.executors.spec.ExecutorSpec.executor", lambda self, runs_dir: jobs)
    return jobs


def test_a_run_of_another_machine_is_followed_to_its_result(call: Call, jobs: Any) -> None:
    code, out, _ = call("run", "--preset", "quickstart", "--on", "slurm", "--json")
    assert code == 0
    assert json.loads(out)["test_accuracy"] == 0.9
    ((_, module, _, option),) = jobs.submitted
    assert (module, option) == ("fftui.text.detached", "--go-on")


def test_a_detached_one_is_submitted_and_left(call: Call, jobs: Any, here: Path) -> None:
    code, out, err = call("run", "--preset", "quickstart", "--on", "slurm", "--detach")
    (folder,) = run_folders(here / "runs")
    assert (code, out) == (0, f"{folder.id}\n")
    assert f"run {folder.id} waits in the queue of Slurm" in err
    assert f"fftui attach {folder.id}" in err
    assert f"scancel --name {folder.id}" in err
    assert len(jobs.submitted) == 1


def test_what_ends_with_this_process_is_not_left(call: Call, jobs: Any, here: Path) -> None:
    code, _, err = call("run", "--preset", "quickstart", "--on", "ray", "--detach")
    assert code == 2 and "leave out --detach" in err
    assert run_folders(here / "runs") == [] and jobs.submitted == []
    code, _, err = call("run", "--preset", "quickstart", "--on", "local:2")
    assert code == 2 and "is for studies and sweeps" in err
