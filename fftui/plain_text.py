"""Reads the small text files that people write: UTF-8, of a size that can be read, TOML."""

import codecs
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fftui.errors import shown
from fftui.regular_files import NotRegularError, TooLargeError, read_at_most

LARGEST = 1_000_000  # bytes of a file
DEEPEST = 30  # tables and lists inside each other; an experiment has five
LARGEST_INTEGER = 2**63 - 1  # TOML's own
NOT_UTF_8 = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# A dotted key of more parts than tables may be inside each other: tomllib takes quadratic time.
_LONG_KEY = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)""" + f"{{{DEEPEST}}}"
)
_TOO_DEEP = f"tables or lists are more than {DEEPEST} deep inside each other"


class NotToml(ValueError):  # noqa: N818 - says what it is
    """A text that is no TOML at all."""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark.

    Raises ValueError, with what to do, where it is in another encoding, too large or no file; and
    OSError.
    """
    try:
        content = read_at_most(path, LARGEST)
    except (NotRegularError, TooLargeError) as error:
        msg = f"it {error.strerror}"
        raise ValueError(msg) from None
    for mark, encoding in NOT_UTF_8:
        if content.startswith(mark):
            msg = f"it is in {encoding}: save it again as UTF-8"
            raise ValueError(msg)
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        msg = f"line {line} is not in UTF-8: save it again as UTF-8"
        raise ValueError(msg) from None


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises NotToml where it is none, and ValueError where what is in
    it has no measure: `immoderate`.
    """
    if _LONG_KEY.search(text):
        raise ValueError(_TOO_DEEP)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"not valid TOML: {error}"
        raise NotToml(msg) from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        msg = f"it holds an integer beyond {LARGEST_INTEGER}, the largest there is in TOML"
        raise ValueError(msg) from None
    if problem := immoderate(values):
        raise ValueError(problem)
    return values


def immoderate(values: Mapping[str, Any]) -> str | None:
    """What in plain values no experiment can have, with its path: tables too deep inside each
    other, an integer beyond 64 bits, a text that is no UTF-8; None where there is nothing.
    """
    waiting: list[tuple[tuple[object, ...], object]] = [((), values)]
    while waiting:
        path, value = waiting.pop()
        if problem := _problem(path, value):
            name = ".".join(map(str, path[:DEEPEST]))
            return f"{name}: {problem}" if name else problem
        if isinstance(value, Mapping):
            waiting += [((*path, key), each) for key, each in reversed([*value.items()])]
        elif isinstance(value, list | tuple):
            waiting += [((*path, index), each) for index, each in reversed([*enumerate(value)])]
    return None


def _problem(path: tuple[object, ...], value: object) -> str | None:
    if len(path) > DEEPEST:
        return _TOO_DEEP
    if isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return f"no integer can be larger than {LARGEST_INTEGER}; this is {shown(value)}"
    texts = (str(path[-1]) if path else "", value if isinstance(value, str) else "")
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            return f"{shown(text)} is not in UTF-8"
    return None
