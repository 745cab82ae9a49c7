"""The paper's claims and their verdicts as text: plain, Markdown, or a table for the terminal."""

import json
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from textwrap import fill, wrap
from typing import Any, Literal, get_args

from rich.table import Table
from rich.text import Text

from fftui.claims import MARGINS
from fftui.text.format import duration
from fftui.text.rich_tables import table_text

To = Literal["text", "markdown", "json"]
FORMATS: tuple[To, ...] = get_args(To)
WIDTH = 100  # of plain text
COLOURS = {"holds": "green", "does not hold": "red", "holds for another reason": "yellow"}
QUICK_IS_SHORT = (
    "Quick: a few thousand images, small networks, short trainings. It shows how each verdict comes"
    " about; the paper's own sizes need fftui reproduce without --quick."
)


def as_text(facts: dict[str, Any], to: To) -> str:
    """The claims in format `to`."""
    if to == "json":
        return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    return markdown(facts) if to == "markdown" else plain(facts)


def plain(facts: dict[str, Any]) -> str:
    """The claims as plain text, a block each, for screen readers and `grep`."""
    lines = []
    for claim in facts["claims"]:
        lines.append(f"{claim['id']}: {claim['verdict'].upper()}")
        for name, text in (
            ("claim", claim["statement"]),
            *_sections(claim),
            ("rule", claim["rule"]),
        ):
            lines += wrap(text, WIDTH, initial_indent=f"  {name:<10}", subsequent_indent=" " * 12)
        for text in _ran(claim):
            lines += wrap(text, WIDTH, initial_indent="  ran       ", subsequent_indent=" " * 12)
        lines.append("")
    for text in _notes(facts):
        lines += [*wrap(text, WIDTH), ""]
    return "\n".join(lines)


def markdown(facts: dict[str, Any]) -> str:
    """The claims as a Markdown table, and below it the rules and what was run."""
    head = ("claim", "the paper", "faithful rerun", "corrected", "verdict")
    lines = ["# The paper's claims", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for claim in facts["claims"]:
        verdict = f"**{claim['verdict']}**: {claim['why']}"
        cells = (claim["statement"], claim["paper"], claim["faithful"], claim["corrected"], verdict)
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    lines += ["", "## How a verdict is computed", ""]
    for text in _notes(facts):
        lines += [text, ""]
    lines += [
        f"- **{claim['statement']}** ({claim['id']}): {claim['rule']}" for claim in facts["claims"]
    ]
    lines += ["", "## What was run", "", "| claim | run |", "|---|---|"]
    lines += [
        f"| {claim['id']} | {_cell(text)} |" for claim in facts["claims"] for text in _ran(claim)
    ]
    return "\n".join(lines) + "\n"


def drawn(facts: dict[str, Any]) -> str:
    """The claims as a table for the terminal, in its colours and width."""
    table = Table(title="The paper's claims", title_justify="left", show_lines=True)
    ratios = {"claim": 3, "the paper": 3, "faithful rerun": 4, "corrected": 4, "verdict": 4}
    for name, ratio in ratios.items():
        table.add_column(name, ratio=ratio, overflow="fold")
    for claim in facts["claims"]:
        texts = [claim[name] for name in ("statement", "paper", "faithful", "corrected")]
        colour = COLOURS.get(claim["verdict"], "default")
        verdict = Text.assemble((claim["verdict"], f"bold {colour}"), f": {claim['why']}")
        table.add_row(*(text.replace("; ", "\n") for text in texts), verdict)
    rest = "The rule of each claim and what was run: --to markdown, or --json."
    width = get_terminal_size().columns
    return table_text(table) + "".join(f"{fill(text, width)}\n" for text in (*_notes(facts), rest))


def _sections(claim: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "paper", claim["paper"]
    if claim["faithful"]:
        yield "faithful", claim["faithful"]
    if claim["corrected"]:
        yield "corrected", claim["corrected"]
    yield "why", claim["why"]


def _ran(claim: dict[str, Any]) -> Iterator[str]:
    """What was run for a claim, a line for each set-up."""
    for evidence in claim["evidence"]:
        if evidence["absent"] is None:
            runs = len(evidence["runs"])
            took = f"{runs} run{'s' if runs > 1 else ''}, {duration(evidence['train_s'])}"
            yield f"{evidence['role']}: {evidence['what']} ({took})"


def _notes(facts: dict[str, Any]) -> Sequence[str]:
    return (MARGINS, QUICK_IS_SHORT) if facts["scale"] == "quick" else (MARGINS,)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
