"""Energy of the CPU's packages through RAPL, from Linux's /sys/class/powercap; usually readable by
root only.
"""

from dataclasses import dataclass
from pathlib import Path

RAPL_FOLDER = Path("/sys/class/powercap")
MICRO = 1e-6


class RaplUnavailableError(Exception):
    """RAPL cannot be read, or no longer; the message is the reason."""


@dataclass
class _Package:
    """The energy counter of one package, in microjoules; it wraps at `range_uj`."""

    file: Path
    range_uj: int
    seen_uj: int
    drawn_uj: int = 0

    def read_uj(self) -> int:
        """Microjoules drawn since the object was created; a counter lower than before has wrapped
        once.
        """
        now_uj = _number(self.file)
        self.drawn_uj += (
            now_uj - self.seen_uj
            if now_uj >= self.seen_uj
            else now_uj + self.range_uj - self.seen_uj
        )
        self.seen_uj = now_uj
        return self.drawn_uj


class RaplSource:
    """Reads the sum of the CPU's packages (zones `intel-rapl:N` named `package-N`, on AMD too)
    under `folder`.

    Subzones (core, dram) and psys are left out: they would count energy twice or are not the CPU's.
    Raises RaplUnavailableError where there is no package or it may not be read.
    """

    def __init__(self, folder: Path = RAPL_FOLDER) -> None:
        zones = sorted(folder.glob("intel-rapl:*"))
        self._packages = [
            _package(zone) for zone in zones if zone.name.count(":") == 1 and _is_package(zone)
        ]
        if not self._packages:
            msg = f"{folder} shows no package of the CPU (no RAPL here)"
            raise RaplUnavailableError(msg)

    @property
    def packages(self) -> int:
        """The number of packages."""
        return len(self._packages)

    def read_j(self) -> float:
        """Joules drawn by all packages since the source was created. Raises RaplUnavailableError if
        one is not read.
        """
        return sum(package.read_uj() for package in self._packages) * MICRO


def _is_package(zone: Path) -> bool:
    return _text(zone / "name").startswith("package")


def _package(zone: Path) -> _Package:
    energy = zone / "energy_uj"
    return _Package(energy, _number(zone / "max_energy_range_uj"), _number(energy))


def _number(file: Path) -> int:
    text = _text(file)
    try:
        return int(text)
    except ValueError:
        msg = f"{file} holds {text[:20]!r}, which is no number"
        raise RaplUnavailableError(msg) from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except PermissionError as error:
        msg = f"{file}: {error.strerror}; root may read it"
        raise RaplUnavailableError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        msg = f"{file}: {reason}"
        raise RaplUnavailableError(msg) from None
