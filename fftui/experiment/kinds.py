"""Registries of descriptions that a tag tells apart: `kind` of a layer, `rule` of a phase."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar, Union

from pydantic import Discriminator, Tag, TypeAdapter

from fftui.errors import ExperimentError, hint
from fftui.experiment.config import Config
from fftui.plugins import load_plugins, plugin_failures

UNKNOWN_KIND = (
    "unknown_kind"  # the type of the error in a ValidationError; its context has the `tag`
)

C = TypeVar("C", bound=Config)
D = TypeVar("D", bound=Config)


class Kinds(Generic[C]):
    """The descriptions with one base, each under the default of its field `tag`.

    A table without a tag is of kind `default`; without a default it is refused. A name that is not
    registered is looked for in the plugins.
    """

    def __init__(self, base: type[C], tag: str, *, default: str | None = None) -> None:
        self.base = base
        self.tag = tag
        self._default = default
        self._classes: dict[str, type[C]] = {}
        self._adapter: TypeAdapter[C] | None = None

    def add(self, description: type[D]) -> type[D]:
        """Register `description`; a class decorator.

        Raises ExperimentError where it is no description of this registry, has no tag, or another
        one has its tag.
        """
        where = f"{description.__module__}.{description.__qualname__}"
        kind: type[Config] = description  # so that the check below narrows no type of the caller's
        if not issubclass(kind, self.base):
            msg = f"{where} should derive from {self.base.__name__}"
            raise ExperimentError(msg)
        field = description.model_fields.get(self.tag)
        if field is None or not isinstance(field.default, str):
            msg = f"{where} needs a name: {self.tag}: Literal['name'] = 'name'"
            raise ExperimentError(msg)
        other = self._classes.get(field.default)
        if other is not None and f"{other.__module__}.{other.__qualname__}" != where:
            msg = (
                f"{where} has the {self.tag} {field.default!r} of"
                f" {other.__module__}.{other.__qualname__}; give it another name"
            )
            raise ExperimentError(msg)
        self._classes[field.default] = kind
        self._adapter = None
        return description

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all kinds, those of plugins included, in the order in which they were added."""
        load_plugins()
        return tuple(self._classes)

    @property
    def classes(self) -> tuple[type[C], ...]:
        """The descriptions of all kinds, those of plugins included."""
        load_plugins()
        return tuple(self._classes.values())

    def items(self) -> tuple[tuple[str, type[C]], ...]:
        """Pairs of name and description of all kinds, those of plugins included."""
        load_plugins()
        return tuple(self._classes.items())

    def find(self, name: str | None) -> type[C] | None:
        """The description called `name` (None: the default one); None where there is none."""
        wanted = name or self._default or ""
        if wanted not in self._classes:
            load_plugins()
        return self._classes.get(wanted)

    def get(self, name: str) -> type[C]:
        """The description called `name`. Raises ExperimentError, with the nearest name, where there
        is none.
        """
        found = self.find(name)
        if found is None:
            reasons = "".join(f"; {failure}" for failure in plugin_failures())
            msg = f"{self.tag} should be one of {', '.join(self._classes)}, not {name!r}"
            raise ExperimentError(msg + hint(name, self._classes) + reasons)
        return found

    def validate(self, value: object) -> C:
        """The description in `value`, a mapping or an instance.

        Raises ValidationError, or ExperimentError where the kind is unknown and a plugin that may
        have it cannot be loaded.
        """
        name = self._tag_of(value)
        if name is not None and self.find(name) is None and plugin_failures():
            self.get(name)
        if self._adapter is None:
            self._adapter = self._union()
        return self._adapter.validate_python(value)

    def _tag_of(self, value: object) -> str | None:
        given = (
            value.get(self.tag, self._default)
            if isinstance(value, Mapping)
            else getattr(value, self.tag, None)
        )
        return None if given is None else str(given)

    def _union(self) -> TypeAdapter[C]:
        """The validator of a tagged union of all descriptions, which keeps pydantic's locations."""
        tagged: list[Any] = [Annotated[cls, Tag(name)] for name, cls in self._classes.items()]
        discriminator = Discriminator(
            self._tag_of,
            custom_error_type=UNKNOWN_KIND,
            custom_error_message=f"Unknown or missing {self.tag}",
            custom_error_context={"tag": self.tag},
        )
        union: Any = Annotated[Union[tuple(tagged)], discriminator]  # noqa: UP007 - made at run time
        return TypeAdapter(union)
