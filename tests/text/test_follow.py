import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fftui import events as ev
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.text import follow
from fftui.text.follow import follow_run

STARTED = ev.RunStarted(
    "r", "ff", "mnist", "cpu", "float32", ("784→8",), 20, 100, 0, 100, resumed=False
)
BEGUN = (STARTED, ev.PhaseStarted(1, "forward-forward", 2), ev.LayerStarted(1, 1, 2, 2.0))


def epoch(number: int) -> ev.EpochFinished:
    return ev.EpochFinished(1, 1, number, 10, 0.5, 3.0, 1.0, 2.0, 0.9, 1000.0, 1.0, 0.9)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setattr(follow, "LOOK_EVERY_S", 0.01)
    return create(Workspace(tmp_path, device="cpu"), load_preset("quickstart"))


@pytest.fixture
def journal(folder: RunFolder) -> Iterator[JournalWriter]:
    """The journal of a run that is learning: its writer holds it."""
    writer = JournalWriter(folder.journal)
    write(writer, *BEGUN, epoch(1))
    yield writer
    writer.close()


def write(journal: JournalWriter, *events: ev.Event) -> None:
    for event in events:
        journal.append(event)


@pytest.fixture
def later() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Does something in a moment."""
    timers: list[threading.Timer] = []

    def do(work: Callable[[], None]) -> None:
        timers.append(threading.Timer(0.2, work))
        timers[-1].start()

    yield do
    for timer in timers:
        timer.join()


def test_what_is_known_comes_first_and_then_a_line_an_event(
    folder: RunFolder, journal: JournalWriter, later: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    end = ev.RunFinished("finished", 0.91, (0.91,), 4.0, None)
    rest = (epoch(2), ev.Stepped(1, 1, 2, 1, 1, 1, 2, 1.0), ev.LayerFinished(1, 1, 2, 4.0, False))
    later(lambda: write(journal, *rest, end))
    assert follow_run(folder) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"run: {folder.id}\n")
    lines = said.splitlines()[-3:]
    assert lines[0].startswith("layer 1/1  epoch 2/2  loss 0.500  g+ 3.000 g- 1.000")
    assert lines[1] == "layer 1/1 learned after 2 epochs, 4.0 s"
    assert lines[2] == "finished: test accuracy 91.00 %, learned for 4.0 s"


@pytest.mark.parametrize(("status", "code"), [("failed", 1), ("interrupted", 130)])
def test_the_exit_code_is_that_of_the_run(
    folder: RunFolder,
    journal: JournalWriter,
    later: Callable,
    capsys: pytest.CaptureFixture[str],
    status,
    code: int,
) -> None:
    error = "out of memory" if status == "failed" else None
    later(lambda: write(journal, ev.RunFinished(status, None, (), 4.0, error)))
    assert follow_run(folder) == code
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(status)
    assert (error or "test accuracy n/a") in last
    assert follow_run(folder) == code  # of a run that has ended, the words alone
    assert capsys.readouterr().out.count(last) <= 1


def test_a_run_whose_process_is_gone_ends_the_lines(
    folder: RunFolder, journal: JournalWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.close()
    assert follow_run(folder) == 130
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("interrupted: its process is gone; go on with: fftui resume")


def test_ctrl_c_ends_the_lines(
    folder: RunFolder, journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(follow.time, "sleep", interrupt)
    assert follow_run(folder) == 130


def test_a_closed_pipe_ends_the_lines(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(follow, "_say", broken)
    monkeypatch.setattr(follow, "detach", lambda _: None)
    assert follow_run(folder) == 0
