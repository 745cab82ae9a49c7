"""What an experiment will take here: time and memory, as the form, the lists and the command line
say it.

Where a run of the same experiment has finished here, its time is the answer. Otherwise the estimate
by arithmetic (`fftui.runs.estimate`) is scaled by what runs of the same kinds of layers and rules
took, where there are any.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fftui.errors import FFTUIError, RequestError
from fftui.experiment import Experiment
from fftui.experiment.cost import stage_costs
from fftui.experiment.memory_cost import MemoryCost, costliest_field, fitted, memory_of
from fftui.runs import provenance
from fftui.runs.estimate import Rates, expected_seconds, measure, measured_rates
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.telemetry.machine_memory import machine_memory

RUNS_READ = 100  # the newest that finished here
RUNS_COMPARED = 5
LEAST_COMPARED_S = 1.0  # shorter runs say more about the start than about the arithmetic
# A process with torch loaded, before it holds images; on a GPU what its driver and libraries take.
PROCESS_BYTES, ON_GPU_BYTES = 720e6, 600e6
MUCH = 0.8  # of the memory there is: warned of
BEYOND_REASON = (
    2.0  # times the memory there is: refused, since estimates are good to a factor of two
)
FASTEST_STEP_S = 1e-5  # no device issues steps faster
DAY_S, YEAR_S = 86_400.0, 365.25 * 86_400
LONG_S, BEYOND_REASON_S = 30 * DAY_S, 10 * YEAR_S  # of learning: warned of, and refused


@dataclass(frozen=True)
class LikelyTime:
    """The likely time of an experiment.

    `same_run` is the finished run of the same experiment that `seconds` were measured by;
    otherwise `compared` runs scaled the estimate, or none. `seconds` are None while neither the
    device has been measured nor such a run is there.
    """

    seconds: float | None
    same_run: str | None
    compared: int


@dataclass(frozen=True)
class Expectation(LikelyTime):
    """The likely time and memory of an experiment."""

    memory: MemoryCost
    memory_bytes: float
    there_bytes: float
    costliest: str  # the field that costs most memory; empty where the memory is enough
    least_s: float = 0.0  # on the fastest device
    slowest: str = ""  # the field that costs most time; empty where the time is within reason
    at_most: bool = False  # layers may stop early

    @property
    def is_much(self) -> bool:
        """Whether it may not fit into memory."""
        return self.memory_bytes > MUCH * self.there_bytes

    @property
    def is_long(self) -> bool:
        """Whether it takes more than a month."""
        return self.longest_s > LONG_S

    @property
    def longest_s(self) -> float:
        """The likely time, or where it is not known the least."""
        return max(self.seconds or 0.0, self.least_s)

    @property
    def is_beyond_reason(self) -> bool:
        """Whether it certainly does not fit into memory, or takes many years."""
        too_large = self.memory_bytes > BEYOND_REASON * self.there_bytes
        return too_large or self.longest_s > BEYOND_REASON_S

    @property
    def warning(self) -> str:
        """Why it is refused, or what may go wrong, with the field to change; empty where nothing
        may.
        """
        memory = f"{_gigabytes(self.memory_bytes)} of memory"
        if self.memory_bytes > BEYOND_REASON * self.there_bytes:
            return (
                f"it takes about {memory}, and {_gigabytes(self.there_bytes)} are there: make"
                f" {self.costliest} smaller, which takes most of it"
            )
        if self.is_long:
            return f"it takes about {_long_time(self.longest_s)}: make {self.slowest} smaller"
        if self.is_much:
            return (
                f"it may not fit into memory, ~{memory} of {_gigabytes(self.there_bytes)}:"
                f" {self.costliest} takes most of it"
            )
        return ""


@dataclass(frozen=True)
class _Finished:
    """A run that finished on this machine, and what it was asked to do, without its seed and
    name.
    """

    id: str
    train_s: float
    experiment: Experiment


@dataclass(frozen=True)
class FinishedRuns:
    """The newest runs that finished on this machine and `device`, by which estimates are corrected;
    newest first.
    """

    runs: tuple[_Finished, ...] = ()
    # a study asks for the same kinds a hundred times
    _known_factors: dict[object, Sequence[float]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        runs_dir: Path,
        records: Iterable[RunRecord],
        device: str,
        known: "FinishedRuns | None" = None,
    ) -> "FinishedRuns":
        """Read what the runs of `records` were asked to do; what `known` has is not read again.
        Reads the disk.
        """
        before = {} if known is None else {run.id: run for run in known.runs}
        host, found = provenance.host(), list[_Finished]()
        for record in records:
            here = record.machine.get("host") == host and _may_be_same(record.device_asked, device)
            if record.status != "finished" or not record.train_s or not here:
                continue
            read = before.get(record.id) or _finished(runs_dir, record.id, record.train_s)
            if read is not None:
                found.append(read)
            if len(found) == RUNS_READ:
                break
        return cls(tuple(found))

    def seconds(self, experiment: Experiment) -> float | None:
        """The likely time of `experiment`; None while it is not known."""
        return self.time(experiment).seconds

    def time(self, experiment: Experiment, rates: Rates | None = None) -> LikelyTime:
        """The likely time of `experiment`, by `rates` or those that were measured."""
        rates = rates or measured_rates()
        wanted = _without_seed_and_name(experiment)
        same = next((run for run in self.runs if run.experiment == wanted), None)
        if same is not None:
            return LikelyTime(same.train_s, same.id, 1)
        seconds = expected_seconds(experiment.model_copy(update={"budget_s": None}), rates)
        if seconds is None:
            return LikelyTime(None, None, 0)
        factors = self._factors(experiment, rates)
        scale = statistics.median(factors) if factors else 1.0
        given_s = math.inf if experiment.budget_s is None else experiment.budget_s
        return LikelyTime(min(seconds * scale, given_s), None, len(factors))

    def expectation(self, experiment: Experiment, rates: Rates | None = None) -> Expectation:
        """The likely time and memory of `experiment`, by `rates` or those that were measured."""
        rates = rates or measured_rates()
        reduced = rates is not None and rates.is_reduced(experiment)
        on_gpu = rates is not None and rates.memory_bytes is not None
        beside = ON_GPU_BYTES if on_gpu else PROCESS_BYTES
        there = memory_there_bytes(rates)

        def memory_cost(asked: Experiment) -> MemoryCost:
            # what learning keeps is no more than what is left
            kept = fitted(asked, MUCH * there - beside, reduced=reduced)
            return memory_of(kept, reduced=reduced)

        time, memory = self.time(experiment, rates), memory_cost(experiment)
        found = Expectation(
            time.seconds,
            time.same_run,
            time.compared,
            memory,
            memory.total + beside,
            there,
            "",
            _least_s(experiment),
            at_most=any(phase.early_stopping for phase in experiment.phases),
        )
        if found.is_much:
            costliest = costliest_field(experiment, lambda each: memory_cost(each).total)
            found = replace(found, costliest=costliest)
        if found.is_long:
            found = replace(found, slowest=costliest_field(experiment, _relative_time))
        return found

    def _factors(self, experiment: Experiment, rates: Rates | None) -> Sequence[float]:
        """How many times as long as estimated the newest runs of the same kinds took, those that
        were given a time left out.
        """
        kinds = _kinds_of(experiment)
        if (kinds, rates) in self._known_factors:
            return self._known_factors[kinds, rates]
        found: list[float] = []
        for run in self.runs:
            whole = run.experiment.budget_s is None and run.train_s >= LEAST_COMPARED_S
            if whole and _kinds_of(run.experiment) == kinds:
                estimated = expected_seconds(run.experiment, rates)
                found += [run.train_s / estimated] if estimated else []
            if len(found) == RUNS_COMPARED:
                break
        self._known_factors[kinds, rates] = found
        return found


def warning_of(experiment: Experiment, device: str) -> str:
    """What may go wrong with `experiment`: too little memory for it, or many days; empty where
    nothing may.

    Raises RequestError where it takes several times the memory of `device`, or many years, naming
    the field that takes most of it.
    """
    expected = FinishedRuns().expectation(experiment)
    # the device is only asked where the machine's own memory is too small: asking loads torch
    if expected.is_much:
        measure(device)
        expected = FinishedRuns().expectation(experiment)
    if expected.is_beyond_reason:
        raise RequestError(expected.warning)
    return expected.warning


def memory_there_bytes(rates: Rates | None = None) -> float:
    """Bytes of memory that learning may take: the device's own, or what the machine has and lets
    this process have; infinite where nothing says it.
    """
    if rates is not None and rates.memory_bytes is not None:
        return float(rates.memory_bytes)
    there = machine_memory().there_bytes
    return math.inf if there is None else float(there)


def memory_free_bytes() -> int | None:
    """Bytes that learning may take now of what the machine and its control group leave; None where
    nothing says it, as of a device with a memory of its own.
    """
    rates = measured_rates()
    on_device = rates is not None and rates.memory_bytes is not None
    return None if on_device else machine_memory().free_bytes


def _least_s(experiment: Experiment) -> float:
    """Seconds that no device can do it in."""
    return FASTEST_STEP_S * sum(stage.steps for stage in stage_costs(experiment))


def _relative_time(experiment: Experiment) -> float:
    return sum(stage.relative_time for stage in stage_costs(experiment))


def _long_time(seconds: float) -> str:
    if seconds < YEAR_S:
        return f"{seconds / DAY_S:.0f} days"
    years = seconds / YEAR_S
    return f"{years:,.0f} years" if years < 1e6 else f"{years:.0e} years"


def _finished(runs_dir: Path, run: str, train_s: float) -> _Finished | None:
    try:
        experiment = RunFolder(runs_dir / run).experiment()
    except FFTUIError:  # a damaged folder tells nothing about time
        return None
    return _Finished(run, train_s, _without_seed_and_name(experiment))


def _may_be_same(one: str, other: str) -> bool:
    """Whether two names of devices, such as auto and cpu, may be of one."""
    return one == other or "auto" in (one, other)


def _without_seed_and_name(experiment: Experiment) -> Experiment:
    return experiment.model_copy(update={"seed": 0, "name": "", "description": ""})


def _kinds_of(experiment: Experiment) -> tuple[object, ...]:
    """What decides how far the arithmetic is off: rules, order, layers, precision, loader."""
    rules = [(each.rule, getattr(each, "order", None)) for each in experiment.phases]
    kinds = {layer.kind for layer in experiment.model.layers}
    return (*rules, *sorted(kinds), experiment.precision, experiment.data.loader)


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.0f} GB" if count >= 9.95e9 else f"{count / 1e9:.1f} GB"
