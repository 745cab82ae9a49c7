"""Rich's tables as text for stdout. No cell is cut: a table that is too wide for the terminal loses
its lines, then becomes a list of its rows.
"""

import sys
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segment, Segments
from rich.table import Table

from fftui.inert import inert

PLAIN_WIDTH = 100  # of a table that goes into a file or a pipe, where its cells need no more
UNBOUNDED = 100_000


def table_text(table: Table) -> str:
    """A table in the colours and width of the terminal, or without colours where stdout is none;
    without lines where it is not UTF-8.
    """
    terminal = sys.stdout.isatty()
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        table.box = None
    for column in table.columns:
        if column.no_wrap:  # of itself Rich cuts such a column between its words
            cells = (column.header, *column.cells)
            column.min_width = max(cell_len(str(cell)) for cell in cells)
    text = StringIO()
    console = Console(file=text, force_terminal=terminal, highlight=False, markup=False)
    if not terminal:
        console.width = max(PLAIN_WIDTH, _least_width(table, console))
    elif _least_width(table, console) > console.width:
        table.box, table.show_lines = None, False
        if _least_width(table, console) > console.width:
            return inert(_as_list(table))
    # as the console would print it, but for characters of its cells that are no text
    drawn = [
        part if part.control else Segment(inert(part.text), part.style)
        for part in console.render(table)
    ]
    console.print(Segments(drawn), end="")
    return text.getvalue()


def _least_width(table: Table, console: Console) -> int:
    """The columns of text that the table takes where words are broken into lines as often as they
    may be.
    """
    unbounded = console.options.update(max_width=UNBOUNDED)
    return Measurement.get(console, unbounded, table).minimum


def _as_list(table: Table) -> str:
    """Each row as lines of a name and a value, and an empty line after it."""
    names = [str(column.header) for column in table.columns]
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [f"{table.title}\n"] if table.title else []
    for row in rows:
        pairs = zip(names, map(str, row), strict=True)
        lines.append("".join(f"{name}: {value}\n" for name, value in pairs))
    return "\n".join(lines) + "\n"
