"""Lines that are written: when, once each, and by one process."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.runs.journal import read_journal
from fftui.runs.journal_writer import JournalWriter

Limit = Callable[[int], AbstractContextManager[None]]
NOTES = [ev.Noted("first"), ev.Noted("zweite, mit ü"), ev.Noted("third")]


def notes(path: Path) -> list[ev.Event]:
    return [event for _, event in read_journal(path)]


def test_a_line_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "journal.jsonl")
    journal.append(NOTES[0])
    assert notes(tmp_path / "journal.jsonl") == NOTES[:1]
    journal.close()


def test_steps_are_kept_once_a_second(tmp_path: Path) -> None:
    now = [100.0]
    journal = JournalWriter(tmp_path / "journal.jsonl", clock=lambda: now[0])
    for done in range(1, 31):
        now[0] += 0.1
        journal.append(ev.Stepped(1, 1, 1, done, 30, done, 30, None))
    journal.close()
    kept = [
        event.done
        for _, event in read_journal(tmp_path / "journal.jsonl")
        if isinstance(event, ev.Stepped)
    ]
    # sums of 0.1 fall on either side
    assert kept in ([1, 11, 21], [1, 12, 22], [1, 12, 23], [1, 11, 22])


def test_a_full_disk_delays_lines_and_loses_none(tmp_path: Path, file_size_limit: Limit) -> None:
    path = tmp_path / "journal.jsonl"
    now = [0.0]
    journal = JournalWriter(path, clock=lambda: now[0])
    journal.append(NOTES[0])
    with file_size_limit(path.stat().st_size + 10):
        journal.append(NOTES[1])
        assert journal.failure is not None
        journal.append(NOTES[2])
        journal.append(ev.TelemetrySampled(None, None, None))
    assert notes(path) == NOTES[:1]
    now[0] = 60.0
    journal.append(ev.Noted("room again"))
    assert journal.failure is None
    journal.close()
    assert notes(path) == [*NOTES, ev.Noted("room again")]


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    path = tmp_path / "some-run" / "journal.jsonl"
    path.parent.mkdir()
    journal = JournalWriter(path)
    with pytest.raises(RequestError, match="run some-run is in use by another process"):
        JournalWriter(path)
    journal.close()
    JournalWriter(path).close()
