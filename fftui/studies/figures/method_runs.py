"""The runs that the paper's Figures 3 to 7 are drawn from: which set stands for the paper's, what
their time went into, and samples of the machine while they learned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fftui.runs.tables import while_learning
from fftui.studies.figures.curve_figures import MACHINE, RunTables
from fftui.studies.study_catalogue import PAPER_SETS

LINEAR, ATTENTION = "paper/ff", "paper/attention-metrics"
BACKPROP, PER_IMAGE = "paper/backprop", "paper/backprop-per-image"
STAND_IN = "mnist-mini"  # for mnist
FIGURE_SETS = (STAND_IN, *PAPER_SETS)  # simplest images first
NO_GPU = "no run has it: that needs an NVIDIA GPU"


@dataclass(frozen=True)
class TimeShares:
    """Seconds of a whole run, by what they went into. Loading is reading the images, gathering
    those of batches, and setting up.
    """

    learning_s: float
    loading_s: float
    evaluation_s: float

    @property
    def e2e_s(self) -> float:
        """The whole run."""
        return self.learning_s + self.loading_s + self.evaluation_s


@dataclass(frozen=True)
class MethodRun:
    """A finished run of a study: its method and tables; what its time went into and the shortest
    and longest whole run of the method's seeds; its memory as in the table `runs`, and its device.
    """

    method: str
    tables: RunTables
    time_shares: TimeShares | None = None
    e2e_range_s: tuple[float, float] | None = None
    gpu_memory_used_percent: float | None = None
    memory_above_bytes: int | None = None
    device: str | None = None

    @property
    def data(self) -> str:
        """The data set."""
        return self.tables.data


@dataclass(frozen=True)
class RunsOnSet:
    """The runs that stand for those on the paper's set `wanted`; they are all on `data`."""

    wanted: str
    data: str
    runs: tuple[MethodRun, ...]


def runs_on(runs: Sequence[MethodRun], wanted: str) -> RunsOnSet | None:
    """The runs on the paper's set `wanted`, else on the nearest set that has runs; None where there
    are none.
    """
    sets = dict.fromkeys(run.data for run in runs)
    if not sets:
        return None
    place = FIGURE_SETS.index(wanted)
    data = min(sets, key=lambda name: abs(FIGURE_SETS.index(name) - place))
    return RunsOnSet(wanted, data, tuple(run for run in runs if run.data == data))


def pair(runs: Sequence[MethodRun]) -> list[MethodRun]:
    """Runs of the linear and the attention network, on sets where both have one."""
    found = [run for run in runs if run.method in (LINEAR, ATTENTION)]
    counts = {run.data: len([each for each in found if each.data == run.data]) for run in found}
    return [run for run in found if counts[run.data] == 2]


def samples(runs: Sequence[MethodRun], column: str) -> dict[str, list[float]]:
    """Samples of a telemetry column of `MACHINE` while the runs learned, by method, in its unit."""
    found = {run.method: while_learning(run.tables.telemetry)[column] for run in runs}
    return {
        method: (values.drop_nulls() / MACHINE[column][1]).to_list()
        for method, values in found.items()
        if values.drop_nulls().len()
    }


def notes_of(groups: Sequence[RunsOnSet], notes: Sequence[str]) -> str:
    """The line below a figure: sets that stand in, the devices, then `notes`."""

    def lines() -> Iterator[str]:
        others = [group for group in groups if group.data != group.wanted]
        for data in dict.fromkeys(group.data for group in others):
            wanted = dict.fromkeys(group.wanted for group in others if group.data == data)
            sets = "set, which has" if len(wanted) == 1 else "sets, which have"
            yield f"{data} stands in for {' and '.join(wanted)}, the paper's {sets} no runs"
        devices = dict.fromkeys(run.device for group in groups for run in group.runs if run.device)
        if devices:
            yield f"run on {', '.join(devices)}"
        yield from notes

    return "; ".join(dict.fromkeys(filter(None, lines())))
