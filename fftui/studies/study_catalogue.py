"""The studies, by name. A study is data: for each data set the rows of its table, each a changed
preset.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fftui.data.catalogue import SETS, DataName
from fftui.data.own_sets import known_names
from fftui.data.verify import set_status
from fftui.errors import ExperimentError, one_of
from fftui.studies import (
    architecture_study,
    field_study,
    hybrid_study,
    paper_tables,
    setting_studies,
)
from fftui.studies.study import (
    Condition,
    Process,
    Row,
    Rows,
    Scale,
    Study,
    Trial,
    experiment_of,
    is_meant_for,
)

QUICK_SETS: tuple[DataName, ...] = ("mnist-mini",)
PAPER_SETS: tuple[DataName, ...] = ("mnist", "fashion-mnist", "svhn", "cifar10", "cifar100")
SMALL_SCALE_NOTE = (
    "quick: few digits, small networks, few epochs, a low θ: shows the direction of an effect, not"
    " its size"
)


@dataclass(frozen=True)
class StudyInfo:
    """A study before it is built: `rows` gives its conditions on one data set, `sets` those of its
    full scale.
    """

    name: str
    title: str
    question: str
    rows: Rows
    sets: tuple[DataName, ...] = ("mnist",)
    notes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    process: Process = "shared"  # of each of its runs

    def sets_at(self, scale: Scale) -> tuple[DataName, ...]:
        """The data sets that it uses at `scale` unless others are asked for."""
        return QUICK_SETS if scale == "quick" else self.sets

    def build(
        self,
        scale: Scale,
        present: Collection[DataName],
        seeds: int,
        asked: Collection[DataName] = (),
    ) -> Study:
        """The study on those of its data sets (or of those `asked` for) that are `present`, seeds 0
        to `seeds` − 1.

        Trials come seed by seed, so that a study that was stopped has a whole table early. Rows
        that do not fit a set are left out, each preset with a note. Raises ExperimentError where a
        preset cannot be read, or changed as the study means to on a published set.
        """
        wanted = asked or self.sets_at(scale)
        sets = [name for name in known_names() if name in wanted]
        notes = [
            f"{name} is not on this machine: skipped (fftui data get {name})"
            for name in sets
            if name not in present
        ]
        first: list[Trial] = []
        left_out: dict[str, None] = {}
        for data in sets:
            for trial in _trials(self.rows, data, scale) if data in present else ():
                if isinstance(trial, Trial):
                    first.append(replace(trial, process=self.process))
                else:
                    left_out[trial] = None
        notes += left_out
        trials = tuple(trial.at_seed(seed) for seed in range(seeds) for trial in first)
        small = (SMALL_SCALE_NOTE,) if scale == "quick" else ()
        return Study(
            self.name,
            self.title,
            self.question,
            trials,
            (*notes, *small, *self.notes),
            self.measures,
            scale,
        )


def find_study(name: str) -> StudyInfo:
    """The study called `name`. Raises RequestError, with the nearest name, where there is none."""
    return STUDIES[one_of("study", name, STUDIES)]


def present_sets(data_folder: Path | None = None) -> frozenset[DataName]:
    """The data sets that are on this machine, by the sizes of their files; `data_folder` as for
    `data_folder()`.
    """
    return frozenset(
        name
        for name in known_names(data_folder)
        if set_status(name, data_folder, verify=False).state == "present"
    )


def _trials(rows: Rows, data: DataName, scale: Scale) -> Iterator[Trial | str]:
    """The trials of one set at seed 0, and a line for each row that does not fit it."""
    try:
        yield from (_trial(data, row) for row in rows(data, scale))
    except ExperimentError as error:
        if data in SETS:  # a mistake of the study or of a preset, and not of somebody's images
            raise
        yield f"{data} does not fit this study: left out ({error})"


def _trial(data: DataName, row: Row) -> Trial | str:
    """The trial of a row; a line why it is left out where its preset does not fit the set."""
    if not is_meant_for(row.preset, data):
        return f"{row.preset} is not meant for {data}: left out"
    cell = row.paper
    paper, paper_train = (cell.test, cell.train) if cell else (None, None)
    source = ""
    if row.published is not None:
        paper, source = row.published.test, row.published.source
    condition = Condition((("data", data), *row.values), paper, paper_train, source)
    try:
        return Trial(condition, row.into(experiment_of(row.preset, data, row.changes, row.phases)))
    except ExperimentError as error:
        if data in SETS:
            raise
        return f"{row.preset} does not fit {data}: left out ({error})"


_ALL = (
    StudyInfo(
        "table-1",
        "The paper's Table 1",
        "How does Forward-Forward compare with backprop on five data sets, as the paper ran both"
        " and corrected?",
        paper_tables.table_1,
        PAPER_SETS,
        process="own",  # of which Figure 4 draws memory and power
    ),
    StudyInfo(
        "sample-complexity",
        "The paper's Tables 2 and 3",
        "How many images does each method need, and is it the images or the updates that are"
        " lacking?",
        paper_tables.sample_complexity,
        PAPER_SETS,
        (
            (
                "accuracies are of the images really measured, on the whole test set; the paper's"
                " Table 3 is corrected"
            ),
            "'paper/ff at equal updates' takes as many optimiser steps as the full set gives",
        ),
        ("updates",),
    ),
    StudyInfo(
        "hybrid",
        "Forward-Forward and backprop, one after the other",
        "Does a network learned by one rule serve the other, and which of the paper's choices kept"
        " it from doing so?",
        hybrid_study.rows,
    ),
    StudyInfo(
        "architectures",
        "Fully connected, convolution, attention",
        "Which layers can learn by goodness, and what keeps the paper's CNN at chance?",
        architecture_study.rows,
        ("mnist", "fashion-mnist", "cifar10"),
        ("rows with a change differ from their method, equally small, in that one thing",),
    ),
    StudyInfo(
        "linear-vs-attention",
        "What fully connected and attention layers ask of the machine",
        "How do time, memory, utilisation and power differ between the paper's two architectures?",
        paper_tables.linear_vs_attention,
        PAPER_SETS,
        (
            "each run has a process of its own; memory taken is the most that a layer's learning"
            " held, above what the process held before",
        ),
        (
            *("e2e_s", "epoch_s", "compute_s", "data_s", "memory_above_bytes", "cpu_percent"),
            *(
                "gpu_memory_used_percent",
                "gpu_utilization_percent",
                "gpu_memory_utilization_percent",
                "power_w",
                "energy_j_per_sample",
            ),
        ),
        process="alone",
    ),
    StudyInfo(
        "threshold",
        "The threshold θ",
        "How sensitive is Forward-Forward to its threshold, and does a loss without one do better?",
        setting_studies.threshold,
        ("mnist", "fashion-mnist"),
    ),
    StudyInfo(
        "activation",
        "The activation function",
        "How sensitive is Forward-Forward to the activation function of its units?",
        setting_studies.activation,
        ("mnist", "fashion-mnist"),
    ),
    StudyInfo(
        "label-encoding",
        "Where the label goes in",
        "Which layers need to see the label where, and how strongly?",
        setting_studies.label_encoding,
    ),
    StudyInfo(
        "parallel-layers",
        "All layers in parallel",
        "Does learning all layers from the same batch cost accuracy, and how much time does it"
        " save?",
        setting_studies.parallel_layers,
    ),
    StudyInfo(
        "field",
        "The field",
        "What do the methods of other papers reach here, at what cost, and what does backprop reach"
        " with the same layers, images and epochs?",
        field_study.field,
        ("mnist", "fashion-mnist", "cifar10", "cifar100"),
        (
            "reproduced: the mean over seeds is at most 0.5 points under the published figure, or"
            " its interval contains that figure",
            "operations are those of the products of learning, by arithmetic",
        ),
        ("e2e_s", "energy_j", "peak_memory_bytes", "flops"),
        process="own",
    ),
    StudyInfo(
        "depth",
        "The number of layers",
        "Where does each way of learning stop gaining from more layers?",
        field_study.depth,
        ("mnist", "cifar10"),
    ),
)
STUDIES: Mapping[str, StudyInfo] = {info.name: info for info in _ALL}
