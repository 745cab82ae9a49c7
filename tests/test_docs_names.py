"""Every page of the docs names only what exists: commands, options, files, fields, code."""

import ast
import importlib
import keyword
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

import fftui
from fftui.claims import CLAIMS
from fftui.cli.main import app
from fftui.data.catalogue import DATA_NAMES
from fftui.experiment import EarlyStopping, Experiment
from fftui.experiment.field_errors import validated
from fftui.presets import list_presets, load_preset

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IN_FENCES = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_TICKS = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
WORD = re.compile(r"[A-Za-z_]\w*(?:[-/]\w+)*")
FIELD = re.compile(r"[a-z_]+(?:\.(?:[a-z_]+|\d+|\*|N))+")
FILE = re.compile(r"[\w./*-]*\w\.(?:py|md|toml|jsonl|json|svg|npz|safetensors|parquet|png|jpg)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
RUN_FILES = {
    "sweep.json",
    "optuna.jsonl",
    "readouts.json",
    "experiment.toml",
    "run.json",
    "journal.jsonl",
    "control.jsonl",
    "checkpoint.safetensors",
    "annotations.json",
    "screen.toml",
}
USAGE_ERROR = typer.BadParameter.__mro__[1]  # of every command that cannot be parsed
# What a reader puts in: `fftui show RUN`.
PLACEHOLDERS = {
    "NAME",
    "RUN",
    "STUDY",
    "FIGURE",
    "DIR",
    "FILE",
    "SET",
    "N",
    "PATH",
    "VALUE",
    "PRESET",
    "IMAGE",
}
# Words of other programs and of mathematics.
OTHERS = {
    "nohup",
    "venv/bin/activate",
    "python",
    "pip",
    "nvidia-ml-py",
    "torch",
    "json",
    "sys",
    "svg",
    "grep",
    "claims",
    "sha256sum",
    "ACTIVE",
    "distributed",
    "ColorJitter",
    "RandomGrayscale",
    "RandomResizedCrop",
}
# Columns of the logs of the paper's code; words of Python.
OTHERS |= {"pets", "pictures"}  # examples of the reader's own
OTHERS |= {"E2E_time", "GPU_compute_time", "memory_usage", *keyword.kwlist}


def parts(page: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """The fenced blocks of a page, with their language, and the spans between backticks."""
    text = page.read_text(encoding="utf-8")
    return IN_FENCES.findall(text), IN_TICKS.findall(IN_FENCES.sub("", text))


@cache
def code_words() -> frozenset[str]:
    """Identifiers and short strings of the package, its presets, tests and benchmarks."""
    words: set[str] = set()
    for path in [*(ROOT / "fftui").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]:
        words |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for field in ("name", "id", "attr", "arg"):
                words.add(str(getattr(node, field, None)))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= set(WORD.findall(node.value)) if len(node.value) < 60 else set()
    words |= {*(preset.name for preset in list_presets()), *(claim.id for claim in CLAIMS)}
    words |= set(fftui.__all__)
    for preset in (ROOT / "presets").rglob("*.toml"):
        words |= set(WORD.findall(preset.read_text(encoding="utf-8")))
    return frozenset(words)


@cache
def fields() -> frozenset[str]:
    """The paths of all fields that some preset has, `#` for the index of a list."""

    def under(path: str, value: object) -> Iterator[str]:
        yield path
        below = (
            value.items()
            if isinstance(value, dict)
            else (("#", each) for each in value)
            if isinstance(value, list)
            else ()
        )
        for name, each in below:
            yield from under(f"{path}.{name}" if path else name, each)

    dumped = [load_preset(preset.name).model_dump(mode="json") for preset in list_presets()]
    stopping = {"phases": [{"early_stopping": EarlyStopping().model_dump()}]}  # no preset has it
    return frozenset(path for values in [*dumped, stopping] for path in under("", values))


def is_field(path: str) -> bool:
    """Whether a path as `--set` takes it is a field of an experiment."""
    return re.sub(r"\.(?:\d+|\*|N)(?=\.|$)", ".#", path) in fields()


@cache
def files() -> frozenset[str]:
    """Paths of files and folders, from the root, from docs, and from the package."""
    found = set(RUN_FILES)
    for path in ROOT.rglob("*"):
        if not {".git", ".venv", "__pycache__"} & set(path.parts):
            whole = path.relative_to(ROOT).as_posix()
            found |= {whole, path.name, whole.removeprefix("docs/"), whole.removeprefix("fftui/")}
    return frozenset(found)


def command_for(words: list[str]) -> tuple[Any, list[str]]:
    """The command that begins with `words`, and what is left of them."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def options() -> set[str]:
    """Every option of every command."""

    def under(command: Any) -> Iterator[str]:
        for parameter in command.params:
            yield from parameter.opts
        for child in getattr(command, "commands", {}).values():
            yield from under(child)

    return {*under(typer.main.get_command(app)), "-h", "--help"}


def command_problem(line: str) -> str | None:
    """Why `fftui …` cannot be parsed; None where it can."""
    line = re.split(r"\s{2,}|\s#|\s[|>]\s", line)[0].replace("[", "").replace("]", "")
    words = ["1" if word == "N" else word for word in shlex.split(line.replace("…", ""))[1:]]
    command, rest = command_for(words)
    if not rest:
        return None
    of_group = len(rest) < len(words) and "run" in getattr(command, "commands", {})
    if of_group:  # `fftui sweep PRESET` means `fftui sweep run PRESET`
        command = command.commands["run"]
    if hasattr(command, "commands") and not rest[0].startswith("-"):
        return f"no command {rest[0]}"
    try:
        command.make_context("fftui", rest)
    except USAGE_ERROR as error:
        return None if type(error).__name__ == "MissingParameter" else str(error)
    except typer.Exit:  # --help, --version
        return None
    return None


def span_problems(span: str) -> Iterator[str]:
    """What a span between backticks names that does not exist."""
    if span.startswith("fftui "):
        problem = command_problem(span)
        if problem:
            yield problem
        return
    if span.startswith(("~/", "$")):  # on the reader's machine
        return
    if one := TEST.fullmatch(span):
        if f"def {one[2]}(" not in (ROOT / one[1]).read_text(encoding="utf-8"):
            yield f"no test {one[2]}"
        return
    for path in FILE.findall(span):
        if path not in files() and not path.startswith(("*", "NAME/", "pictures/")):
            yield f"no file {path}"
    if not re.match(r"(\w+=\w+ )?(\.venv/bin/)?python ", span):
        yield from word_problems(FILE.sub("", span))


def word_problems(span: str) -> Iterator[str]:
    """Options, fields and other words of a span that do not exist."""
    for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", span):
        if option not in options() and option.lstrip("-") not in code_words():  # of a benchmark
            yield f"no option {option}"
    span = re.sub(r"(?<!\S)--?[a-z][a-z-]*", "", span)
    for path in FIELD.findall(span):
        is_module = f"{path.replace('.', '/')}.py" in files()
        if path.split(".")[0] in Experiment.model_fields and not (is_module or is_field(path)):
            yield f"no field {path}"
    for word in WORD.findall(span):
        if not is_known(word):
            yield f"nothing is called {word}"


def is_known(word: str) -> bool:
    """Whether a word is a name, a string or a folder of the code, or stands for one."""
    return (
        word in code_words()
        or word in files()
        or word in PLACEHOLDERS | OTHERS
        or word in DATA_NAMES
        or len(word) == 1
        or (word.startswith("_") and any(each.endswith(word) for each in code_words()))
        or any(word.startswith(f"{each}-") for each in PLACEHOLDERS)
        or ("/" in word and all(part in code_words() for part in word.split("/")))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_what_exists(page: Path) -> None:
    _, spans = parts(page)
    problems = {span: list(span_problems(span)) for span in spans}
    assert {span: found for span, found in problems.items() if found} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_code_of_a_page_are_valid(page: Path) -> None:
    for language, block in parts(page)[0]:
        for line in block.splitlines():
            if line.startswith("fftui ") and language in ("", "sh"):
                assert command_problem(line) is None, line
        if language == "python":
            for module, name in imports(block):
                assert hasattr(importlib.import_module(module), name), f"{module}.{name}"
        if language == "toml":
            assert_preset(tomllib.loads(block))


def imports(block: str) -> Iterator[tuple[str, str]]:
    """What a block of Python imports from the package."""
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fftui"):
            yield from ((str(node.module), alias.name) for alias in node.names)


def assert_preset(values: dict[str, Any]) -> None:
    """A preset in the docs is an experiment, on every data set for which it has values."""
    validated(Experiment, {"name": "documented"} | values["experiment"], "the docs")
    for data, changes in values.get("on", {}).items():
        assert data in DATA_NAMES
        assert all(map(is_field, changes))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "span",
    [
        "fftui rum latest",
        "fftui run --presett ff",
        "--no-such-option",
        "phases.0.epoch",
        "learning/rules/nothing.py",
        "LossHill(value)",
        "mnist-maxi",
    ],
)
def test_what_does_not_exist_is_found(span: str) -> None:
    assert list(span_problems(span))


def test_the_new_names_of_the_change_log_exist() -> None:
    table = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("### Names")[2]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| `")]
    spans = [span for row in rows for span in IN_TICKS.findall(row)]
    assert spans
    assert {span: found for span in spans if (found := list(span_problems(span)))} == {}
