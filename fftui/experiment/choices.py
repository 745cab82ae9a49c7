"""Names of the functions that an experiment may name: losses, kinds of goodness, activations.

They are read from the decorators in the files in which the functions stand, since those files load
torch and a description, a form or `fftui --help` should not. Functions from outside the package
are added as they are registered.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from fftui.errors import hint
from fftui.plugins import load_plugins, plugin_failures

What = Literal["loss", "goodness", "activation"]
OWN_CODE = "; one of your own is known once its package is installed (docs/extend.md)"
LEARNING = Path(__file__).parent.parent / "learning"
FILES: dict[What, Path] = {
    "loss": LEARNING / "losses.py",
    "goodness": LEARNING / "goodness.py",
    "activation": LEARNING / "activations.py",
}
_added: dict[tuple[What, str], "Named"] = {}


@dataclass(frozen=True)
class Named:
    """A function that experiments name; `options` are its keyword-only parameters, `required`
    those without a default.
    """

    name: str
    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def problems(self, given: Collection[str], fields: Collection[str]) -> Iterator[str]:
        """Options that it does not have among those `given`, and those that it needs and gets
        neither so nor from `fields`.
        """
        for option in given:
            if option not in self.options:
                near, known = hint(option, self.options), ", ".join(self.options) or "none"
                yield f"{self.name!r} has no option {option!r}{near} (its options: {known})"
        for option in self.required:
            if option not in given and option not in fields:
                yield f"{self.name!r} needs its option {option!r}"


def add_choice(
    what: What, name: str, options: tuple[str, ...] = (), required: tuple[str, ...] = ()
) -> None:
    """Register the name of a function that the package's own files do not have, and its options."""
    _added[what, name] = Named(name, options, required)


def choices(what: What) -> dict[str, Named]:
    """The functions that an experiment may name, by name: the package's, then the added ones."""
    added = {name: each for (kind, name), each in _added.items() if kind == what}
    return {each.name: each for each in _in_source(what)} | added


def named(what: What, name: str) -> Named:
    """The function called `name`; without options where it is unknown."""
    return choices(what).get(name, Named(name))


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
        reasons = "".join(f"; {failure}" for failure in plugin_failures())
        near = hint(name, names) or OWN_CODE
        msg = f"should be one of {', '.join(names)}, not {name!r}{near}{reasons}"
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
            names = (_name_in(decorator, what) for decorator in node.decorator_list)
            yield from (_named(name, node) for name in names if name is not None)


def _named(name: str, node: ast.FunctionDef | ast.ClassDef) -> Named:
    if isinstance(node, ast.ClassDef):
        return Named(name)
    options = tuple(each.arg for each in node.args.kwonlyargs)
    defaults = zip(options, node.args.kw_defaults, strict=True)
    return Named(name, options, tuple(option for option, default in defaults if default is None))


def _name_in(decorator: ast.expr, what: What) -> str | None:
    """The name given in the decorator; None where it is another decorator."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name)):
        return None
    if decorator.func.id != what and not decorator.func.id.endswith(f"_{what}"):
        return None
    first = decorator.args[0] if decorator.args else None
    value = first.value if isinstance(first, ast.Constant) else None
    return value if isinstance(value, str) else None
