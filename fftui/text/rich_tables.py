"""Rich's tables as text for stdout."""

import sys
from io import StringIO

from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 100  # of a table that goes into a file or a pipe


def table_text(table: Table) -> str:
    """A table in the colours and width of the terminal, or without colours where stdout is none;
    without lines where it is not UTF-8.
    """
    terminal = sys.stdout.isatty()
    text = StringIO()
    console = Console(
        file=text,
        force_terminal=terminal,
        width=None if terminal else PLAIN_WIDTH,
        highlight=False,
        markup=False,
    )
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        table.box = None
    console.print(table)
    return text.getvalue()
