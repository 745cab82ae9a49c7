"""The paper's claims and their verdicts as text: plain, Markdown, or a table for the terminal."""

import json
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from textwrap import fill, wrap
from typing import Any, Literal, get_args

from rich.table import Table
from rich.text import Text

from fftui.claims import MARGINS, Verdict
from fftui.text.format import duration, percent
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
# Above what is said of the paper's own recipe: at the quick scale it is not what the paper ran.
AS_PAPER = {"full": "as the paper ran it", "quick": "the paper's recipe, made small"}
QUICK_IS_SMALL = (
    "Quick: few images, small networks, short trainings. 'As the paper ran it' stands for the"
    " paper's recipe, made small: that shows how each verdict comes about, and is no rerun of the"
    " paper. Its own sizes need fftui reproduce without --quick."
)
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

Facts = dict[str, Any]


def as_text(facts: Facts, to: To) -> str:
    """The claims in format `to`."""
    if to == "json":
        return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    return markdown(facts) if to == "markdown" else plain(facts)


def plain(facts: Facts) -> str:
    """The claims as plain text, a block each, for screen readers and `grep`."""
    lines = []
    for claim in facts["claims"]:
        lines.append(f"{claim['id']}: {claim['verdict'].upper()}")
        for name, text in _sections(claim):
            lines += wrap(text, WIDTH, initial_indent=f"  {name:<10}", subsequent_indent=" " * 12)
        lines.append("")
    for text in _notes(facts):
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
    for text in _notes(facts):
        lines += [text, ""]
    lines += [
        f"- **{claim['statement']}** ({claim['id']}): {claim['rule']}" for claim in facts["claims"]
    ]
    lines += ["", "## What was run", "", *_markdown_head(RUN_COLUMNS)]
    lines += [
        _markdown_row((claim["id"], *_run_cells(evidence)))
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
    return table_text(table) + "".join(f"{fill(text, width)}\n" for text in (*_notes(facts), rest))


def scale_text(claim: Facts) -> str:
    """Scale, seeds and images of a claim's runs, in a few words."""
    if claim["seeds"] is None:
        return f"{claim['scale']}: nothing was run"
    seeds = _range_text(claim["seeds"])
    return (
        f"{claim['scale']}: {seeds} seed{'' if seeds == '1' else 's'}, learned from"
        f" {_range_text(claim['train_images'])} images, tested on"
        f" {_range_text(claim['test_images'])}"
    )


def _range_text(ends: Sequence[int]) -> str:
    low, high = ends
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _sections(claim: Facts) -> Iterator[tuple[str, str]]:
    """The parts of a claim by name; at the quick scale what was run with the paper's recipe says
    that it was made small.
    """
    yield "claim", claim["statement"]
    yield "paper", claim["paper"]
    if claim["as_paper"]:
        yield "as paper", f"({AS_PAPER[claim['scale']]}) {claim['as_paper']}"
    if claim["corrected"]:
        yield "corrected", claim["corrected"]
    yield "why", claim["why"]
    yield "runs", scale_text(claim)
    yield "rule", claim["rule"]
    for evidence in claim["evidence"]:
        if evidence["absent"] is None:
            yield "ran", _ran(evidence)


def _ran(evidence: Facts) -> str:
    """What was run for a set-up."""
    role, _, seeds, learned, tested, accuracy, took, what = _run_cells(evidence)
    return (
        f"{role}: {what} ({seeds} seed{'' if seeds == '1' else 's'}, learned from {learned}, tested"
        f" on {tested}: {accuracy}; {took} of learning each)"
    )


def _run_cells(evidence: Facts) -> tuple[str, ...]:
    """The cells of `RUN_COLUMNS` behind the claim."""
    return (
        evidence["role"],
        evidence["scale"],
        str(evidence["seeds"]),
        f"{evidence['train_images']:,}",
        f"{evidence['test_images']:,}",
        _accuracy_text(evidence),
        "–" if evidence["train_s"] is None else duration(evidence["train_s"]),
        evidence["what"],
    )


def _accuracy_text(evidence: Facts) -> str:
    """`97.0 % (96.7 to 97.3)`."""
    low, high = evidence["test_accuracy_low"], evidence["test_accuracy_high"]
    interval = "one seed" if low is None else f"{percent(low, 1)} to {percent(high, 1)}"
    return f"{percent(evidence['test_accuracy'], 1)} % ({interval})"


def _notes(facts: Facts) -> Sequence[str]:
    small = (QUICK_IS_SMALL,) if facts["scale"] == "quick" else ()
    return (*small, *facts["notes"], MARGINS)


def _markdown_head(names: Sequence[str]) -> tuple[str, str]:
    return _markdown_row(names), f"|{'---|' * len(names)}"


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
