"""A run's folder: the paths of its files, the record of its provenance, and finding a run by name.

experiment.toml          the experiment as requested
run.json                 `RunRecord`
journal.jsonl            its events
checkpoint.safetensors   weights, optimiser state, progress
checkpoint.json          the progress, for people
*.parquet                its tables
error.log                the traceback, if it failed
control.jsonl            what other processes ask of it: `fftui.runs.control_file`
run.log                  the plain lines of a run that belongs to no terminal
annotations.json         what people wrote about it: `fftui.runs.annotations`
readouts.json            what `fftui probe` read of it: `fftui.runs.readouts`
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from fftui.data.verify import data_folder as data_folder_of
from fftui.errors import ExperimentError, RequestError, RunNotFoundError, nearest, shown
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
from fftui.experiment import Experiment
from fftui.presets import load_config
from fftui.runs import provenance
from fftui.runs.annotations import checked_name, readable_annotations
from fftui.runs.disk_room import DiskRoom, refuse_without_room
from fftui.runs.files import LARGEST, check_own, read_bytes, remove_leftovers, write_bytes
from fftui.runs.workspace import Workspace


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


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The run's unique identifier: the folder's name."""
        return self.path.name

    @property
    def experiment_path(self) -> Path:
        """The experiment as requested, in TOML."""
        return self.path / "experiment.toml"

    @property
    def run_json(self) -> Path:
        """The run's record."""
        return self.path / "run.json"

    @property
    def journal(self) -> Path:
        """The events, one a line."""
        return self.path / "journal.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The newest training state."""
        return self.path / "checkpoint.safetensors"

    @property
    def checkpoint_json(self) -> Path:
        """The progress of the newest training state, for people to read."""
        return self.path / "checkpoint.json"

    @property
    def error_log(self) -> Path:
        """The traceback of a failed run."""
        return self.path / "error.log"

    @property
    def control(self) -> Path:
        """What other processes ask of the run, one request a line."""
        return self.path / "control.jsonl"

    @property
    def output_log(self) -> Path:
        """What a run that belongs to no terminal writes: its progress and its end."""
        return self.path / "run.log"

    @property
    def readouts(self) -> Path:
        """The results of linear readouts."""
        return self.path / "readouts.json"

    def table(self, name: str) -> Path:
        """The Parquet file of table `name`."""
        return self.path / f"{name}.parquet"

    def record(self) -> RunRecord:
        """Read `run.json`. Raises RunNotFoundError where it is missing or damaged."""
        return read_record(str(self.path))

    def write_record(self, record: RunRecord) -> None:
        """Replace `run.json` in one step. Raises OSError."""
        write_bytes(self.run_json, (record.model_dump_json(indent=2) + "\n").encode())

    def write_experiment(self, experiment: Experiment) -> None:
        """Replace `experiment.toml` in one step. Raises OSError."""
        # TOML has no null: absent is the default
        requested = experiment.model_dump(mode="json", exclude_none=True)
        write_bytes(self.experiment_path, tomli_w.dumps(requested).encode())

    def experiment(self) -> Experiment:
        """Read `experiment.toml`. Raises ExperimentError where it is missing or damaged."""
        try:
            check_own(self.experiment_path, LARGEST)
        except OSError as error:
            msg = f"{self.experiment_path} cannot be read: {error.strerror}"
            raise ExperimentError(msg) from None
        try:
            return load_config(self.experiment_path)
        except RecursionError:
            msg = f"{self.experiment_path} cannot be read: its tables are too deep in each other"
            raise ExperimentError(msg) from None

    def discard(self) -> None:
        """Remove the folder of a run that was refused before it started."""
        shutil.rmtree(self.path, ignore_errors=True)


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


FoundRun = tuple[RunFolder, RunRecord | None]  # None: its record is damaged


