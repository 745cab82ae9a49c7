"""Tables on terminals of every width: nothing is cut."""

import re
import sys

import pytest
from rich.table import Table

from fftui.text.rich_tables import table_text

CELLS = ("784→1000", "120/120", "1:02:13", "0.5174", "37.60 %", "1234567.89")


def table() -> Table:
    made = Table(title="Layers")
    for number, name in enumerate(("inputs→units", "epochs", "time", "g+", "accuracy", "seen")):
        made.add_column(name, justify="right" if number else "left", no_wrap=True)
    made.add_row(*CELLS)
    made.add_row(*CELLS)
    return made


@pytest.mark.parametrize("width", [1, 20, 40, 60, 70, 80, 200])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_cell_is_cut(monkeypatch: pytest.MonkeyPatch, width: int, terminal: bool) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    text = re.sub(r"\x1b\[[\d;]*m", "", table_text(table()))
    assert "…" not in text
    for cell in CELLS:
        assert text.count(cell) == 2
    if terminal and width >= 70:
        assert max(map(len, text.splitlines())) <= width
