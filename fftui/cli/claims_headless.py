"""The paper's claims without the screen: the runs that decide on them, then the table, on stdout or
into a file.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.claims.claims_plan import ClaimsPlan, plan
from fftui.cli.claims_text import FORMATS, To, as_text, drawn
from fftui.cli.study_headless import conclude, follow
from fftui.errors import one_of
from fftui.runs.files import check_writable, write_output
from fftui.runs.workspace import Workspace
from fftui.studies.study import SEEDS, Scale
from fftui.studies.study_catalogue import present_sets
from fftui.text.streams import to_stderr, to_stdout


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

    _write(as_facts(judge_all(made, workspace.runs_dir, failures), made), request)
    for line in _absent_sets(made):
        to_stderr(line)
    return conclude(study, ended)


def _absent_sets(made: ClaimsPlan) -> Iterator[str]:
    """A line for each data set that is not on this machine."""
    yield from dict.fromkeys(why for why in made.absent.values() if "not on this machine" in why)


def _write(facts: dict[str, Any], request: Request) -> None:
    if request.file is not None:
        write_output(request.file, as_text(facts, request.to).encode())
    elif request.to == "text" and sys.stdout.isatty():
        to_stdout(drawn(facts))
    else:
        to_stdout(as_text(facts, request.to))