def create(
    workspace: Workspace,
    experiment: Experiment,
    *,
    preset: str | None = None,
    name: str | None = None,
    status: Status = "running",
) -> RunFolder:
    """Create the folder of a new run, with its experiment and record; one that begins later has the
    status `waiting`. Runs that phases start from (`init_from`) are named by their ids from here on,
    those of another folder by their paths.

    Raises RequestError where the folder cannot be created or has no room for the weights, or
    `name` is no name; RunNotFoundError where such a run is not there.
    """
    runs_dir, experiment = workspace.runs_dir, _with_run_ids(experiment, workspace.runs_dir)
    refuse_without_room(experiment, DiskRoom.of(runs_dir))
    started = datetime.now(UTC)
    label = checked_name(name) if name else experiment.name
    stem = f"{started:%Y%m%d-%H%M%S}-{slug(label)}-{experiment.data.name}"
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        remove_leftovers(runs_dir)
        return _made(
            runs_dir.absolute(),
            stem,
            experiment,
            RunRecord(
                id="",
                name=label,
                preset=preset,
                data=experiment.data.name,
                status=status,
                started=started,
                device_asked=workspace.device,
                data_dir=_named_data_folder(workspace.data_folder),
                pid=os.getpid(),
                process_started=provenance.process_start(os.getpid()),
                versions=provenance.versions(),
                machine=provenance.machine(),
                source_revision=provenance.source_revision(),
            ),
        )
    except OSError as error:
        msg = (
            f"cannot make a run in {runs_dir}: {error.strerror}; choose another folder with --runs"
            " or FFTUI_RUNS"
        )
        raise RequestError(msg) from error


