"""Everything fftui refuses or fails at, as one small tree.

FFTUIError                what the command line shows as one line; exit code 1
├── RequestError          the request was wrong: mend the command or the file and try again; exit code 2
│   ├── ExperimentError   an experiment, preset or override that cannot be carried out
│   ├── DataError         a data set that is missing, damaged or may not be read
│   └── RunNotFoundError  no run, or several, by that name
└── RunFailedError        a run that was right but did not finish: see its journal

Each message says what was wrong, where, and what to do.
"""

import difflib
from collections.abc import Iterable
from typing import TypeVar

Name = TypeVar("Name", bound=str)
NEAR = 0.5  # of `difflib`'s ratio: what is less alike was not meant


class FFTUIError(Exception):
    """Anything fftui reports to its user in one line."""

    exit_code = 1


class RequestError(FFTUIError):
    """The request was wrong; nothing was done."""

    exit_code = 2


class ExperimentError(RequestError):
    """An experiment, preset or override that cannot be carried out."""


class DataError(RequestError):
    """A data set that is missing, damaged or may not be read."""


class RunNotFoundError(RequestError):
    """No run, or more than one, goes by the name given."""


class RunFailedError(FFTUIError):
    """A run that was started and could not be finished."""


def one_of(what: str, name: str, names: Iterable[Name]) -> Name:
    """The one of `names` that `name` says. Raises RequestError, with the nearest and all of them, where none is."""
    known = {each: each for each in names}
    if name in known:
        return known[name]
    near = nearest(name, known)
    hint = f"; did you mean {near!r}? There are" if near else "; there are"
    msg = f"no {what} is called {name!r}{hint} {', '.join(known)}"
    raise RequestError(msg)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` was probably meant to be; None where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR)
    return near[0] if near else None
