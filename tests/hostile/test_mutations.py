"""Journals and records with anything in them, read with everything. `python -m tests.hostile` does
thousands.
"""

import shutil
from pathlib import Path

import pytest

from fftui.events import to_json
from fftui.runs.folder import RunFolder

from .mutations import SAMPLE_EVENTS, mutated, read_with_everything

TOGETHER, PARTS = 25, 4


@pytest.fixture
def run(good: Path, tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / good.name)
    shutil.copytree(good, folder.path)
    with folder.journal.open("a", encoding="utf-8") as file:
        file.writelines(to_json(1.79e9, event) + "\n" for event in SAMPLE_EVENTS)
    return folder


def test_the_run_itself_is_read(run: RunFolder, good: Path) -> None:
    read_with_everything(run, RunFolder(good), 0)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_mutation_ends_in_a_traceback(run: RunFolder, good: Path, part: int) -> None:
    for seed in range(part * TOGETHER, (part + 1) * TOGETHER):
        for folder in mutated(run, seed):
            try:
                read_with_everything(folder, RunFolder(good), seed)
            except Exception as error:
                error.add_note(f"mutation {seed}")
                raise
