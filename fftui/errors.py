"""The errors that fftui reports, as one small tree.

FFTUIError                shown by the command line as one line; exit code 1
├── RequestError          the request was wrong: correct it and try again; exit code 2
│   ├── ExperimentError   an experiment, preset or override that is not valid
│   ├── DataError         a data set that is missing, damaged or not readable
│   ├── FilterError       a filter, order or column of a list of runs that cannot be understood
│   └── RunNotFoundError  no run, or several runs, of that name
└── RunFailedError        a valid run that did not finish: see its journal

Each message says what was wrong, where, and what to do.
"""

import difflib
from collections.abc import Iterable
from typing import TypeVar

Name = TypeVar("Name", bound=str)
NEAR = 0.5  # the least similarity (`difflib`'s ratio) of a name that is suggested


class FFTUIError(Exception):
    """Anything fftui reports to its user in one line."""

    exit_code = 1


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


def one_of(what: str, name: str, names: Iterable[Name]) -> Name:
    """`name`, checked to be one of `names`. Raises RequestError, listing the nearest and all names,
    if it is not.
    """
    known = {each: each for each in names}
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f"; did you mean {near!r}? There are" if near else "; there are"
    msg = f"no {what} is called {name!r}{hint} {', '.join(known)}"
    raise RequestError(msg)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most similar to `name`; None where none is similar."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR)
    return near[0] if near else None


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest of `known`; empty where none is near."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
