import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs.journal import JournalTail, read_journal
from fftui.runs.journal_writer import JournalWriter

NOTES = [ev.Noted("first"), ev.Noted("zweite, mit ü"), ev.Noted("third")]


def write(path: Path, events: list[ev.Event]) -> None:
    journal = JournalWriter(path)
    for event in events:
        journal.append(event)
    journal.close()


def notes(path: Path) -> list[ev.Event]:
    return [event for _, event in read_journal(path)]


@given(cut=st.integers(min_value=0))
def test_cut_anywhere_it_reads_to_the_last_whole_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    write(path, NOTES)
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    assert notes(path) == NOTES[: kept.count(b"\n")]


@given(cut=st.integers(min_value=0))
def test_a_session_after_a_cut_is_read_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    write(path, NOTES)
    whole = path.read_bytes()
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    kept = notes(path)
    write(path, NOTES)
    found = notes(path)
    assert found[-3:] == NOTES
    assert found[: len(kept)] == kept
    assert len(found) - len(kept) in (3, 4)  # a line that only lacked its newline is whole again


def test_the_events_of_certain_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    paused = ev.StatusChanged("paused")
    write(path, [NOTES[0], paused, ev.Noted('"status"'), NOTES[1]])
    assert [event for _, event in read_journal(path, ev.StatusChanged)] == [paused]
    both = [event for _, event in read_journal(path, ev.StatusChanged, ev.Noted)]
    assert both == notes(path)


def test_lines_that_are_no_event_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(
        '{"at": 1, "event": "from-the-future"}\n[]\n\nnot json\n{"event": "noted", "message": "no'
        ' time"}\n'
    )
    write(path, NOTES)
    assert notes(path) == NOTES
    assert notes(tmp_path / "absent") == []


def test_a_tail_gives_only_what_is_new_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = JournalTail(path)
    assert tail.read() == []
    write(path, NOTES[:2])
    assert [event for _, event in tail.read()] == NOTES[:2]
    assert tail.read() == []
    line = json.dumps({"at": 3, "event": "noted", "message": "third"}) + "\n"
    with path.open("a") as file:
        file.write(line[:10])
        file.flush()
        assert tail.read() == []
        file.write(line[10:])
    assert tail.read() == [(3.0, NOTES[2])]


def test_an_outline_has_the_means_on_the_way_of_the_epoch_that_is_not_over(
    tmp_path: Path, facts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.runs.journal.OUTLINE_END_BYTES", 0)
    path = tmp_path / "journal.jsonl"
    over, checkpoint = [facts.so_far(1, 1, 1), facts.epoch(1, 1)], ev.Noted("a checkpoint")
    write(path, [facts.layer(1), *over, facts.so_far(1, 2, 1), checkpoint, facts.so_far(1, 2, 2)])
    assert [event for _, event in JournalTail(path).outline()] == [
        facts.layer(1),
        facts.epoch(1, 1),
        checkpoint,
        facts.so_far(1, 2, 1),
        facts.so_far(1, 2, 2),
    ]
