"""Values and texts that nobody should write into a TOML file, drawn by a generator of numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

HUGE_INTEGERS = (
    "99999999999999999999",
    "-170141183460469231731687303715884105728",
    "1" * 4_299,
    "1" * 4_301,
    "0x" + "f" * 5_000,
    "1" * 100_000,
)
INTEGERS = ("0", "1", "-1", "2", "17", "2147483648", "9223372036854775808", *HUGE_INTEGERS)
FLOATS = ("0.0", "-0.0", "0.5", "1e30", "-1e308", "1e999", "nan", "-nan", "inf", "-inf", "1e-400")
DATES = ("1979-05-27", "1979-05-27T07:32:00Z", "0001-01-01T00:00:00-23:59", "07:32:00.999999")
WORDS = (
    "",
    " ",
    "a",
    "mnist",
    "mnist-mini",
    "minst",
    "forward-forward",
    "fully-connected",
    "self-attention",
    "../../etc/passwd",
    "/dev/zero",
    "null",
    "\x00",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    "\r\nfftui: all is well\r\n",
    "\u2028",
    "\ufeff",
    "ａｂｃ",
    "\U0001f600" * 3,
    "é" * 300,
    "x" * 100_000,
    "%s %n {0} {name!r}",
    "[bold red]markup[/]",
    "٣",
    "²",
)
NUMBERS_IN_PATHS = ("0", "1", "-1", "99", "9" * 30, "9" * 5_000, "٣", "²", "1e3", "N", "*")


@dataclass(frozen=True)
class Raw:
    """TOML text of a value, as it is written."""

    text: str


def any_value(random: Random, depth: int = 0) -> Any:
    """A value of any type: a `Raw`, or a table or list of such."""
    makers: list[Callable[[Random, int], Any]] = [_plain, _plain, _plain, _table, _list, _deep]
    return (makers if depth < 3 else makers[:3])[random.randrange(6 if depth < 3 else 3)](
        random, depth
    )


def _plain(random: Random, _depth: int) -> Raw:
    kinds = (INTEGERS, FLOATS, DATES, ("true", "false"), tuple(map(quoted, WORDS)))
    return Raw(random.choice(random.choice(kinds)))


def _table(random: Random, depth: int) -> dict[str, Any]:
    return {random.choice(WORDS): any_value(random, depth + 1) for _ in range(random.randrange(4))}


def _list(random: Random, depth: int) -> list[Any]:
    return [
        any_value(random, depth + 1)
        for _ in range(random.choice((0, 1, 2, 9, 300) if depth == 0 else (0, 1, 2)))
    ]


def _deep(random: Random, _depth: int) -> Raw:
    """A value nested deeper than anything sensible."""
    levels = random.choice((5, 50, 400, 3_000))
    if random.randrange(2):
        return Raw("[" * levels + "1" + "]" * levels)
    return Raw("{a = " * levels + "1" + "}" * levels)


@cache
def quoted(text: str) -> str:
    """`text` as a TOML string."""
    shown = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x7f": "\\u007f"}
    return (
        '"'
        + "".join(shown.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in text)
        + '"'
    )


def written(value: Any) -> str:
    """A value as inline TOML; plain Python values too."""
    match value:
        case Raw():
            return value.text
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return quoted(value)
        case dict():
            inside = (f"{quoted(str(key))} = {written(each)}" for key, each in value.items())
            return "{" + ", ".join(inside) + "}"
    return "[" + ", ".join(map(written, value)) + "]"


def whole_file(values: dict[str, Any]) -> str:
    """A TOML file with one line for each key."""
    return "".join(f"{quoted(key)} = {written(value)}\n" for key, value in values.items())


def damaged(random: Random, values: Any) -> Any:
    """`values` with something else in up to four places: another value, none, or a strange key."""
    for _ in range(random.randrange(1, 5)):
        values = _changed_once(random, values)
    return values


def _changed_once(random: Random, values: Any) -> Any:
    if random.random() < 0.2 or not isinstance(values, dict | list) or not values:
        return any_value(random)
    if isinstance(values, list):
        at = random.randrange(len(values))
        return [_changed_once(random, v) if i == at else v for i, v in enumerate(values)]
    key, kind = random.choice(list(values)), random.random()
    if kind < 0.15:
        return {name: each for name, each in values.items() if name != key}
    if kind < 0.3:
        return values | {random.choice(WORDS): any_value(random)}
    return values | {key: _changed_once(random, values[key])}


def as_bytes(random: Random, text: str) -> bytes:
    """The bytes of a file with `text`, in one of the encodings and states that files are found
    in.
    """
    whole = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.75:
        return whole
    cut = random.randrange(len(whole) + 1)
    states: tuple[bytes, ...] = (
        b"\xef\xbb\xbf" + whole,
        text.encode("utf-16", "surrogatepass"),
        text.encode("utf-16-be", "surrogatepass"),
        text.encode("utf-32", "surrogatepass"),
        whole[:cut],
        whole[:cut] + b"\xff\xfe\x00" + whole[cut:],
        whole[:cut] + b"\xed\xa0\x80" + whole[cut:],
        whole + whole,
        whole.replace(b"\n", b"\r\n"),
        b"\x00" * 1_000,
        b"",
        b"[" * 20_000,
        b"a." * 20_000 + b"a = 1",
        b"a = " + b"[" * 20_000,
        b"".join(b"[t%d]\n" % number for number in range(3_000)),
    )
    return random.choice(states)
