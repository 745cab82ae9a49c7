"""The memory that this process may take: of what the machine has, as much as its control group
leaves. One answer for the doctor, for estimates and for what learning keeps.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from fftui.telemetry.limits import MEMBERSHIP, MOUNTED, memory_left_bytes, memory_limit_bytes


@dataclass(frozen=True)
class MachineMemory:
    """Bytes that the machine has and has available, that the control group allows, and that it
    leaves; None where that is not known, or where there is no limit.
    """

    total_bytes: int | None
    available_bytes: int | None
    limit_bytes: int | None = None
    left_in_group_bytes: int | None = None

    @property
    def there_bytes(self) -> int | None:
        """Bytes that this process may take at most."""
        return _least(self.total_bytes, self.limit_bytes)

    @property
    def free_bytes(self) -> int | None:
        """Bytes that this process may take now, beside what it has."""
        left = self.left_in_group_bytes
        return _least(self.available_bytes, self.limit_bytes if left is None else left)


def machine_memory(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> MachineMemory:
    """The memory of this machine and of the control groups of this process. Raises nothing."""
    limits = memory_limit_bytes(membership, mounted), memory_left_bytes(membership, mounted)
    try:
        memory = psutil.virtual_memory()
    # no /proc/meminfo, or one that psutil does not understand: it fails in as many ways
    except Exception:  # noqa: BLE001
        return MachineMemory(_pages("SC_PHYS_PAGES"), _pages("SC_AVPHYS_PAGES"), *limits)
    return MachineMemory(memory.total or None, memory.available, *limits)


def _pages(name: str, ask: Callable[[str], int] | None = None) -> int | None:
    """Bytes of the pages of memory that the system says by `name`; None where it does not."""
    ask = ask or getattr(os, "sysconf", None)
    if ask is None:
        return None
    try:
        return ask(name) * ask("SC_PAGE_SIZE") or None
    except (OSError, ValueError):
        return None


def _least(*counts: int | None) -> int | None:
    return min((count for count in counts if count is not None), default=None)
