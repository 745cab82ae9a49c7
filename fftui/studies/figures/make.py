"""The figures of studies and runs: drawn from the tables of their runs, as pictures or as files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from fftui.data.own_sets import known_names
from fftui.errors import RequestError, RunNotFoundError, nearest, one_of
from fftui.runs.finding import find_run
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.studies.figures.accuracy_figures import StudyTable, accuracy_figures
from fftui.studies.figures.attention_figures import FIGURE_5, FIGURE_6, FIGURE_7, attention_figures
from fftui.studies.figures.comparison_figures import FIGURE_3, FIGURE_4, comparison_figures
from fftui.studies.figures.curve_figures import learning_curves, machine_curves
from fftui.studies.figures.known_runs import method_runs, run_tables, studied
from fftui.studies.figures.network_figures import network_figures
from fftui.studies.figures.sample_figure import FIGURE_2, sample_figures
from fftui.studies.figures.style import (
    FILE_FORMATS,
    Drawing,
    FileFormat,
    Picture,
    SkippedFigure,
    render,
    style,
    write_picture,
)
from fftui.studies.results import condition_schema, summary_table
from fftui.studies.study import Scale, Study, Trial
from fftui.studies.study_catalogue import STUDIES, StudyInfo

COMPARISON, NETWORKS = "table-1", "linear-vs-attention"
# The paper's figures, by the study that they are drawn from.
PAPER_FIGURES: Mapping[str, str] = {
    **dict.fromkeys((FIGURE_2, FIGURE_3, FIGURE_4), COMPARISON),
    **dict.fromkeys((FIGURE_5, FIGURE_6, FIGURE_7), NETWORKS),
}
T = TypeVar("T")
MOST_SEEDS = 10  # seeds that are not run are ignored
QUICK_NOTE = (
    "quick scale: small networks, few images and epochs; the paper's values are of its full scale"
)


@dataclass(frozen=True)
class FigureRequest:
    """Names of the studies, runs or paper's figures to draw, where the runs are, the formats, the
    studies' scale, the training image of Figure 2, from 0, and the one study as it is to be drawn
    (None: on all of its sets, at up to `MOST_SEEDS` seeds).
    """

    names: tuple[str, ...]
    workspace: Workspace
    formats: tuple[FileFormat, ...] = ("svg", "png")
    scale: Scale = "full"
    image: int = 0
    study: Study | None = None


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


def write_figures(asked: FigureRequest, folder: Path) -> Iterator[Path | SkippedFigure]:
    """Write all figures that are asked for into `folder`; what cannot be drawn is skipped, with the
    reason. Raises RequestError as `pictures`, or where a file cannot be written.
    """
    for made in pictures(asked):
        yield made if isinstance(made, SkippedFigure) else write_picture(made, folder)


def pictures(asked: FigureRequest) -> Iterator[Picture | SkippedFigure]:
    """All figures that are asked for, each in every format; what cannot be drawn is skipped, with
    the reason.

    Raises RequestError for a name that is no study, run or figure of the paper, or an image that is
    not there.
    """

    def files_of(drawing: Drawing) -> list[Picture]:
        endings = asked.formats
        return [Picture(drawing.name, ending, render(drawing, ending)) for ending in endings]

    for made in drawn(asked, files_of):
        if isinstance(made, SkippedFigure):
            yield made
        else:
            yield from made


def drawn(asked: FigureRequest, finish: Callable[[Drawing], T]) -> Iterator[T | SkippedFigure]:
    """All figures that are asked for, each as `finish` makes it inside `style()`; what cannot be
    drawn is skipped, with the reason. Raises RequestError as `pictures`.
    """
    sources = [_source(name, asked) for name in asked.names]
    for made in (_figures(source, asked) for source in sources):
        while True:
            with style():  # not around the yields: the settings are global
                each = next(made, None)
                finished = finish(each) if isinstance(each, Drawing) else each
            if finished is None:
                break
            yield finished


def run_figures(folder: RunFolder, asked: FigureRequest) -> Iterator[Drawing | SkippedFigure]:
    """A run's own curves, an image as its first layer is shown it, and what it has learned."""
    tables = run_tables(folder)
    yield from learning_curves(tables)
    yield from machine_curves(tables)
    yield from sample_figures(
        f"{folder.id}-samples", folder.experiment(), asked.image, asked.workspace.data_folder
    )
    yield from network_figures(folder, asked.workspace.data_folder)


def study_figures(info: StudyInfo, asked: FigureRequest) -> Iterator[Drawing | SkippedFigure]:
    """A study's accuracies, and the paper's figures that it redoes."""
    workspace = asked.workspace
    study = asked.study or info.build(asked.scale, known_names(workspace.data_folder), MOST_SEEDS)
    summary = summary_table(study, workspace.runs_dir)
    columns = tuple(condition_schema(study.conditions))
    yield from accuracy_figures(StudyTable(study.name, study.title, columns, summary))
    notes = (QUICK_NOTE,) if asked.scale == "quick" else ()
    if info.name == COMPARISON:
        runs = method_runs(_of_methods(info, asked), workspace.runs_dir)
        yield from comparison_figures(runs, notes)
        first = study.trials[0].experiment
        yield from sample_figures(FIGURE_2, first, asked.image, workspace.data_folder)
    if info.name == NETWORKS:
        runs = method_runs(_of_methods(info, asked), workspace.runs_dir)
        yield from attention_figures(runs, notes)


def _of_methods(info: StudyInfo, asked: FigureRequest) -> Study:
    """The study as the paper's figures need it, with no seeds and sets but those to be drawn."""
    whole = studied(info, asked.scale, MOST_SEEDS)
    if asked.study is None:
        return whole
    own = {_set_and_seed(trial) for trial in asked.study.trials}
    return replace(whole, trials=tuple(each for each in whole.trials if _set_and_seed(each) in own))


def _set_and_seed(trial: Trial) -> tuple[str, int]:
    return trial.experiment.data.name, trial.experiment.seed


@dataclass(frozen=True)
class _Source:
    """A study or a run, and the only figure of it that is asked for, if any."""

    of: StudyInfo | RunFolder
    only: str = ""


def _source(name: str, asked: FigureRequest) -> _Source:
    figure = next((each for each in PAPER_FIGURES if name in (each, _short(each))), "")
    if figure:
        return _Source(STUDIES[PAPER_FIGURES[figure]], figure)
    return _Source(STUDIES.get(name) or _run(name, asked.workspace.runs_dir))


def _figures(source: _Source, asked: FigureRequest) -> Iterator[Drawing | SkippedFigure]:
    made = (
        run_figures(source.of, asked)
        if isinstance(source.of, RunFolder)
        else study_figures(source.of, asked)
    )
    return (each for each in made if each.name.startswith(source.only))


def _short(figure: str) -> str:
    """`figure-3` of `figure-3-times`."""
    return "-".join(figure.split("-")[:2])


def _run(name: str, runs_dir: Path) -> RunFolder:
    try:
        return find_run(runs_dir, name)
    except RunNotFoundError as error:
        known: Sequence[str] = (*STUDIES, *map(_short, PAPER_FIGURES))
        near = nearest(name, known)
        kind = "study" if near in STUDIES else "figure"
        hint = f"did you mean the {kind} {near!r}? " if near else ""
        msg = f"{hint}{name!r} is no study or figure ({', '.join(known)}), and: {error}"
        raise RequestError(msg) from None
