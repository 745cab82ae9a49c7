"""What a study answers: its question, its table, its figures, and a row for each trial."""

from fftui.comparison.shown_comparison import TextTable
from fftui.report.inline_svg import inline_svg
from fftui.report.page import Figure, Section
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.studies.figures import Drawing, FigureRequest
from fftui.studies.figures.make import drawn
from fftui.studies.figures.style import SkippedFigure, render
from fftui.studies.report import table_for_people
from fftui.studies.results import trials_table
from fftui.studies.study import Study


def study_section(study: Study, workspace: Workspace) -> Section:
    """A study's table and figures. Raises RequestError where the runs cannot be read."""
    head, rows = table_for_people(study, workspace.runs_dir)
    table = TextTable("", tuple(head), tuple(map(tuple, rows)))
    return Section(
        "study",
        study.question,
        study.notes,
        _figures(study, workspace),
        (table,) if rows else (),
    )


def runs_of_study(study: Study, workspace: Workspace) -> tuple[RunFolder, ...]:
    """The finished runs of a study's trials, each once, oldest first. Raises RequestError as
    `study_section`.
    """
    ids = sorted(set(trials_table(study, workspace.runs_dir)["run"]))
    return tuple(RunFolder(workspace.runs_dir.absolute() / each) for each in ids)


def _figures(study: Study, workspace: Workspace) -> tuple[Figure, ...]:
    asked = FigureRequest((study.name,), workspace, ("svg",), study.scale, study=study)

    def finished(drawing: Drawing) -> Figure:
        return Figure("", inline_svg(render(drawing, "svg"), drawing.name, drawing.name))

    return tuple(each for each in drawn(asked, finished) if not isinstance(each, SkippedFigure))
