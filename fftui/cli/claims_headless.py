"""The paper's claims without the screen: the runs that decide on them, then the table, on stdout or
into a file.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table

from fftui.claims import MARGINS
from fftui.claims.claims_plan import ClaimsPlan, plan
from fftui.cli.study_headless import Workspace, conclude, follow
from fftui.errors import one_of
from fftui.runs.files import check_writable
from fftui.studies.study import SEEDS, Scale
from fftui.studies.study_catalogue import present_sets
from fftui.text.format import duration
from fftui.text.streams import to_stderr, to_stdout

To = Literal["text", "markdown", "json"]
FORMATS: tuple[To, ...] = get_args(To)
WIDTH = 100  # of plain text
QUICK_IS_SHORT = (
    "Quick: a few thousand images, small networks, short trainings. It shows how each verdict comes"
    " about; the paper's own sizes need fftui reproduce without --quick."
)


@dataclass(frozen=True)
class Request:
    """The scale and number of seeds that claims are judged at, the output format and file (None:
    stdout).
    """

    scale: Scale
    seeds: int | None = None
    to: To = "text"
    file: Path | None = None


def format_of(name: str) -> To:
    """The format called `name`. Raises RequestError, with the nearest name, where there is none."""
    return one_of("format", name, FORMATS)


def reproduce(request: Request, workspace: Workspace) -> int:
    """Run what the claims need and has not been run, judge the claims, write the table; returns the
    exit code.

    Raises RequestError where nothing can be run or written, RunFailedError where runs failed (the
    table comes before).
    """
    if request.file is not None:
        check_writable(request.file)
    made = plan(
        request.scale, present_sets(workspace.data_folder), request.seeds or SEEDS[request.scale]
    )
    study = made.study()
    ended = follow(study, workspace)
    failures = {
        str(dict(each.trial.condition.values)["setup"]): f"its run failed: {each.error}"
        for each in ended.failed
    }
    # Polars, which nothing before needs
    from fftui.claims.reproduce import as_facts, judge_all  # noqa: PLC0415

    _give(as_facts(judge_all(made, workspace.runs_dir, failures), made), request)
    for line in _absent_sets(made):
        to_stderr(line)
    return conclude(study, ended)


def _absent_sets(made: ClaimsPlan) -> Iterator[str]:
    """A line for each data set that is not on this machine."""
    yield from dict.fromkeys(why for why in made.absent.values() if "not on this machine" in why)


def _give(facts: dict[str, Any], request: Request) -> None:
    if request.file is not None:
        from fftui.runs.export import write_table_file  # noqa: PLC0415 - Polars

        write_table_file(_written(facts, request.to).encode(), request.file)
    elif request.to == "text" and sys.stdout.isatty():
        to_stdout(drawn(facts))
    else:
        to_stdout(_written(facts, request.to))


def _written(facts: dict[str, Any], to: To) -> str:
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
    for name, ratio in (
        ("claim", 3),
        ("the paper", 3),
        ("faithful rerun", 4),
        ("corrected", 4),
        ("verdict", 4),
    ):
        table.add_column(name, ratio=ratio, overflow="fold")
    colours = {"holds": "green", "does not hold": "red", "holds for another reason": "yellow"}
    for claim in facts["claims"]:
        colour = colours.get(claim["verdict"], "default")
        verdict = f"[bold {colour}]{claim['verdict']}[/]: {_plain(claim['why'])}"
        texts = [_plain(claim[name]) for name in ("statement", "paper", "faithful", "corrected")]
        table.add_row(*(text.replace("; ", "\n") for text in texts), verdict)
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        table.box = None
    text = StringIO()
    console = Console(file=text, force_terminal=True, highlight=False)
    console.print(table)
    for note in (
        *_notes(facts),
        "The rule of each claim and what was run: --to markdown, or --json.",
    ):
        console.print(note, markup=False)
    return text.getvalue()


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


def _plain(text: str) -> str:
    """`text` with Rich's markup escaped."""
    return text.replace("[", "\\[")
