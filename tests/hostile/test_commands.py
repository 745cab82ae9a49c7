"""Every command over every hostile folder: refused in one line or inert, and nothing outside is
touched.

    FFTUI_TEST_HOSTILE=all python -m pytest tests/hostile

gives each command every folder; without the variable those that load torch get a part of them.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from fftui.cli.main import app
from fftui.inert import inert

from .conftest import Call
from .folders import FOLDERS, Corpus

ALL = os.environ.get("FFTUI_TEST_HOSTILE") == "all"
SLOW = {"inspect", "predict", "weights", "figures", "report", "resume"}  # load torch or Matplotlib
SLOW_FOLDERS = ("texts", "check", "tensor", "pickle", "header", "progress", "weights", "deep exp")
# draws each folder and judges the claims: a second each
OF_REPORTS = ("texts", "pipes in Markdown", "garbage in journal.jsonl", "deep experiment")
# what stands for an argument, by its name
ARGUMENTS = {
    "name": ["quickstart"], "text": ["a note"], "images": ["image.png"], "path": ["image.png"],
}  # fmt: skip
RUN_ARGUMENTS = ("run", "names")
# further words, a list each time that the command is called; none: once without
WORDS: dict[str, list[list[str]]] = {
    "runs": [[], ["--json"], ["--where", "archived=any", "--columns", "id,name,tag,note,problem"]],
    "show": [[], ["--json"], ["--follow"]],
    "export": [
        *(["--to", to] for to in ("csv", "json", "ndjson", "xlsx", "markdown", "latex", "parquet")),
        *(["--table", t] for t in ("runs", "layers", "evaluations", "energy", "images")),
        ["--table", "runs", "--to", "xlsx"],
        ["--table", "telemetry", "--to", "json"],
    ],
    "compare": [["--to", to] for to in ("text", "markdown", "csv", "json")],
    "inspect": [[], ["--json"]],
    "resume": [["--headless"]],
    "rename": [["another"]],
    "delete": [["--yes"]],
    "figures": [["--formats", "svg", "-o", "drawn"]],
    "weights": [["-o", "weights.safetensors"]],
    "study": [["table-1", "--quick", "--table"]],
    "reproduce": [["--quick", "--dry-run"]],
    "run": [["--preset", "quickstart", "--estimate"]],
    "predict": [["image.png"]],
    "skip": [[]],
}
TEXTS = ("texts", "formulas", "long texts")
COMPARED = 2  # runs: the hostile one beside itself would be one
# commands of other things than runs, and those that begin or measure something
NOT_OF_RUNS = (
    "site",
    "sweep",
    "import",
    "presets",
    "data",
    "doctor",
    "reproduce",
    "study",
    "run",
    "runs",
    "restore",
)


def commands() -> Iterator[tuple[str, click.Command]]:
    group = typer.main.get_command(app)
    yield from sorted(group.commands.items())  # type: ignore[attr-defined]


def takes_run(command: click.Command) -> bool:
    return any(each.name in RUN_ARGUMENTS for each in command.params if is_argument(each))


def is_argument(parameter: click.Parameter) -> bool:
    return parameter.param_type_name == "argument"


OF_RUNS = [name for name, command in commands() if takes_run(command) and name != "restore"]
SHOWN = [name for name, command in commands() if not takes_run(command) or name == "restore"]


def folders_for(command: str) -> list[str]:
    if command not in SLOW or ALL:
        return list(FOLDERS)
    if command == "report":
        return list(OF_REPORTS)
    return [name for name in FOLDERS if any(part in name for part in SLOW_FOLDERS)]


def words_for(command: str, folder: str) -> list[list[str]]:
    """All further words for a folder whose texts are hostile; one of them each for the others."""
    every, place = WORDS.get(command, [[]]), list(FOLDERS).index(folder)
    return every if ALL or folder in TEXTS else [every[place % len(every)]]


def check(words: tuple[str, ...], code: int, out: str, err: str) -> None:
    where = f"fftui {' '.join(words)}\n{out[:2000]}\n{err[:2000]}"
    assert code in (0, 1, 2, 130), where
    assert "Traceback" not in out + err, where
    if not set(words) & {"xlsx", "parquet"}:
        assert inert(out) == out, where
    assert inert(err) == err, where
    if "note" not in words:  # prints the note as it was written, and nothing else
        assert not re.search(r"^\s*SPOOFED", out + err, re.MULTILINE), where
    # `--follow` ends with the run's exit code
    assert code == 0 or err.strip() or "--follow" in words, where


def test_every_command_is_called() -> None:
    assert {*OF_RUNS, *SHOWN} == {name for name, _ in commands()}
    assert set(SHOWN) == set(NOT_OF_RUNS), "a new command: name its argument of a run `run`"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", OF_RUNS)
def test_a_hostile_folder_is_refused_or_inert(command: str, corpus: Corpus, call: Call) -> None:
    Path("image.png").write_bytes(PICTURE)
    for name in folders_for(command):
        folder = corpus.add(name)
        for further in words_for(command, name):
            runs = [str(folder.path)] * (COMPARED if command == "compare" else 1)
            words = (command, *runs, *further, "--runs", str(corpus.runs))
            try:
                code, out, err = call(*words)
            except Exception as error:
                error.add_note(f"{name}: fftui {' '.join(words)}")
                raise
            check((name, *words), code, out, err)
        assert corpus.state_outside() == corpus.before, (command, name)
        assert not list(Path.cwd().rglob("PWNED"))


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001 4821a71c0000000049454e44ae426082".replace(" ", "")
)
