"""A failure of the screen, which is no failure of its run: in one line, and its traceback in a
file.
"""

import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from fftui.runs.files import write_bytes

FILE_NAME = "screen-error.log"


@dataclass(frozen=True)
class ScreenFailure:
    """Why the screen ended, in one line, and the whole traceback."""

    reason: str
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> "ScreenFailure":
        """The failure that `error` is."""
        text = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return cls(reason, "".join(traceback.format_exception(error)))

    def keep(self, folder: Path | None) -> str:
        """Write the traceback into `folder`, or where temporary files are, and return the line that
        says so.
        """
        where = "its traceback cannot be written"
        for each in filter(None, (folder, Path(tempfile.gettempdir()))):
            try:
                write_bytes(each / FILE_NAME, self.traceback.encode("utf-8", "replace"))
            except OSError:
                continue
            where = f"the traceback is in {each / FILE_NAME}"
            break
        return f"the screen has ended by an error ({self.reason}); {where}"