def make_again(folder: RunFolder, experiment: Experiment, record: RunRecord) -> None:
    """Make the folder of a run that was deleted, with its experiment and record. Raises OSError."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if not folder.experiment_path.exists():
        folder.write_experiment(experiment)
    if not folder.run_json.exists():
        folder.write_record(record)


def _with_run_ids(experiment: Experiment, runs_dir: Path) -> Experiment:
    changes = {
        f"phases.{number}.init_from": _lasting_name(find_run(runs_dir, phase.init_from), runs_dir)
        for number, phase in enumerate(experiment.phases)
        if phase.init_from is not None
    }
    return experiment.changed(changes) if changes else experiment


def _lasting_name(folder: RunFolder, runs_dir: Path) -> str:
    """What `find_run` finds the run by from any current folder and whatever runs are added."""
    return folder.id if folder.path.parent.resolve() == runs_dir.resolve() else str(folder.path)


def runs_folder(option: Path | str | None = None) -> Path:
    """The folder of all runs: `--runs`, else FFTUI_RUNS, else `runs` in the current folder."""
    return Path(option or os.environ.get("FFTUI_RUNS") or "runs").expanduser()


def run_folders(runs_dir: Path) -> list[RunFolder]:
    """The runs in `runs_dir`, newest first; none if it does not exist. Raises RequestError where it
    is not readable.
    """
    return [folder for folder, _ in run_records(runs_dir)]


def run_records(runs_dir: Path) -> list[FoundRun]:
    """The runs in `runs_dir` with their records (None: damaged), newest first.

    Raises RequestError where `runs_dir` cannot be read.
    """
    try:
        names = [
            entry.name
            for entry in os.scandir(runs_dir)
            if not entry.name.startswith(".") and _has_record(entry.path)
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"cannot read the runs in {runs_dir}: {error.strerror}"
        raise RequestError(msg) from error
    found: list[FoundRun] = []
    for name in names:
        folder = RunFolder(runs_dir.absolute() / name)
        try:
            found.append((folder, folder.record()))
        except RunNotFoundError:
            found.append((folder, None))
    return sorted(found, key=lambda run: _started(*run), reverse=True)


def find_run(runs_dir: Path, text: str) -> RunFolder:
    """The run that `text` identifies: an id, a unique prefix of one, a path, a unique name, or
    `latest`.

    Raises RunNotFoundError, which names the nearest run, where there is none or more than one.
    """
    if (at_path := _run_at(text) or _run_of_id(runs_dir, text)) is not None:
        return at_path
    records = run_records(runs_dir)
    if not records:
        msg = (
            f"no runs in {runs_dir}; start one with: fftui run --preset quickstart, or say where"
            " with --runs"
        )
        raise RunNotFoundError(msg)
    if text == "latest":
        return records[0][0]
    matching = _matching(text, records)
    if len(matching) != 1:
        raise RunNotFoundError(_not_one(text, matching, runs_dir, records))
    return matching[0]


def _run_at(text: str) -> RunFolder | None:
    """The run in the folder `text`; None where it is no path. Raises RunNotFoundError for another
    folder.
    """
    try:
        if text and (Path(text) / "run.json").is_file():
            return RunFolder(Path(text).absolute())
        is_folder = os.sep in text and Path(text).is_dir()
    except PermissionError as error:
        msg = f"{text} cannot be read: {error.strerror}; make it readable, or name another run"
        raise RunNotFoundError(msg) from error
    except (OSError, ValueError):  # longer than any path can be
        return None
    if is_folder:
        msg = f"{text} is a folder, but no run: it has no run.json"
        raise RunNotFoundError(msg)
    return None


def _run_of_id(runs_dir: Path, text: str) -> RunFolder | None:
    """The run whose whole id is `text`; None where there is none."""
    if not text or text.startswith(".") or os.sep in text:
        return None
    path = runs_dir.absolute() / text
    try:
        return RunFolder(path) if (path / "run.json").is_file() else None
    except (OSError, ValueError):  # one that may not be read is found, and said, by its beginning
        return None


def _matching(text: str, records: Sequence[FoundRun]) -> list[RunFolder]:
    """The runs that `text` may mean: by the beginning of the id, else by name."""
    begun = [folder for folder, _ in records if text and folder.id.startswith(text)]
    return begun or [
        folder for folder, record in records if record and _is_named(folder, record, text)
    ]


def _is_named(folder: RunFolder, record: RunRecord, text: str) -> bool:
    return (readable_annotations(folder.path).name or record.name) == text


def _not_one(
    text: str, matching: Sequence[RunFolder], runs_dir: Path, records: Sequence[FoundRun]
) -> str:
    """Why `text` is not one run: several match, or none; then with the nearest id."""
    if matching:
        more = ", …" if len(matching) > 3 else ""
        several = ", ".join(folder.id for folder in matching[:3]) + more
        return (
            f"{shown(text)} may be any of {len(matching)} runs ({several}): write more of the id of"
            " the one you mean"
        )
    near = nearest(text, [folder.id for folder, _ in records])
    hint = f"; did you mean {near}?" if near else ";"
    return f"no run {shown(text)} in {runs_dir}{hint} fftui runs lists all"


def _has_record(path: str) -> bool:
    """Whether a folder is a run's; one that may not be entered may be."""
    try:
        return (Path(path) / "run.json").is_file()
    except PermissionError:
        return True
    except OSError:
        return False


def slug(text: str) -> str:
    """`text` as part of a file name: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "run"


def _made(runs_dir: Path, stem: str, experiment: Experiment, record: RunRecord) -> RunFolder:
    """The folder of a new run, which appears with its experiment and record in one step. Raises
    OSError.
    """
    while True:
        path = runs_dir / f"{stem}-{secrets.token_hex(2)}"
        beside = RunFolder(runs_dir / f".{path.name}.{os.getpid()}.new")
        try:
            beside.path.mkdir()
            beside.write_experiment(experiment)
            beside.write_record(record.model_copy(update={"id": path.name}))
            if not path.exists():
                beside.path.rename(path)
                return RunFolder(path)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        finally:
            beside.discard()


def _started(folder: RunFolder, record: RunRecord | None) -> float:
    """The Unix time at which a run started; of a damaged record, that of its last change."""
    if record is not None:
        return record.started.timestamp()
    try:
        return folder.run_json.stat().st_mtime
    except OSError:
        return 0.0


def _named_data_folder(option: Path | None) -> str | None:
    """The folder of images given by option or environment; None for the default one."""
    named = option is not None or bool(os.environ.get("FFTUI_DATA"))
    return str(data_folder_of(option).absolute()) if named else None
