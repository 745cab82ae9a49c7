"""Numbers as text: short, of steady width, and a dash where there is none; and columns of text."""

import math
from collections.abc import Sequence
from datetime import datetime

from fftui.errors import RequestError
from fftui.inert import one_line

UNITS_S = {"s": 1, "m": 60, "h": 3600}
MISSING = "–"
WIDEST = 200  # characters of a column; what is longer keeps its line and pads no other


def number(value: float | None, digits: int = 4) -> str:
    """`value` with about `digits` significant digits; at most digits + 2 characters up to a
    million.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value) if abs(value) >= 1e-99 else 0.0  # three digits of exponent would say no more
    value = value if size else 0.0
    if size >= 10 ** (digits + 2) or 0 < size < 10**-digits:
        return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    whole = len(str(int(size))) if size >= 1 else 1
    return f"{value:.{max(0, digits - whole)}f}"


def short(value: float | None) -> str:
    """`value` with three significant digits."""
    return number(value, 3)


def percent(fraction: float | None, digits: int = 2, missing: str = MISSING) -> str:
    """A fraction of 1 as percent, without the sign; `missing` where there is none."""
    if fraction is None or not math.isfinite(fraction):
        return missing
    return f"{100 * fraction:.{digits}f}"


def accuracy_text(fraction: float | None) -> str:
    """An accuracy in percent, with the sign; `n/a` where there is none."""
    return "n/a" if fraction is None else f"{percent(fraction)} %"


def duration(seconds: float | None) -> str:
    """Seconds as `0.42 s`, `3.1 s`, `42 s`, `2:13` or `1:02:13`."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return MISSING
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def parse_duration(text: str) -> float:
    """Seconds of `90s`, `10m`, `1.5h`, or of a bare number of seconds. Raises RequestError for
    another text.
    """
    number, unit = text.strip(), 1
    if number and number[-1] in UNITS_S:
        number, unit = number[:-1], UNITS_S[number[-1]]
    try:
        seconds = float(number) * unit
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        msg = f"a time is a number above 0 with s, m or h, such as 90s or 10m, not {text!r}"
        raise RequestError(msg)
    return seconds


def roughly(seconds: float | None) -> str:
    """Estimated seconds as `~20 s`, `~4 min`, `~2.5 h` or `~12 days`; `~` alone where there is no
    estimate.
    """
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "~"
    if seconds < 10:
        return f"~{max(1, round(seconds))} s"
    if seconds < 90:
        return f"~{round(seconds / 5) * 5} s"
    if seconds < 90 * 60:
        return f"~{round(seconds / 60)} min"
    if seconds < 72 * 3600:
        return f"~{seconds / 3600:.1f} h"
    return f"~{seconds / 86400:.0f} days"


def size(count: float | None) -> str:
    """Bytes as `312 MB` or `4.1 GB` (powers of ten)."""
    if count is None or not math.isfinite(count):
        return MISSING
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= factor:
            amount = count / factor
            return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"
    return f"{count / 1e3:.0f} kB"


def energy(joules: float | None) -> str:
    """Joules with three significant digits and a prefix: `12.3 mJ`, `840 J`, `1.23 kJ`,
    `4.50 MJ`.
    """
    if joules is None or not math.isfinite(joules):
        return MISSING
    for unit, factor in (("MJ", 1e6), ("kJ", 1e3), ("J", 1.0), ("mJ", 1e-3), ("µJ", 1e-6)):
        if joules >= 0.9995 * factor:
            return f"{number(joules / factor, 3)} {unit}"
    return f"{number(joules, 3)} J"


def count(value: float | None) -> str:
    """A whole number in groups of three digits: `60 000`."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:,.0f}".replace(",", " ")


def clock(at: float | None) -> str:
    """The local time of day of a Unix time: `14:05:09`."""
    try:
        return (
            datetime.fromtimestamp(at or 0.0).astimezone().strftime("%H:%M:%S")
            if at is not None
            else MISSING
        )
    except (ValueError, OverflowError, OSError):  # a journal may hold any number
        return MISSING


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under `head`, aligned by spaces, each one line; the last column is not padded."""
    head, *rows = ([one_line(cell) for cell in row] for row in [head, *rows])
    widths = [min(WIDEST, max(len(row[i]) for row in [head, *rows])) for i in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [head, *rows]
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)
