"""The figures of studies and runs: read from the tables of their runs, written as files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fftui.data.own_sets import known_names
from fftui.errors import DataError, RequestError, RunNotFoundError, nearest, one_of
from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder, find_run
from fftui.runs.tables import make_table
from fftui.studies.figures.accuracy_figures import StudyTable, accuracy_figures
from fftui.studies.figures.curve_figures import RunTables, learning_curves, machine_curves
from fftui.studies.figures.machine_figures import MethodRun, attention_figures, comparison_figures
from fftui.studies.figures.sample_figure import Sample, sample_figure
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
    """Names of the studies or runs to draw, folders of runs, data and output, and the studies'
    scale.
    """

    names: tuple[str, ...]
    runs_dir: Path
    output: Path
    formats: tuple[FileFormat, ...] = ("svg", "png")
    scale: Scale = "full"
    data_folder: Path | None = None


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
    sources = [STUDIES.get(name) or _run(name, asked.runs_dir) for name in asked.names]
    for source in sources:
        if isinstance(source, RunFolder):
            made = run_figures(source, asked.data_folder)
        else:
            known = known_names(asked.data_folder)
            made = study_figures(source.build(asked.scale, known, MOST_SEEDS), asked)
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
    yield from _samples(folder.experiment(), data_folder)


def study_figures(study: Study, asked: FigureRequest) -> Iterator[Drawing | SkippedFigure]:
    """A study's accuracies, and the paper's figures that it redoes."""
    columns = tuple(condition_schema(study.conditions))
    summary = summary_table(study, asked.runs_dir)
    yield from accuracy_figures(StudyTable(study.name, study.title, columns, summary))
    if study.name == "table-1":
        yield from comparison_figures(method_runs(study, asked.runs_dir))
        yield from _samples(study.trials[0].experiment, asked.data_folder)
    if study.name == "linear-vs-attention":
        yield from attention_figures(method_runs(study, asked.runs_dir))


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


def _samples(experiment: Experiment, data_folder: Path | None) -> Iterator[Drawing | SkippedFigure]:
    """An image as it is, positive and negative, where the label is laid over it."""
    name = "figure-2-samples"
    if experiment.model.label.encoding != "overlay":
        yield SkippedFigure(name, f"{experiment.name} does not lay the label over the image")
        return
    try:
        yield sample_figure(_first_image(experiment, data_folder))
    except DataError as error:
        yield SkippedFigure(name, str(error))


def _first_image(experiment: Experiment, data_folder: Path | None) -> tuple[Sample, ...]:
    # torch, which no other figure needs
    from fftui.data.label_encoding import overlay  # noqa: PLC0415
    from fftui.data.sets import load_set  # noqa: PLC0415

    images = load_set(experiment.data.name, "train", data_folder)
    image, label = images.images[:1].float() / 255, images.labels[:1]
    wrong = (label + 1) % images.classes
    flat = image.flatten(1)

    def sample(title: str, pixels: object) -> Sample:
        shown = pixels.reshape(image.shape)[0].permute(1, 2, 0)  # type: ignore[attr-defined]
        return Sample(title, shown[..., 0].numpy() if shown.shape[2] == 1 else shown.numpy())

    return (
        sample(f"label {int(label)}", flat),
        sample(f"positive ({int(label)})", overlay(flat, label, images.classes, 1.0)),
        sample(f"negative ({int(wrong)})", overlay(flat, wrong, images.classes, 1.0)),
    )
