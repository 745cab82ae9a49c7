"""The errors that fftui reports, as one small tree.

FFTUIError                shown by the command line as one line; exit code 1
├── RequestError          the request was wrong: correct it and try again; exit code 2
│   ├── ExperimentError   an experiment, preset or override that is not valid
│   ├── DataError         a data set that is missing, damaged or not readable
│   ├── FilterError       a filter, order or column of a list of runs that cannot be understood
│   └── RunNotFoundError  no run, or several runs, of that name
└── RunFailedError        a valid run that did not finish: see its journal

Each message says what was wrong, where, and what to do. What people wrote may be of any length and
kind: `shown` quotes it, and a message is a line that can be read.
"""

import difflib
import reprlib
import unicodedata
from collections.abc import Iterable
from typing import TypeVar

Name = TypeVar("Name", bound=str)
NEAR = 0.5  # the least similarity (`difflib`'s ratio) of a name that is suggested
LONGEST_GUESSED = 60  # characters of a name for which the nearest is looked for
LONGEST_MESSAGE = 600  # characters: seven lines of a terminal
LONGEST_SHOWN = 80  # characters of a value in a message
_END_KEPT = 150  # characters at the end of a message that is cut: they say what to do
_HUGE = 10**40  # integers from here on are not written out: Python refuses to, beyond 4,300 digits


class FFTUIError(Exception):
    """Anything fftui reports to its user in one line."""

    exit_code = 1

    def __str__(self) -> str:
        """The message, cut in its middle to `LONGEST_MESSAGE` characters."""
        message = super().__str__()
        if len(message) <= LONGEST_MESSAGE:
            return message
        begin = LONGEST_MESSAGE - _END_KEPT - len(" … ")
        return f"{message[:begin].rstrip()} … {message[-_END_KEPT:].lstrip()}"


class RequestError(FFTUIError):
    """The request was wrong; nothing was done."""

    exit_code = 2


class ExperimentError(RequestError):
    """An experiment, preset or override that is not valid."""


class DataError(RequestError):
    """A data set that is missing, damaged or not readable."""


class FilterError(RequestError):
    """A filter, order or column of a list of runs that cannot be understood; `at` is the place in
    the filter, from 0.
    """

    def __init__(self, reason: str, at: int | None = None) -> None:
        super().__init__(reason if at is None else f"{reason} (character {at + 1} of the filter)")
        self.at = at


class RunNotFoundError(RequestError):
    """No run, or more than one, has the name given."""


class RunFailedError(FFTUIError):
    """A run that started and could not finish."""


def in_one_line(error: BaseException) -> str:
    """The first line of an error's message; its type where there is none, and before the message of
    one that was not written for people.
    """
    text, kind = str(error).strip(), type(error).__name__
    if not text:
        return kind
    written = isinstance(error, FFTUIError | OSError | RuntimeError | ImportError | ValueError)
    line = text.splitlines()[0]
    return line if written else f"{kind}: {line}"


def one_of(what: str, name: str, names: Iterable[Name]) -> Name:
    """`name`, checked to be one of `names`. Raises RequestError, listing the nearest and all names,
    if it is not.
    """
    known = {each: each for each in names}
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f"; did you mean {near!r}? There are" if near else "; there are"
    msg = f"no {what} is called {shown(name)}{hint} {', '.join(known)}"
    raise RequestError(msg)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most similar to `name`; None where none is similar."""
    if len(name) > LONGEST_GUESSED:
        return None
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR)
    return near[0] if near else None


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest of `known`; empty where none is near."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""


class _ShortRepr(reprlib.Repr):
    """`repr` of the first items of what is long, deep or huge."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, LONGEST_SHOWN, LONGEST_SHOWN
        self.maxdict = self.maxlist = self.maxtuple = 4

    def repr_int(self, x: int, level: int) -> str:
        """An integer; of a huge one its size."""
        if -_HUGE < x < _HUGE:
            return repr(x)
        return f"an integer of about {round(x.bit_length() * 0.30103):,} digits"


_SHORT = _ShortRepr()


def shown(value: object) -> str:
    """`value` as a message quotes it: as `repr` writes it, and never long."""
    text = _SHORT.repr(value)
    return text if len(text) <= 2 * LONGEST_SHOWN else f"{text[: 2 * LONGEST_SHOWN]}…"


def unwritable(text: str, allowed: str = "\n\t") -> str | None:
    """The first character that no text in a file or a list can have, as a message quotes it: a
    control character, but for those `allowed`, or half of a surrogate pair, as in words that are
    not in UTF-8; None where there is none.
    """
    bad = (sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs"))
    return next((repr(sign) for sign in bad if sign not in allowed), None)
