"""A journal read from its end."""

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs import journal_end
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.journal_end import _lines_backwards, read_backwards
from fftui.runs.journal_writer import JournalWriter


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(journal_end, "BLOCK_BYTES", 7)
    yield


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))), st.booleans())
def test_the_lines_are_those_that_end_the_last_one_first(lines: list[bytes], ends: bool) -> None:
    text = b"".join(line + b"\n" for line in lines) + (b"" if ends else b"torn")
    assert list(_lines_backwards(BytesIO(text))) == lines[::-1]


def test_its_events_are_those_of_the_journal(folder: RunFolder) -> None:
    writer = JournalWriter(folder.journal)
    for epoch in range(5):
        writer.append(ev.LayerStarted(1, 1, epoch + 1, 2.0))
        writer.append(ev.TelemetrySampled(1, 1, epoch))
    writer.close()
    with folder.journal.open("ab") as file:
        file.write(b'no event, but "epochs":\n{"torn "epochs":')
    found = list(read_backwards(folder.journal, ev.LayerStarted, holding=(b'"epochs":',)))
    assert found[::-1] == list(read_journal(folder.journal, ev.LayerStarted))
    assert len(found) == 5


def test_a_journal_that_is_not_there_has_no_events(folder: RunFolder) -> None:
    assert not list(read_backwards(folder.path / "none", ev.Evaluated, holding=(b"",)))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_journal_that_is_no_file_is_not_opened(
    folder: RunFolder, make: Callable[[Path], None]
) -> None:
    path = folder.path / "no-file"
    make(path)
    with pytest.raises(OSError):
        list(read_backwards(path, ev.Evaluated, holding=(b"",)))
