import os
import threading
import time
from collections.abc import Iterator

import pytest

from fftui.errors import RequestError
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.run_record import RunRecord
from fftui.runs.status import (
    SILENT_S,
    current_record,
    ensure_not_running,
    ensure_running,
    in_progress,
)

GONE = {"process_started": 1.0}
ELSEWHERE = {"machine": {"host": "another"}}


def written(folder: RunFolder, **changes: object) -> RunRecord:
    record = folder.record().model_copy(update=changes)
    folder.write_record(record)
    return record


@pytest.fixture
def journal(folder: RunFolder) -> Iterator[JournalWriter]:
    writer = JournalWriter(folder.journal)
    yield writer
    writer.close()


def silent_for(folder: RunFolder, seconds: float) -> None:
    for path in (folder.journal, folder.run_json):
        os.utime(path, (time.time() - seconds,) * 2)


def test_before_its_journal_a_run_is_known_by_its_process(folder: RunFolder) -> None:
    assert in_progress(folder, folder.record())
    assert not in_progress(folder, written(folder, **GONE))
    assert current_record(folder).status == "interrupted"


def test_the_lock_on_its_journal_counts_more_than_its_process(
    folder: RunFolder, journal: JournalWriter
) -> None:
    for facts in (GONE, ELSEWHERE):
        assert in_progress(folder, written(folder, **facts))
    assert current_record(folder).status == "running"
    silent_for(folder, 2 * SILENT_S)
    assert in_progress(folder, folder.record())
    journal.close()
    assert not in_progress(folder, folder.record())


def test_a_living_process_that_released_the_run_is_not_running_it(
    folder: RunFolder, journal: JournalWriter
) -> None:
    journal.close()
    assert folder.record().pid == os.getpid()
    assert current_record(folder).status == "interrupted"


@pytest.mark.parametrize("status", ["running", "paused"])
def test_another_machine_counts_as_alive_until_it_has_been_silent(
    folder: RunFolder, journal: JournalWriter, status: str
) -> None:
    journal.close()
    record = written(folder, status=status, **ELSEWHERE)
    assert in_progress(folder, record)
    with pytest.raises(
        RequestError, match=r"process .* on another; .* 10 minutes of silence.* resume --force"
    ):
        ensure_not_running(folder, record)
    silent_for(folder, SILENT_S + 1)
    assert not in_progress(folder, record)
    ensure_not_running(folder, record)


def test_a_paused_run_keeps_its_journal_recent(folder: RunFolder, journal: JournalWriter) -> None:
    journal.close()
    record = written(folder, status="paused", **ELSEWHERE)
    silent_for(folder, SILENT_S + 1)
    writer = JournalWriter(folder.journal)
    writer.touch()
    writer.close()
    assert in_progress(folder, record)


def test_asking_does_not_keep_a_writer_from_its_journal(folder: RunFolder) -> None:
    JournalWriter(folder.journal).close()
    fcntl = pytest.importorskip("fcntl")
    with folder.journal.open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        done = threading.Timer(0.1, fcntl.flock, (asking, fcntl.LOCK_UN))
        done.start()
        JournalWriter(folder.journal).close()
        done.join()


def test_a_run_that_is_over_keeps_its_status(folder: RunFolder) -> None:
    assert current_record(folder).status == "running"
    written(folder, status="failed")
    assert current_record(folder).status == "failed"


def test_only_a_run_in_progress_can_be_asked(folder: RunFolder, journal: JournalWriter) -> None:
    ensure_running(folder, folder.record())
    journal.close()
    with pytest.raises(RequestError, match=rf"is interrupted; .*fftui resume {folder.id}"):
        ensure_running(folder, folder.record())
    with pytest.raises(RequestError, match=r"is not running: it is finished$"):
        ensure_running(folder, written(folder, status="finished"))


def test_a_run_whose_submitter_is_gone_waits_as_long_as_slurm_has_its_job(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = {folder}
    monkeypatch.setattr("fftui.runs.status.has_job", queued.__contains__)
    written(folder, status="waiting", **GONE)
    assert current_record(folder).status == "waiting"
    with pytest.raises(RequestError, match="waits in the queue of Slurm, and begins there"):
        ensure_not_running(folder, folder.record())
    with pytest.raises(RequestError, match="it is waiting in the queue of Slurm, and begins"):
        ensure_running(folder, folder.record())
    queued.clear()
    assert current_record(folder).status == "interrupted"
