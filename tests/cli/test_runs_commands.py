"""The list of runs on the command line, and keeping it in order."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from fftui.cli.main import app
from fftui.errors import FFTUIError
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command on the runs of this test: what it wrote on stdout and on stderr."""
    monkeypatch.setenv("FFTUI_RUNS", str(tmp_path / "runs"))
    runner = typer.testing.CliRunner()

    def run(*words: str) -> tuple[str, str]:
        done = runner.invoke(app, words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout, done.stderr

    return run


@pytest.fixture
def folders(tmp_path: Path, small: Any) -> list[RunFolder]:
    made = []
    for seed, name in enumerate(("first", "second", "third")):
        folder = create(Workspace(tmp_path / "runs"), small.experiment(seed), name=name)
        over = {"status": "finished", "test_accuracy": 0.9 + seed / 100}
        folder.write_record(folder.record().model_copy(update=over))
        made.append(folder)
    return made


def test_runs_are_filtered_sorted_and_shown_in_columns(
    call: Call, folders: list[RunFolder]
) -> None:
    words = ("--where", "accuracy>90.5", "--sort", "seed", "--columns", "name, accuracy,seed")
    out, _ = call("runs", *words)
    assert out == "name    test %  seed\nsecond  91.00   1\nthird   92.00   2\n"
    assert call("runs", *words, "--reverse")[0].splitlines()[1].startswith("third")
    assert call("runs", "--where", "name=none")[0] == "none of 3 runs is wanted by the filter\n"
    listed = json.loads(call("runs", "--json", "--where", "seed=0")[0])
    assert [(run["name"], run["status"], run["tags"]) for run in listed] == [
        ("first", "finished", [])
    ]
    for wrong in (["--where", "sed=1"], ["--sort", "sed"], ["--columns", "sed"]):
        with pytest.raises(FFTUIError, match="nothing is called 'sed'; did you mean 'seed'"):
            call("runs", *wrong)
    with pytest.raises(FFTUIError, match="no column is named"):
        call("runs", "--columns", " ,")


def test_runs_are_tagged_noted_and_renamed(call: Call, folders: list[RunFolder]) -> None:
    first = folders[0].id
    assert call("tag", first, folders[1].id, "-a", "x", "-a", "y")[0] == (
        f"{first} x y\n{folders[1].id} x y\n"
    )
    assert call("tag", "--where", "tag:x name=first", "--remove", "x")[0] == f"{first} y\n"
    call("note", first, "a note")
    assert call("note", first)[0] == "a note\n"
    call("rename", first, "renamed")
    shown = call("show", "renamed")[0]
    assert "name: renamed\ntags: y\nnote: a note\n" in shown
    call("rename", first, "")
    assert "name: first\n" in call("show", first)[0]
    table = call("export", "--where", "tag:y", "--table", "runs", "--settings", "none")[0]
    assert len(table.splitlines()) == 3
    with pytest.raises(FFTUIError, match=r"either RUN… or --where"):
        call("tag", "-a", "x")
    with pytest.raises(FFTUIError, match="is wanted by 'tag:z'"):
        call("archive", "--where", "tag:z")


def test_runs_are_archived_deleted_and_restored(call: Call, folders: list[RunFolder]) -> None:
    first, second, third = (folder.id for folder in folders)
    call("archive", first)
    assert first not in call("runs")[0]
    assert first in call("runs", "--where", "archived=yes")[0]
    with pytest.raises(FFTUIError, match="There is no terminal to ask on: write --yes"):
        call("delete", second)
    _, err = call("delete", second, third, "--yes")
    assert f"fftui restore {second} brings it back" in err
    assert call("runs", "--where", "archived=any")[0].count("\n") == 2
    call("restore", first, second)
    assert call("runs")[0].count("\n") == 3
    assert "removed: 1 run" in call("delete", "--purge", "--yes")[1]
    assert "the trash is empty" in call("delete", "--purge", "--yes")[1]
    with pytest.raises(FFTUIError, match="no deleted run"):
        call("restore", third)
    with pytest.raises(FFTUIError, match="leave out RUN and --where"):
        call("delete", first, "--purge")
