"""A report as text that is read from top to bottom, and as JSON."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator

from fftui.doctor.checks import Check, Report, Section, State
from fftui.inert import inert_json, one_line

WIDTH = 80
NARROWEST, WIDEST = 40, 100
STATE_WIDTH = len("missing")
COLOURS: dict[State, int] = {"ok": 32, "note": 33, "missing": 33, "broken": 31}


def report_text(report: Report, width: int = WIDTH, *, colour: bool = False) -> str:
    """The report in lines of at most `width` columns (a longer word keeps its line): state, name,
    value, advice.
    """
    lines = [
        line
        for section in report.sections
        for line in [*_section_lines(section, width, colour=colour), ""]
    ]
    return "\n".join([*lines, *textwrap.wrap(_end(report), width)]) + "\n"


def report_json(report: Report) -> str:
    """The report as one JSON object: section, key of the fact, then its state, value and advice
    (null: none).
    """
    found: dict[str, object] = {"healthy": not report.broken}
    for section in report.sections:
        found[section.key] = {
            check.key: {"state": check.state, "value": check.value, "advice": check.advice or None}
            for check in section.checks
        }
    return inert_json(json.dumps(found, ensure_ascii=False))


def output_width() -> int:
    """The columns of stdout if it is a terminal, within reason; else 80."""
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return WIDTH
    return min(max(columns, NARROWEST), WIDEST) if columns else WIDTH


def output_has_colour() -> bool:
    """Whether stdout is a terminal that shows colours, and nobody asked for none."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}
    )


def _section_lines(section: Section, width: int, *, colour: bool) -> Iterator[str]:
    label_width = min(max(len(check.label) for check in section.checks), width // 4)
    yield f"\x1b[1m{section.title}\x1b[0m" if colour else section.title
    for check in section.checks:
        yield from _check_lines(check, label_width, width, colour=colour)


def _check_lines(check: Check, label_width: int, width: int, *, colour: bool) -> Iterator[str]:
    state = check.state.ljust(STATE_WIDTH)
    head = f"  {state}  {check.label.ljust(label_width)}  "
    indent = " " * (2 + STATE_WIDTH + 2 + label_width + 2)
    first, *rest = _wrapped(check.text, head, indent, width)
    yield (
        first.replace(state, f"\x1b[{COLOURS[check.state]}m{state}\x1b[0m", 1) if colour else first
    )
    yield from rest
    if check.advice:
        yield from _wrapped(check.advice, indent, indent, width)


def _wrapped(text: str, first: str, indent: str, width: int) -> list[str]:
    """`text` in lines; paths and commands are not broken, so that they can be copied."""
    return textwrap.wrap(
        one_line(f"{first}{' '.join(text.split())}"),
        width,
        subsequent_indent=indent,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _end(report: Report) -> str:
    broken = report.broken
    if broken:
        return (
            "fftui cannot work here before this is mended:"
            f" {', '.join(check.label for check in broken)}."
        )
    missing, notes = len(report.in_state("missing")), len(report.in_state("note"))
    return (
        f"fftui can work here: nothing that it needs is broken. {missing} missing, {notes} to note."
    )
