"""The paper's claims and their verdicts as text: plain, Markdown, or a table for the terminal."""

import json
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import fill, wrap
from typing import Literal, get_args

from rich.table import Table
from rich.text import Text

from fftui.claims import Verdict
from fftui.claims.claim_text import AS_PAPER, Facts, notes, run_cells, scale_text, sections
from fftui.inert import inert_json, one_line
from fftui.text.rich_tables import table_text

To = Literal["text", "markdown", "json"]
FORMATS: tuple[To, ...] = get_args(To)
WIDTH = 100  # of plain text
COLOURS: dict[Verdict, str] = {
    "holds": "green",
    "does not hold": "red",
    "only as the paper ran it": "yellow",
    "not as the paper ran it, but with care": "yellow",
}
RUN_COLUMNS = (
    "claim",
    "set-up",
    "scale",
    "seeds",
    "learned from",
    "tested on",
    "test accuracy (95 %)",
    "learning",
    "run",
)


def as_text(facts: Facts, to: To) -> str:
    """The claims in format `to`."""
    if to == "json":
        return inert_json(json.dumps(facts, ensure_ascii=False, indent=1)) + "\n"
    return markdown(facts) if to == "markdown" else plain(facts)


def plain(facts: Facts) -> str:
    """The claims as plain text, a block each, for screen readers and `grep`."""
    lines = []
    for claim in facts["claims"]:
        lines.append(f"{claim['id']}: {claim['verdict'].upper()}")
        for name, text in sections(claim):
            lines += wrap(text, WIDTH, initial_indent=f"  {name:<10}", subsequent_indent=" " * 12)
        lines.append("")
    for text in notes(facts):
        lines += [*wrap(text, WIDTH), ""]
    return "\n".join(lines)


def markdown(facts: Facts) -> str:
    """The claims as a Markdown table, and below it the rules and what was run."""
    head = ("claim", "the paper", AS_PAPER[facts["scale"]], "corrected", "runs", "verdict")
    lines = ["# The paper's claims", "", *_markdown_head(head)]
    for claim in facts["claims"]:
        verdict = f"**{claim['verdict']}**: {claim['why']}"
        texts = (claim[name] for name in ("statement", "paper", "as_paper", "corrected"))
        lines.append(_markdown_row((*texts, scale_text(claim), verdict)))
    lines += ["", "## How a verdict is computed", ""]
    for text in notes(facts):
        lines += [text, ""]
    lines += [
        f"- **{claim['statement']}** ({claim['id']}): {claim['rule']}" for claim in facts["claims"]
    ]
    lines += ["", "## What was run", "", *_markdown_head(RUN_COLUMNS)]
    lines += [
        _markdown_row((claim["id"], *run_cells(evidence)))
        for claim in facts["claims"]
        for evidence in claim["evidence"]
        if evidence["absent"] is None
    ]
    return "\n".join(lines) + "\n"


def drawn(facts: Facts) -> str:
    """The claims as a table for the terminal, in its colours and width."""
    table = Table(title="The paper's claims", title_justify="left", show_lines=True)
    as_paper = AS_PAPER[facts["scale"]]
    ratios = {"claim": 3, "the paper": 3, as_paper: 4, "corrected": 4, "verdict": 4}
    for name, ratio in ratios.items():
        table.add_column(name, ratio=ratio, overflow="fold")
    for claim in facts["claims"]:
        texts = [claim[name] for name in ("statement", "paper", "as_paper", "corrected")]
        colour = COLOURS.get(claim["verdict"], "default")
        verdict = Text.assemble(
            (claim["verdict"], f"bold {colour}"), f": {claim['why']}\n{scale_text(claim)}"
        )
        table.add_row(*(text.replace("; ", "\n") for text in texts), verdict)
    rest = "The rule of each claim and what was run: --to markdown, or --json."
    width = get_terminal_size().columns
    return table_text(table) + "".join(
        f"{fill(one_line(text), width)}\n" for text in (*notes(facts), rest)
    )


def _markdown_head(names: Sequence[str]) -> tuple[str, str]:
    return _markdown_row(names), f"|{'---|' * len(names)}"


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")
