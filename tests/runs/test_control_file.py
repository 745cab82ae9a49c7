import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fftui.errors import FFTUIError, RequestError
from fftui.events import ControlRequested, to_json
from fftui.runs import control_file, provenance
from fftui.runs.control_file import ControlFile, request_and_wait, send_request
from fftui.runs.folder import RunFolder

ASK_TEN_TIMES = """
import sys
from pathlib import Path
from fftui.runs.control_file import send_request
from fftui.runs.folder import RunFolder
for _ in range(10):
    send_request(RunFolder(Path(sys.argv[1])), "checkpoint")
"""


def actions(file: ControlFile) -> list[str]:
    return [request.action for request in file.read().requests]


def test_requests_are_read_once_and_in_their_order(folder: RunFolder) -> None:
    file = ControlFile(folder.control)
    assert actions(file) == []
    for action in ("pause", "skip", "continue"):
        send_request(folder, action)
    assert actions(file) == ["pause", "skip", "continue"]
    send_request(folder, "stop")
    assert actions(file) == ["stop"]
    assert actions(file) == []


def test_requests_of_an_earlier_session_are_not_read(folder: RunFolder) -> None:
    send_request(folder, "stop")
    file = ControlFile(folder.control)
    assert actions(file) == []
    send_request(folder, "pause")
    assert actions(file) == ["pause"]
    folder.control.unlink()
    assert actions(file) == []
    send_request(folder, "skip")
    assert actions(file) == ["skip"]


def test_several_processes_may_ask_at_once(folder: RunFolder) -> None:
    file = ControlFile(folder.control)
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK_TEN_TIMES, str(folder.path)]) for _ in range(3)
    ]
    assert [process.wait(60) for process in asking] == [0, 0, 0]
    news = file.read()
    assert (len(news.requests), news.refusals) == (30, ())
    assert {request.pid for request in news.requests} == {process.pid for process in asking}


def test_a_line_that_cannot_be_read_or_was_cut_off_hides_no_other(folder: RunFolder) -> None:
    file = ControlFile(folder.control)
    folder.control.write_text('{"action": "dance"}\nnothing\n{"action": "pa')
    folder.control.chmod(0o600)
    news = file.read()
    assert news.requests == ()
    assert [refusal.rpartition(": ")[2] for refusal in news.refusals] == ['"dance"}', "nothing"]
    send_request(folder, "pause")
    assert actions(file) == ["pause"]


def test_only_the_owner_of_the_run_may_ask(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ControlFile(folder.control)
    send_request(folder, "stop")
    assert folder.control.stat().st_mode & 0o777 == 0o600
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    news = file.read()
    assert news.requests == ()
    assert f"belongs to user {me}, and this run to user {me + 1}" in news.refusals[0]
    assert file.read().refusals == ()  # stated once
    with pytest.raises(RequestError, match="remove it and ask again"):
        send_request(folder, "stop")


def test_a_file_that_others_may_write_is_not_obeyed_until_it_is_mended(folder: RunFolder) -> None:
    file = ControlFile(folder.control)
    send_request(folder, "stop")
    folder.control.chmod(0o620)
    news = file.read()
    assert (news.requests, len(news.refusals)) == ((), 1)
    folder.control.chmod(0o600)
    assert actions(file) == ["stop"]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_neither_read_nor_written(
    folder: RunFolder, tmp_path: Path, kind: str
) -> None:
    file = ControlFile(folder.control)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    make = {
        "link": lambda: folder.control.symlink_to(elsewhere),
        "pipe": lambda: os.mkfifo(folder.control),
        "folder": folder.control.mkdir,
    }
    make[kind]()
    news = file.read()
    assert news.requests == ()
    assert all("is no file" in refusal for refusal in news.refusals)
    assert bool(news.refusals) == (kind != "pipe")  # which is empty for ever
    with pytest.raises(RequestError, match=r"control\.jsonl"):
        send_request(folder, "stop")
    assert elsewhere.read_text() == ""


def test_a_run_that_ends_without_an_answer_is_not_waited_for(folder: RunFolder) -> None:
    """As where it ends between the question whether it runs and the request."""
    folder.write_record(folder.record().model_copy(update={"status": "finished"}))
    with pytest.raises(RequestError, match="is not running: it is finished"):
        request_and_wait(folder, "stop", 60.0)
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    with pytest.raises(FFTUIError, match="is no run that can be read"):
        request_and_wait(folder, "stop", 60.0)


def test_a_run_that_obeys_and_ends_has_answered(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        """It obeys and ends at the moment of the look."""
        line = to_json(1.0, ControlRequested("stop", os.getpid(), provenance.host()))
        with folder.journal.open("a", encoding="utf-8") as journal:
            journal.write(f"{line}\n")
        msg = "it is interrupted"
        raise RequestError(msg)

    monkeypatch.setattr(control_file, "ensure_running", ended)
    request_and_wait(folder, "stop", 60.0)


def test_a_run_that_does_not_answer_is_an_error(folder: RunFolder) -> None:
    with pytest.raises(FFTUIError, match="has not answered within") as found:
        request_and_wait(folder, "pause", 0.1)
    assert found.value.exit_code == 1
