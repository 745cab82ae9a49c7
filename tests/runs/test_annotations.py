"""What people write about runs."""

from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.runs.annotations import annotate, checked_name, read_annotations
from fftui.runs.finding import find_run
from fftui.runs.folder import RunFolder
from fftui.runs.status import current_record


def test_annotations_are_kept_beside_the_record(folder: RunFolder) -> None:
    record = folder.run_json.read_bytes()
    annotate(folder.path, add_tags=("baseline", "old", "baseline"), note="seen", name="other")
    annotate(folder.path, remove_tags=("OLD",), archived=True)
    found = read_annotations(folder.path)
    assert (found.tags, found.note, found.name, found.archived) == (
        ("baseline",),
        "seen",
        "other",
        True,
    )
    assert folder.run_json.read_bytes() == record
    assert current_record(folder).name == "other"
    assert find_run(folder.path.parent, "other") == folder


def test_nothing_written_leaves_no_file(folder: RunFolder) -> None:
    annotate(folder.path, note="seen")
    annotate(folder.path, note="")
    assert not (folder.path / "annotations.json").exists()


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "it's", "x" * 41, "\x1b[31m"])
def test_a_tag_is_one_word(folder: RunFolder, tag: str) -> None:
    with pytest.raises(RequestError, match="is no tag"):
        annotate(folder.path, add_tags=(tag,))


def test_a_name_is_one_line() -> None:
    assert checked_name(" a\nname ") == "a name"
    for name in (" ", "x" * 201):
        with pytest.raises(RequestError, match="no name for a run"):
            checked_name(name)


def test_a_damaged_file_is_never_overwritten(folder: RunFolder) -> None:
    path = folder.path / "annotations.json"
    path.write_text("{")
    with pytest.raises(RequestError, match="is damaged"):
        annotate(folder.path, note="x")
    assert path.read_text() == "{"
    assert current_record(folder).name == "tiny"


def test_an_unwritable_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot write"):
        annotate(tmp_path / "absent", note="x")
