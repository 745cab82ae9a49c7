"""What libraries make anew for every app and every command, made once for all tests: the rules of a
stylesheet took a fifth of the time of a test of a screen, the commands half of that of a command.

In the product a process makes each of them once.
"""

from functools import wraps
from typing import Any

import typer.main
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


def keep_parsed_styles() -> None:
    """Parse a piece of a stylesheet once with the same variables, which are those of a theme."""
    parse = Stylesheet._parse_rules
    kept: dict[object, list[RuleSet]] = {}

    @wraps(parse)
    def parse_rules(self: Stylesheet, *names: Any, **options: Any) -> list[RuleSet]:
        variables = tuple(sorted(self._variables.items()))
        asked = names, tuple(sorted(options.items())), variables
        if asked not in kept:
            kept[asked] = parse(self, *names, **options)
        return list(kept[asked])

    Stylesheet._parse_rules = parse_rules  # type: ignore[method-assign]


def keep_built_commands() -> None:
    """Build the commands of an app once, as long as it has no more of them."""
    build = typer.main.get_command
    kept: dict[object, Any] = {}

    @wraps(build)
    def get_command(app: typer.Typer) -> Any:
        asked = id(app), len(app.registered_commands), len(app.registered_groups)
        if asked not in kept:
            kept[asked] = app, build(app)  # the app is kept: another might get its id
        command = kept[asked][1]
        _forget_help(command)
        return command

    typer.main.get_command = get_command


def _forget_help(command: Any) -> None:
    """A command keeps its help option, whose names are those of the context in which it was asked
    for first: alone it has no -h.
    """
    command._help_option = None
    for each in getattr(command, "commands", {}).values():
        _forget_help(each)
