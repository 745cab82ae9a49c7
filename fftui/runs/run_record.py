"""The record of a run: its identity, status, results and provenance, in `run.json`."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from fftui.errors import RunNotFoundError
from fftui.events import (
    END_OF_TIME,
    FORMAT,
    Amount,
    Count,
    Fraction,
    Ordinal,
    Status,
    UnixSeconds,
    newer_format,
)
from fftui.runs.files import read_bytes


def _of_our_time(time: datetime) -> datetime:
    if not 0 <= time.timestamp() <= END_OF_TIME:
        msg = "it is no time since 1970"
        raise ValueError(msg)
    return time


Time = Annotated[datetime, AfterValidator(_of_our_time)]


Pid = Annotated[int, Field(ge=0, lt=2**31)]


class _Formatted(BaseModel):
    """The part of a record that all formats have."""

    format: Ordinal = 1


class RunRecord(BaseModel):
    """The content of `run.json`: a run's identity, status, results and provenance. Times are ISO
    8601 in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format: Ordinal = FORMAT  # a record without it is of format 1
    id: str
    name: str
    preset: str | None = None
    data: str
    # as last written; `fftui.runs.status.current_record` checks that it is current
    status: Status = "running"
    started: Time
    ended: Time | None = None
    device: str | None = None  # what it runs on, known once it has started
    device_asked: str = "auto"
    # how processes share it; None: there is one
    ranks: Literal["data", "layers", "blocks"] | None = None
    processes: Annotated[int, Field(ge=1, lt=2**31)] = 1
    precision: str | None = None
    data_dir: str | None = None  # given, or found through FFTUI_DATA
    test_accuracy: Fraction | None = None
    layer_accuracies: tuple[Fraction, ...] = ()  # on the test images, once finished
    depth_accuracies: tuple[Fraction, ...] = ()  # of the first 1, 2, … layers together
    e2e_s: Amount | None = None
    train_s: Amount | None = None
    compute_s: Amount | None = None
    data_s: Amount | None = None
    evaluation_s: Amount | None = None
    energy_j: Amount | None = None  # while learning
    energy_j_per_sample: Amount | None = None
    energy_source: str | None = None
    energy_method: str | None = None
    idle_power_w: Amount | None = None
    memory_before_bytes: Count | None = None
    peak_memory_bytes: Count | None = None
    memory_above_bytes: Count | None = None
    gpu_memory_used_percent: Amount | None = None  # mean while learning, as the next
    host_memory_used_percent: Amount | None = None
    diverged: bool | None = None  # the loss of a layer was no finite number at the end
    error: str | None = None
    pid: Pid
    process_started: UnixSeconds | None = None
    versions: dict[str, str] = {}
    machine: dict[str, str | Count] = {}
    source_revision: str | None = None

    def images(self, option: Path | None) -> Path | None:
        """The folder of images of a resumed run: `option` (--data-dir), else the one used before,
        if it exists.
        """
        if option is not None or self.data_dir is None:
            return option
        return before if (before := Path(self.data_dir)).is_dir() else None


def read_record(path: str) -> RunRecord:
    """The record of the run in the folder `path`. Raises RunNotFoundError where it is missing or
    damaged.
    """
    content = b""
    try:
        content = read_bytes(f"{path}/run.json")
        record = RunRecord.model_validate_json(content)
    except OSError as error:
        msg = f"{path} is no run that can be read: run.json: {error.strerror}"
        raise RunNotFoundError(msg) from error
    except ValidationError as error:
        _refuse_newer(path, format_of(content))  # whose fields may be others
        again = f"fftui run --config {path}/experiment.toml"
        msg = (
            f"{path}/run.json is damaged ({_first_problem(error)}); begin the run again with:"
            f" {again}"
        )
        raise RunNotFoundError(msg) from error
    _refuse_newer(path, record.format)
    return record


def _refuse_newer(path: str, found: int) -> None:
    """Raise RunNotFoundError for a record of a format that is not known yet."""
    if found > FORMAT:
        msg = f"{path}/run.json cannot be read: {newer_format(found)}"
        raise RunNotFoundError(msg)


def format_of(content: bytes) -> int:
    """The format of a record that is no `RunRecord`; 1 where it says none."""
    with suppress(ValueError):
        return _Formatted.model_validate_json(content).format
    return 1


def _first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a record: its field and why."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return ".".join(map(str, first["loc"])) + (": " if first["loc"] else "") + first["msg"]
