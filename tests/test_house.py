"""The house: what import contracts cannot say."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from fftui.presets import own_presets_folder

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "fftui").rglob("*.py"))
SHARED = {"__init__.py", "__main__.py"}
# rooms that have a kind's own code: only they may ask which kind a description is
OWN_ROOMS = {"experiment/layer_configs.py", "experiment/phase_configs.py"}
KINDS = {
    "FullyConnected",
    "Convolution",
    "SelfAttention",
    "ForwardForward",
    "LocalCrossEntropy",
    "Backprop",
}


def test_opening_a_file_by_its_name_finds_one() -> None:
    names = Counter(path.name for path in MODULES if path.name not in SHARED)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(ROOT / "fftui").as_posix()
)
def test_nobody_asks_which_kind_a_description_is(path: Path) -> None:
    """Facts stand with the kind: `isinstance(layer, Convolution)` elsewhere takes what is unknown
    for something else.
    """
    where = path.relative_to(ROOT / "fftui").as_posix()
    if where in OWN_ROOMS or where.startswith(("learning/layers/", "learning/rules/")):
        return
    asked = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "isinstance"
        and {each.id for each in ast.walk(node.args[1]) if isinstance(each, ast.Name)} & KINDS
    ]
    assert asked == []


def test_what_a_test_saves_is_not_left_in_the_house() -> None:
    assert ROOT not in own_presets_folder().absolute().parents
