"""Names of the functions that an experiment may name: losses, kinds of goodness, activations.

They are read from the decorators in the files in which the functions stand, since those files load
torch and a description, a form or `fftui --help` should not. Functions from outside the package
are added as they are registered.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from fftui.errors import nearest
from fftui.plugins import load_plugins, plugin_failures

What = Literal["loss", "goodness", "activation"]
LEARNING = Path(__file__).parent.parent / "learning"
FILES: dict[What, Path] = {
    "loss": LEARNING / "losses.py",
    "goodness": LEARNING / "goodness.py",
    "activation": LEARNING / "activations.py",
}
_added: dict[tuple[What, str], "Named"] = {}


@dataclass(frozen=True)
class Named:
    """A function that experiments name; `options` are its keyword-only parameters."""

    name: str
    options: tuple[str, ...] = ()


def add_choice(what: What, name: str, options: tuple[str, ...] = ()) -> None:
    """Register the name of a function from outside the package, and its options."""
    _added[what, name] = Named(name, options)


def choices(what: What) -> dict[str, Named]:
    """The functions that an experiment may name, by name: the package's, then the added ones."""
    own = {named.name: named for named in _in_source(what)}
    return own | {name: named for (kind, name), named in _added.items() if kind == what}


def options_of(what: What, name: str) -> tuple[str, ...]:
    """Names of the options of a function; empty where it is unknown."""
    named = choices(what).get(name)
    return named.options if named else ()


@runtime_checkable
class OneOfNames(Protocol):
    """Annotation of a field whose text is one of names that are known only when asked for."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names there are, in the order in which a form offers them."""


class FilledIn:
    """Annotation of a field that is filled in, not asked for: a form leaves it out."""


@dataclass(frozen=True)
class Choice:
    """Annotation of a field that holds the name of a function."""

    what: What

    @property
    def names(self) -> tuple[str, ...]:
        """The names there are, those of plugins included."""
        load_plugins()
        return tuple(choices(self.what))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def _known(self, name: str) -> str:
        if name in choices(self.what):
            return name
        names = self.names
        if name in names:
            return name
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        reasons = "".join(f"; {failure}" for failure in plugin_failures())
        msg = f"should be one of {', '.join(names)}, not {name!r}{hint}{reasons}"
        raise ValueError(msg)


@cache
def _in_source(what: What) -> tuple[Named, ...]:
    tree = ast.parse(FILES[what].read_text(encoding="utf-8"))
    return tuple(_decorated(tree, what))


def _decorated(tree: ast.Module, what: What) -> Iterator[Named]:
    """The functions and classes under a decorator such as `@loss("margin")` or
    `@closed_form_loss("softplus")`.
    """
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            options = (
                tuple(each.arg for each in node.args.kwonlyargs)
                if isinstance(node, ast.FunctionDef)
                else ()
            )
            for decorator in node.decorator_list:
                name = _name_in(decorator, what)
                if name is not None:
                    yield Named(name, options)


def _name_in(decorator: ast.expr, what: What) -> str | None:
    """The name given in the decorator; None where it is another decorator."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name)):
        return None
    if decorator.func.id != what and not decorator.func.id.endswith(f"_{what}"):
        return None
    first = decorator.args[0] if decorator.args else None
    value = first.value if isinstance(first, ast.Constant) else None
    return value if isinstance(value, str) else None
