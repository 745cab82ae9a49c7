from pathlib import Path

import pytest

from fftui import events as ev
from fftui.presets import load_preset
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.listing import RunListing
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.text.run_list_text import status_text


@pytest.mark.parametrize(
    ("status", "done", "text"),
    [
        ("running", 3, "learning 75 %"),
        ("running", 4, "measuring"),
        ("paused", 3, "paused 75 %"),
        ("paused", 4, "paused 100 %"),
    ],
)
def test_a_status_says_what_the_run_does(
    tmp_path: Path, status: ev.Status, done: int, text: str
) -> None:
    folder = create(Workspace(tmp_path), load_preset("ff", "mnist", seed=0))
    folder.write_record(folder.record().model_copy(update={"status": status}))
    writer = JournalWriter(folder.journal)
    writer.append(ev.Stepped(1, 1, done, 1, 1, done, 4, 9.0))
    (run,) = RunListing(tmp_path).read()
    assert status_text(run) == text
    writer.close()
