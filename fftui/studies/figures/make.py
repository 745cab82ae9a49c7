"""The figures of studies and runs: read from the tables of their runs, written as files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui.data.own_sets import known_names
from fftui.errors import DataError, RequestError, RunNotFoundError, nearest, one_of
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder, find_run
from fftui.runs.tables import make_table
from fftui.runs.workspace import Workspace
from fftui.studies.figures.accuracy_figures import StudyTable, accuracy_figures
from fftui.studies.figures.curve_figures import RunTables, learning_curves, machine_curves
from fftui.studies.figures.machine_figures import MethodRun, attention_figures, comparison_figures
from fftui.studies.figures.sample_figure import sample_figures
from fftui.studies.figures.style import (
    FILE_FORMATS,
    Drawing,
    FileFormat,
    SkippedFigure,
    save,
    style,
)
from fftui.studies.reported import seconds
from fftui.studies.results import condition_schema, summary_table, trials_table
from fftui.studies.study import Scale, Study
from fftui.studies.study_catalogue import STUDIES

MOST_SEEDS = 10  # seeds that are not run are ignored
KINDS = {"paper/ff": "forward-forward", "paper/backprop": "backprop"}


@dataclass(frozen=True)
class FigureRequest:
    """Names of the studies or runs to draw, where their runs are, the folder for the files, and the
    studies' scale.
    """

    names: tuple[str, ...]
    workspace: Workspace
    output: Path
    formats: tuple[FileFormat, ...] = ("svg", "png")
    scale: Scale = "full"


def formats_of(text: str) -> tuple[FileFormat, ...]:
    """The formats in a comma-separated list. Raises RequestError, with the nearest name, for one
    that is none.
    """
    names = filter(None, (part.strip() for part in text.split(",")))
    found = [one_of("figure format", name, FILE_FORMATS) for name in names]
    if not found:
        msg = f"name at least one figure format: {', '.join(FILE_FORMATS)}"
        raise RequestError(msg)
    return tuple(dict.fromkeys(found))


def write_figures(asked: FigureRequest) -> Iterator[Path | SkippedFigure]:
    """Write all figures of the studies and runs asked for; what cannot be drawn is skipped, with
    the reason.

    Raises RequestError for a name that is neither, or where a file cannot be written.
    """
    sources = [STUDIES.get(name) or _run(name, asked.workspace.runs_dir) for name in asked.names]
    for source in sources:
        if isinstance(source, RunFolder):
            made = run_figures(source, asked.workspace.data_folder)
        else:
            made = study_figures(
                source.build(asked.scale, known_names(asked.workspace.data_folder), MOST_SEEDS),
                asked,
            )
        while True:
            with style():  # not around the yields: the settings are global
                made_next = next(made, None)
                if made_next is None:
                    break
                written = (
                    save(made_next, asked.output, asked.formats)
                    if isinstance(made_next, Drawing)
                    else []
                )
            if isinstance(made_next, SkippedFigure):
                yield made_next
            yield from written


def run_figures(folder: RunFolder, data_folder: Path | None) -> Iterator[Drawing | SkippedFigure]:
    """A run's own curves, and a sample of its layers' inputs."""
    tables = run_tables(folder)
    yield from learning_curves(tables)
    yield from machine_curves(tables)
    yield from sample_figures(folder.experiment(), 0, data_folder)


def study_figures(study: Study, asked: FigureRequest) -> Iterator[Drawing | SkippedFigure]:
    """A study's accuracies, and the paper's figures that it redoes."""
    columns = tuple(condition_schema(study.conditions))
    summary = summary_table(study, asked.workspace.runs_dir)
    yield from accuracy_figures(StudyTable(study.name, study.title, columns, summary))
    if study.name == "table-1":
        yield from comparison_figures(method_runs(study, asked.workspace.runs_dir))
        yield from sample_figures(study.trials[0].experiment, 0, asked.workspace.data_folder)
    if study.name == "linear-vs-attention":
        yield from attention_figures(method_runs(study, asked.workspace.runs_dir))


def method_runs(study: Study, runs_dir: Path) -> list[MethodRun]:
    """The first finished run of every condition, with its tables."""
    trials = trials_table(study, runs_dir).unique(
        ["data", "method"], keep="first", maintain_order=True
    )
    found = []
    for row in trials.iter_rows(named=True):
        reported = seconds(KINDS.get(row["method"], ""), row["data"])
        tables = run_tables(RunFolder(runs_dir / row["run"]))
        found.append(
            MethodRun(
                row["method"],
                tables,
                row["train_s"],
                row["memory_bytes"],
                reported.whole if reported else None,
            )
        )
    return found


def run_tables(folder: RunFolder) -> RunTables:
    """A run's tables. Raises RunNotFoundError where its record cannot be read."""
    record = folder.record()
    epochs, layers, evaluations, telemetry = (
        make_table(folder, name) for name in ("epochs", "layers", "evaluations", "telemetry")
    )
    return RunTables(
        folder.id,
        f"{record.name}, {record.data}",
        record.data,
        epochs,
        layers,
        evaluations,
        telemetry,
    )


def _run(name: str, runs_dir: Path) -> RunFolder:
    try:
        return find_run(runs_dir, name)
    except RunNotFoundError as error:
        near = nearest(name, STUDIES)
        hint = f"did you mean the study {near!r}? " if near else ""
        msg = f"{hint}{name!r} is no study ({', '.join(STUDIES)}), and: {error}"
        raise RequestError(msg) from None
