"""`import`, and where `export` writes to a zip archive or to a tracker's files.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.cli.options import RunsDir, workspace_of
from fftui.errors import RequestError
from fftui.inert import one_line
from fftui.text.streams import to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.runs.folder import RunFolder
    from fftui.trackers.live_log import LiveLog

ELSEWHERE = ("zip", "tensorboard", "wandb", "mlflow", "trackio")


def is_elsewhere(to: str | None, output: str) -> str | None:
    """The name of the archive or tracker that an export goes to; None where it is a table."""
    if to is None:
        return "zip" if output.lower().endswith(".zip") else None
    return to if to in ELSEWHERE else None


def export_elsewhere(folders: "list[RunFolder]", to: str, output: str) -> None:
    """Write whole runs to a zip archive or into a tracker's folder. Raises RequestError."""
    if output == "-":
        what = "file" if to == "zip" else "folder"
        msg = f"--to {to} writes a {what}: name it with -o"
        raise RequestError(msg)
    if to == "zip":
        from fftui.runs.files import check_writable
        from fftui.runs.kept_tables import ensure_tables
        from fftui.runs.zip_export import write_zip

        check_writable(Path(output))
        for folder in folders:
            ensure_tables(folder)
        write_zip(folders, Path(output))
        to_stderr(f"{output}: {len(folders)} run{'' if len(folders) == 1 else 's'}")
        return
    from fftui.trackers.tracker_registry import TRACKERS, export_to

    seen = dict.fromkeys(export_to(TRACKERS[to], folders, Path(output)))
    for how in seen:
        to_stdout(one_line(how))


def live_log(text: str | None) -> "LiveLog | None":
    """What `--log` names; None where it was not given. Raises RequestError."""
    if text is None:
        return None
    from fftui.trackers.live_log import LiveLog

    return LiveLog.of(text)


def import_(
    file: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Archives that fftui export --to zip has written."),
    ],
    runs: RunsDir = None,
) -> None:
    """Take the runs of an archive into the folder of runs; nothing there is replaced.

    An archive may come from anybody: it is checked before anything is unpacked, and all of its runs
    come in, or none.
    """
    from fftui.runs.export import journal_problems
    from fftui.runs.zip_import import import_zip

    for archive in file:
        for folder in import_zip(archive, workspace_of(runs).runs_dir):
            for problem in journal_problems(folder):
                to_stderr(one_line(f"fftui: {problem}"))
            to_stdout(folder.id)
