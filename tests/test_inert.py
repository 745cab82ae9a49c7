"""Text from outside: what is obeyed or shown in another order is replaced, all else stays."""

import ast
import csv
import json
import unicodedata
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.inert import (
    FORMULA,
    MARK,
    RUST_HARMFUL,
    RUST_LINE_BREAKS,
    in_cells,
    inert,
    inert_json,
    markdown_cell,
    one_line,
    spreadsheet_cell,
)

ROOT = Path(__file__).parents[1] / "fftui"
# signs for numbers that are seen, and the joiners of scripts and emoji
HARMLESS = {
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x200C, 0x200D, 0x110BD, 0x110CD,
    *range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4),
}  # fmt: skip
EVERY = [chr(code) for code in range(0x110000)]
# what may write to a terminal by itself, and why it is inert there
WRITERS = {
    "text/streams.py": "the one place where text goes out",
    "text/follow.py": "lines at once, inert",
    "text/displays.py": "Rich's bar over lines made inert",
    "text/notices.py": "OSC 9 around a name made inert",
    "text/rich_tables.py": "returns text, its cells inert",
    "text/run_result.py": "asks whether it is a terminal",
    "text/signal_handlers.py": "shows the cursor",
    "text/detached.py": "connects the streams to the log",
    "executors/node_command.py": "the log of a job or task, lines made inert",
    "doctor/render.py": "asks for width and colour",
    "doctor/terminal_section.py": "asks Rich for colours",
    "cli/runs_commands.py": "asks whether it is a terminal",
    "cli/run_commands.py": "asks whether it is a terminal",
    "cli/study_headless.py": "asks whether it is a terminal",
    "cli/claims_headless.py": "asks whether it is a terminal",
    "cli/open_screen.py": "asks whether it is a terminal",
    "tui/driver.py": "what the screen's last filter has passed",
    "tui/own_loop.py": "flushes them at the end",
    "tui/app_runner.py": "connects the streams while the screen is open",
}


def test_all_that_is_no_text_is_replaced() -> None:
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    harmful = {sign for sign in EVERY if unicodedata.category(sign) in categories}
    kept = {sign for sign in EVERY if inert(sign) == sign}
    assert harmful & kept <= {"\n", "\t", *map(chr, HARMLESS)}
    lost = set(EVERY) - harmful - kept
    assert {unicodedata.category(sign) for sign in lost} <= {"Cn"}
    assert one_line("a\r\nb\tc\u2028d\x85e\x1b") == f"a b c d e{MARK}"


def test_columns_of_a_table_are_treated_as_text_is() -> None:
    signs = [sign for sign in EVERY if unicodedata.category(sign) != "Cs"]
    column = pl.Series(signs).str.replace_all(RUST_LINE_BREAKS, " ")
    assert column.str.replace_all(RUST_HARMFUL, MARK).to_list() == [one_line(s) for s in signs]
    assert pl.Series(["=1", "＝1", "1"]).str.contains(FORMULA).to_list() == [True, True, False]


@given(st.text(st.characters(exclude_categories=())))
def test_json_has_the_same_values_and_is_inert(text: str) -> None:
    written = inert_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    assert inert(written) == written
    assert in_cells(in_cells(text)) == in_cells(text)


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@x", "\t=1", "\r=1", "＝1", "-"])
def test_no_cell_is_a_formula(text: str) -> None:
    cell = spreadsheet_cell(text)
    assert cell[0] in "' "
    content = StringIO()
    csv.writer(content).writerow([cell])
    assert not content.getvalue().startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


def test_numbers_are_no_formulas() -> None:
    assert [spreadsheet_cell(text) for text in ("-0.5", "+1e3", "abc")] == ["-0.5", "+1e3", "abc"]


def test_a_cell_of_markdown_has_no_markup() -> None:
    assert markdown_cell("a|b\\|c\r\n<b>[x](y)`") == "a\\|b\\\\\\|c &lt;b>\\[x](y)\\`"


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_text_goes_out_in_one_place(path: Path) -> None:
    """A module that touches stdout or stderr, or has a console, stands above with its reason."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    touched = [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "echo", "secho"))
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Console", "print"))
        or (isinstance(node, ast.Constant) and node.value in ("/dev/tty",))
    ]
    of_processes = [  # `subprocess.run(…, stdout=…)` and what such a process has written
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("stdout", "stderr")
        and getattr(node.value, "id", "") != "sys"
    ]
    where = path.relative_to(ROOT).as_posix()
    assert sorted(set(touched) - set(of_processes)) == [] or where in WRITERS
