"""The paper's claims without the screen: the runs that decide on them, then the table, on stdout or
into a file.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.claims import CLAIMS, Claim
from fftui.claims.claims_plan import SEEDS, ClaimsPlan, plan
from fftui.claims.setup_runs import Asked
from fftui.cli.claims_plan_text import PlanAhead
from fftui.cli.claims_text import FORMATS, To, as_text, drawn
from fftui.cli.study_headless import conclude, follow
from fftui.data.catalogue import DataName
from fftui.errors import RequestError, one_of
from fftui.executors.local import LocalExecutor
from fftui.runs.files import check_writable, write_output
from fftui.runs.provenance import cores
from fftui.runs.workspace import Workspace
from fftui.studies.study import Scale
from fftui.studies.study_catalogue import present_sets
from fftui.text.streams import json_to_stdout, styled_to_stdout, to_stderr, to_stdout

MOST_JOBS = 4  # of the quick scale: small runs, each of which takes torch's memory


@dataclass(frozen=True)
class Request:
    """What is judged, at which scale and with how many seeds: `claims` (empty: all) on `sets`
    (empty: all that are here); and the output's format and file (None: stdout).
    """

    scale: Scale
    seeds: int = SEEDS
    claims: tuple[Claim, ...] = CLAIMS
    sets: tuple[DataName, ...] = ()
    to: To = "text"
    file: Path | None = None


def format_of(name: str) -> To:
    """The format called `name`. Raises RequestError, with the nearest name, where there is none."""
    return one_of("format", name, FORMATS)


def claims_named(ids: Sequence[str]) -> tuple[Claim, ...]:
    """The claims with these ids, in the order of the paper; all for none. Raises RequestError, with
    the nearest id, where there is no such claim.
    """
    by_id = {claim.id: claim for claim in CLAIMS}
    asked = {one_of("claim", each, by_id) for each in ids}
    return tuple(claim for claim in CLAIMS if not asked or claim.id in asked)


def show_plan(request: Request, workspace: Workspace) -> None:
    """Write what would be run to stdout, or into the file. Raises RequestError where no run decides
    what is asked, or the file cannot be written.
    """
    if request.file is not None:
        check_writable(request.file)
    made = _plan(request, workspace)
    ahead = PlanAhead.of(made, workspace)
    text = "".join((ahead.text, *(f"{line}\n" for line in _absent_sets(made))))
    if request.file is not None:
        content = json.dumps(ahead.facts) + "\n" if request.to == "json" else text
        write_output(request.file, content.encode())
    elif request.to == "json":
        json_to_stdout(ahead.facts)
    else:
        to_stdout(text)


def reproduce(request: Request, workspace: Workspace, jobs: int | None = None) -> int:
    """Run what the claims need and has not been run, judge the claims, write the table; returns the
    exit code. `jobs` runs go on at once: by default one, at the quick scale one a core.

    The plan is stated before. Raises RequestError where nothing can be run or written,
    RunFailedError where runs failed (the table comes before).
    """
    if request.file is not None:
        check_writable(request.file)
    made = _plan(request, workspace)
    to_stderr(PlanAhead.of(made, workspace).text.rstrip("\n"))
    study = made.study()
    at_once = jobs or (_quick_jobs() if request.scale == "quick" else 1)
    ended = follow(study, workspace, LocalExecutor(at_once))
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


def _plan(request: Request, workspace: Workspace) -> ClaimsPlan:
    present = present_sets(workspace.data_folder)
    made = plan(Asked.of(request.scale, request.seeds, present, request.sets), request.claims)
    if not made.claims:
        sets, ids = (", ".join(each) for each in (request.sets, [c.id for c in request.claims]))
        msg = f"no run on {sets} decides on {ids}: see docs/claims.md for the sets of each claim"
        raise RequestError(msg)
    return made


def _quick_jobs() -> int:
    return min(cores(), MOST_JOBS)


def _absent_sets(made: ClaimsPlan) -> Iterator[str]:
    """A line for each data set that is not on this machine."""
    yield from dict.fromkeys(why for why in made.absent.values() if "not on this machine" in why)


def _write(facts: dict[str, Any], request: Request) -> None:
    if request.file is not None:
        write_output(request.file, as_text(facts, request.to).encode())
    elif request.to == "text" and sys.stdout.isatty():
        styled_to_stdout(drawn(facts))
    else:
        to_stdout(as_text(facts, request.to))
