"""Programs that tests and benchmarks start as text, `python -c`: what they import exists, which no
type checker reads.
"""

import ast
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_what_a_program_as_text_imports_exists(folder: str) -> None:
    files = [path for path in FILES if path.is_relative_to(ROOT / folder)]
    missing = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path in files
        for module, name in imports_in_text(path.read_text(encoding="utf-8"))
        if not exists(module, name)
    ]
    assert missing == []


def test_an_import_of_what_is_not_there_is_found() -> None:
    source = 'CODE = """\nimport sys\nfrom fftui.runs.folder import RunFolder, nothing\n"""\n'
    found = [exists(*each) for each in imports_in_text(source)]
    assert found == [True, False]


def imports_in_text(source: str) -> Iterator[tuple[str, str]]:
    """Module and name of each import of fftui's in the strings of `source` that are programs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for inner in _statements(node.value):
                if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("fftui"):
                    yield from ((str(inner.module), each.name) for each in inner.names)


def exists(module: str, name: str) -> bool:
    """Whether `name` is in `module`, or a module of it."""
    try:
        if hasattr(import_module(module), name):
            return True
        import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


def _statements(text: str) -> Iterator[ast.AST]:
    if "from fftui" not in text:
        return
    try:
        yield from ast.walk(ast.parse(textwrap.dedent(text)))
    except (SyntaxError, ValueError):
        return
