"""A report of runs or of a study as one HTML file."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fftui.comparison.compare import CompareRequest
from fftui.comparison.compared import LETTERS
from fftui.errors import RequestError
from fftui.report.claims_section import claims_sections
from fftui.report.page import Page, Section, html_of
from fftui.report.run_sections import ReportedRun, run_section
from fftui.report.shared_sections import (
    comparison_sections,
    energy_section,
    machine_section,
    reproduction_section,
)
from fftui.report.study_section import runs_of_study, study_section
from fftui.runs.annotations import readable_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.kept_tables import ensure_tables
from fftui.runs.workspace import Workspace
from fftui.studies.study import Study

MOST_RUNS = len(LETTERS)
USUAL = CompareRequest()


@dataclass(frozen=True)
class ReportRequest:
    """The runs, the study that they are of (None: of none), a title (None: the study's or the
    runs' names), and how the runs are compared.
    """

    folders: tuple[RunFolder, ...]
    workspace: Workspace
    study: Study | None = None
    title: str | None = None
    compared: CompareRequest = USUAL


def study_report(study: Study, workspace: Workspace, title: str | None = None) -> ReportRequest:
    """The request for a study's report. Raises RequestError where it has no finished run."""
    folders = runs_of_study(study, workspace)
    if not folders:
        msg = (
            f"study {study.name} has no finished run in {workspace.runs_dir}: fftui study"
            f" {study.name} runs it, --runs names another folder"
        )
        raise RequestError(msg)
    return ReportRequest(folders, workspace, study, title)


def report(asked: ReportRequest) -> bytes:
    """The HTML file. Raises RequestError for more runs than have letters (of a study the others
    are left out), RunNotFoundError where a record cannot be read, OSError where a journal cannot.
    """
    return html_of(report_page(asked))


def report_page(asked: ReportRequest) -> Page:
    """What the report says. Raises as `report`."""
    folders = list(dict.fromkeys(asked.folders))
    if asked.study is None and len(folders) > MOST_RUNS:
        msg = (
            f"a report takes at most {MOST_RUNS} runs, not {len(folders)}: choose some with"
            " --where, or make a page each with fftui site"
        )
        raise RequestError(msg)
    for folder in folders:
        ensure_tables(folder)
    ordered = sorted(folders, key=lambda each: (each.record().started, each.id))
    several = len(ordered) > 1
    runs = tuple(
        ReportedRun(letter if several else "", folder)
        for letter, folder in zip(LETTERS, ordered, strict=False)
    )
    sections = tuple(_sections(asked, runs))
    return Page(asked.title or _title(asked, runs), _lead(runs, len(ordered)), sections)


def _sections(asked: ReportRequest, runs: Sequence[ReportedRun]) -> Iterator[Section]:
    folders, commands = [run.folder for run in runs], list[str]()
    if asked.study is not None:
        yield study_section(asked.study, asked.workspace)
        quick = ["--quick"] if asked.study.scale == "quick" else []
        seeds = str(len({trial.experiment.seed for trial in asked.study.trials}))
        words = ["fftui", "study", asked.study.name, *quick, "--seeds", seeds]
        commands = [shlex.join(words)]
    if len(runs) > 1:
        yield from comparison_sections(folders, asked.compared)
    elif runs:
        yield run_section(runs[0], runs=1)
    yield from claims_sections(folders, asked.workspace)
    yield energy_section(runs)
    yield machine_section(runs)
    yield reproduction_section(runs, commands)
    if len(runs) > 1:
        parts = tuple(run_section(run, runs=len(runs)) for run in runs)
        yield Section("runs", "Each run", parts=parts)


def _title(asked: ReportRequest, runs: Sequence[ReportedRun]) -> str:
    if asked.study is not None:
        return asked.study.title
    names = dict.fromkeys(_name(run.folder) for run in runs)
    first = list(names)[:3]
    return ", ".join(first) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _name(folder: RunFolder) -> str:
    return readable_annotations(folder.path).name or folder.record().name


def _lead(runs: Sequence[ReportedRun], of: int) -> str:
    records = [run.folder.record() for run in runs]
    days = sorted({f"{record.started:%Y-%m-%d}" for record in records})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    shown = f"{len(runs)} run{'' if len(runs) == 1 else 's'}" + (
        f" of {of}, the first" if of > len(runs) else ""
    )
    return f"{shown} on {', '.join(sorted({each.data for each in records}))}, started {when} (UTC)."
