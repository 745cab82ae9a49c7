"""The part of a page that one run has: what it is, its curves, layers, accuracies and settings."""

from dataclasses import dataclass

from fftui.comparison.shown_comparison import TextTable
from fftui.errors import ExperimentError
from fftui.report.inline_svg import inline_svg
from fftui.report.page import CodeBlock, Figure, Section
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.view import fold
from fftui.studies.figures.curve_figures import learning_curves, machine_curves
from fftui.studies.figures.known_runs import run_tables
from fftui.studies.figures.style import Drawing, render, style
from fftui.text.layer_text import LAYER_HEAD, accuracy_head, layer_rows
from fftui.text.run_text import evaluation_rows, run_pairs
from fftui.text.settings_text import settings

LOG_LINES = 20  # the last ones
WITHOUT_MACHINE = 13  # of so many runs on one page, none has the curves of its machine


@dataclass(frozen=True)
class ReportedRun:
    """A run of a report, under its letter ('' where it is alone)."""

    letter: str
    folder: RunFolder

    @property
    def anchor(self) -> str:
        """The id of its section."""
        return f"run-{self.letter}" if self.letter else "run"


def run_section(run: ReportedRun, *, runs: int) -> Section:
    """The section of a run on a page of so many. Raises RunNotFoundError where its record cannot be
    read, OSError where its journal cannot.
    """
    folder = run.folder
    view = fold(read_journal(folder.journal))
    pairs = tuple((name, text) for name, text in run_pairs(folder, view) if name != "settings")
    tables = [TextTable("", ("", ""), pairs)]
    if view.layers:
        head = (*LAYER_HEAD, accuracy_head(view))
        tables.append(TextTable("Layers", head, tuple(layer_rows(view))))
    if final := [each for each in view.evaluations if each.final]:
        columns, rows = evaluation_rows(final)
        tables.append(TextTable("Accuracy at the end", columns, tuple(rows)))
    log = "\n".join(line.text for line in view.log[-LOG_LINES:])
    return Section(
        run.anchor,
        f"{run.letter} {dict(pairs)['name']}" if run.letter else "The run",
        figures=run_figures(run, with_machine=runs < WITHOUT_MACHINE),
        tables=tuple(tables),
        blocks=(CodeBlock("Last notes", log, folded=True),) if log else (),
        parts=_settings(run),
        folded=runs > 1,
    )


def run_figures(run: ReportedRun, *, with_machine: bool) -> tuple[Figure, ...]:
    """The curves of a run while it learned, and of its machine; those that it has."""
    tables = run_tables(run.folder)
    found = []
    with style():
        drawn = [*learning_curves(tables), *(machine_curves(tables) if with_machine else ())]
        for each in drawn:
            if isinstance(each, Drawing):
                name = each.name.removeprefix(f"{tables.name}-")
                title = f"{tables.title}: {name}"
                svg = inline_svg(render(each, "svg"), f"{run.anchor}-{name}", title)
                found.append(Figure("", svg))
    return tuple(found)


def _settings(run: ReportedRun) -> tuple[Section, ...]:
    """All settings, with the preset's where they differ; none where they cannot be read."""
    try:
        asked = settings(run.folder.experiment(), run.folder.record().preset)
    except ExperimentError:
        return ()
    differ = any(each.preset is not None for each in asked)
    head = ("setting", "value", "preset")[: 2 + differ]
    rows = tuple((each.path, each.text, each.preset or "")[: 2 + differ] for each in asked)
    table = TextTable("", head, rows)
    return (Section(f"{run.anchor}-settings", "Settings", tables=(table,), folded=True),)
