"""`Workspace`: the folders and the device that every command, study and screen works with."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """The folder of all runs, the folder of data sets (None: the default one), and the device to
    learn on (`auto`, `cpu`, `cuda`, `cuda:1`, `mps`).
    """

    runs_dir: Path
    data_folder: Path | None = None
    device: str = "auto"
