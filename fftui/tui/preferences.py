"""What stays chosen on the screen from one start to the next: `screen.toml` in one's folder of
settings.
"""

from pathlib import Path

import tomli_w
from pydantic import BaseModel, ConfigDict, ValidationError

from fftui.errors import RequestError
from fftui.plain_text import parse_toml, read_text
from fftui.runs.files import write_bytes
from fftui.user_folders import user_config_folder


class Preferences(BaseModel):
    """What was chosen; a field that is None or empty was not. Fields of other versions are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    runs_columns: tuple[str, ...] = ()
    runs_order: str | None = None
    theme: str | None = None
    pictures: str | None = None


class PreferencesFile:
    """The file of the preferences, read once. `problem` says why it cannot be read, in one line."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or user_config_folder() / "screen.toml"
        self.problem: str | None = None
        self.preferences = self._read()

    def change(self, **changes: object) -> None:
        """Change some of them, and write the file. Raises RequestError where it cannot be
        written.
        """
        chosen = self.preferences.model_copy(update=changes)
        if chosen == self.preferences:
            return
        self.preferences = chosen
        values = chosen.model_dump(mode="json", exclude_none=True)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self._path, tomli_w.dumps(values).encode())
        except OSError as error:
            msg = f"cannot keep what was chosen in {self._path}: {error.strerror}"
            raise RequestError(msg) from error

    def _read(self) -> Preferences:
        try:
            return Preferences.model_validate(parse_toml(read_text(self._path)))
        except FileNotFoundError:
            return Preferences()
        except OSError as error:
            reason = error.strerror or "it cannot be read"
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except ValueError as error:  # no TOML, or no text
            reason = " ".join(str(error).split())
        self.problem = f"{self._path} is ignored until something is chosen anew: {reason}"
        return Preferences()
