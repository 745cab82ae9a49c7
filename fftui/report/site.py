"""A folder of runs as a folder of pages: one for each run, and a table that leads to them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fftui.comparison.shown_comparison import TextTable
from fftui.errors import FFTUIError, RequestError
from fftui.report.claims_section import claims_sections
from fftui.report.page import LinkTable, Page, html_of
from fftui.report.run_sections import ReportedRun, run_section
from fftui.report.shared_sections import energy_section, machine_section, reproduction_section
from fftui.runs.annotations import FILE
from fftui.runs.files import write_bytes
from fftui.runs.filter import filtered
from fftui.runs.folder import RunFolder
from fftui.runs.kept_tables import ensure_tables
from fftui.runs.listing import ListedRun, RunListing
from fftui.runs.run_fields import FIELD_OF
from fftui.runs.status import current_record, is_live
from fftui.runs.workspace import Workspace
from fftui.text.run_list_text import title_of, value_text

COLUMNS = (
    *("name", "data", "status", "accuracy", "time", "energy", "memory", "started", "preset"),
    *("device", "tag"),
)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


@dataclass(frozen=True)
class SitePage:
    """What became of a run's page: its place among so many, whether it was written now, and why it
    was not, if something is wrong.
    """

    place: int
    of: int
    written: bool = False
    problem: str = ""


def write_site(
    workspace: Workspace, output: Path, where: str = "", *, again: bool = False
) -> Iterator[SitePage]:
    """Write the pages of the runs that the filter `where` wants into `output`, last the table.
    Pages that are newer than their run are left unless `again`.

    Raises RequestError where there is no run, or `output` cannot be written; a run that cannot be
    read has a row and no page.
    """
    runs = filtered(where, RunListing(workspace.runs_dir))
    if not runs:
        msg = f"no run in {workspace.runs_dir} to make a page of; fftui runs lists all"
        raise RequestError(msg)
    pages = output / "runs"
    links = []
    try:
        pages.mkdir(parents=True, exist_ok=True)
        for place, run in enumerate(runs, 1):
            path = pages / f"{_file_name(run.id)}.html"
            found = _page(run, path, again=again)
            links.append("" if found.problem else f"runs/{quote(path.name)}")
            yield SitePage(place, len(runs), found.written, found.problem)
        write_bytes(output / "index.html", html_of(_index(runs, links, workspace)))
    except OSError as error:
        msg = f"cannot write {error.filename or output}: {error.strerror}; name another folder (-o)"
        raise RequestError(msg) from error


@dataclass(frozen=True)
class _Made:
    written: bool = False
    problem: str = ""


def _page(run: ListedRun, path: Path, *, again: bool) -> _Made:
    """Write the page of a run where it is older than the run. Raises OSError where it cannot."""
    if run.record is None:
        return _Made(problem=f"run {run.id}: {run.problem}")
    try:
        if not again and _is_newer(path, run.folder) and not _may_end_unwritten(run.folder):
            return _Made()
        content = html_of(run_page(run.folder))
    except (FFTUIError, OSError) as error:
        return _Made(problem=f"run {run.id}: {error}")
    write_bytes(path, content)
    return _Made(written=True)


def run_page(folder: RunFolder) -> Page:
    """The page of one run of a site. Raises RunNotFoundError, OSError where it cannot be read."""
    ensure_tables(folder)
    run = ReportedRun("", folder)
    record = current_record(folder)
    sections = (
        run_section(run, runs=1),
        energy_section((run,)),
        machine_section((run,)),
        reproduction_section((run,)),
    )
    lead = f"Run {folder.id} on {record.data}, {record.status}."
    return Page(record.name, lead, sections, home="../index.html")


def _index(runs: Sequence[ListedRun], links: Sequence[str], workspace: Workspace) -> Page:
    fields = [FIELD_OF[name] for name in COLUMNS]
    rows = tuple(tuple(value_text(field, run) for field in fields) for run in runs)
    keys = tuple(tuple(_key(field.value(run)) for field in fields) for run in runs)
    table = TextTable("", tuple(title_of(field) for field in fields), rows)
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    claims = claims_sections([run.folder for run in runs if run.record is not None], workspace)
    lead = f"{count} of {workspace.runs_dir.absolute().name}."
    return Page("Runs", lead, tuple(claims), LinkTable(table, tuple(links), keys))


def _key(value: object) -> float | str:
    """What a cell is sorted by; empty where it is missing."""
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _file_name(run: str) -> str:
    """The name of a run's page: its id, or a sum of one that is no plain name."""
    if _PLAIN.fullmatch(run):
        return run
    return f"run-{hashlib.sha256(run.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def _may_end_unwritten(folder: RunFolder) -> bool:
    """Whether the run says that a process has it: killed, that writes nothing more. Raises
    RunNotFoundError.
    """
    record = folder.record()
    return record.status == "waiting" or is_live(record)


def _is_newer(path: Path, folder: RunFolder) -> bool:
    """Whether a page is newer than all that it was made of."""
    parts = (folder.run_json, folder.journal, folder.path / FILE)
    try:
        made = path.stat().st_mtime_ns
        return all(made > each.stat().st_mtime_ns for each in parts if each.exists())
    except OSError:
        return False
