"""Workers of the screens."""

import ast
from pathlib import Path

import pytest

import fftui.tui

SOURCES = sorted(Path(fftui.tui.__file__).parent.rglob("*.py"))


def _is_empty(word: ast.keyword) -> bool:
    return isinstance(word.value, ast.Constant) and word.value.value == ""


def workers_of(source: Path) -> list[tuple[str, int, list[str]]]:
    """Of each decorated method its name, how many arguments, and the keywords with a value."""
    return [
        (
            node.name,
            len(node.args.args) - 1,
            [word.arg or "" for word in decorator.keywords if not _is_empty(word)],
        )
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "work"
    ]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_worker_with_arguments_has_a_description(source: Path) -> None:
    """Without one Textual writes out all arguments, in the screen's own thread: a second for the
    curves of twenty runs, or for ten thousand runs.
    """
    for name, arguments, keywords in workers_of(source):
        assert not arguments or "description" in keywords, name


def test_there_are_workers_with_arguments() -> None:
    assert sum(arguments > 0 for source in SOURCES for _, arguments, _ in workers_of(source)) > 5
