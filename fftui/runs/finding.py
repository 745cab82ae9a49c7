"""The runs of a folder, and the one that somebody means by a text."""

import os
from collections.abc import Sequence
from pathlib import Path

from fftui.errors import RequestError, RunNotFoundError, nearest, shown
from fftui.runs.annotations import readable_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord

FoundRun = tuple[RunFolder, RunRecord | None]  # None: its record is damaged


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
            f"no runs in {runs_dir.absolute()}; start one with: fftui run --preset quickstart, or"
            " say where with --runs"
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


def _started(folder: RunFolder, record: RunRecord | None) -> float:
    """The Unix time at which a run started; of a damaged record, that of its last change."""
    if record is not None:
        return record.started.timestamp()
    try:
        return folder.run_json.stat().st_mtime
    except OSError:
        return 0.0
