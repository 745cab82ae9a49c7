"""What the control groups of Linux allow this process: a container, a Slurm job or a service gets
less than there is.

Version 2 keeps all in one tree (`cpu.max`, `memory.max`), version 1 a tree for each controller. A
limit of any group above the process's own holds too.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MEMBERSHIP = Path("/proc/self/cgroup")
MOUNTED = Path("/sys/fs/cgroup")
NO_LIMIT_BYTES = 1 << 60  # version 1 has no word for "none": a number that no machine has


def core_limit(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> float | None:
    """Cores' worth of time that this process may take; None where no limit is set or none can be
    read.
    """
    limits = []
    for group in _groups("cpu", membership, mounted):
        quota, _, period = _words(group / "cpu.max").partition(" ")
        if not quota:
            quota, period = _words(group / "cpu.cfs_quota_us"), _words(group / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):
            limits.append(int(quota) / int(period))
    return min(limits, default=None)


def memory_limit_bytes(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> int | None:
    """Memory that this process may take; None where no limit is set or none can be read."""
    limits = []
    for group in _groups("memory", membership, mounted):
        limit = _words(group / "memory.max") or _words(group / "memory.limit_in_bytes")
        if limit.isdigit() and int(limit) < NO_LIMIT_BYTES:
            limits.append(int(limit))
    return min(limits, default=None)


def memory_left_bytes(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> int | None:
    """Memory that the groups of this process leave it, beside what they use without what the kernel
    would drop first (files that nobody has read lately); None as for `memory_limit_bytes`.
    """
    left = []
    for group in _groups("memory", membership, mounted):
        limit = _words(group / "memory.max") or _words(group / "memory.limit_in_bytes")
        used = _words(group / "memory.current") or _words(group / "memory.usage_in_bytes")
        if limit.isdigit() and int(limit) < NO_LIMIT_BYTES and used.isdigit():
            left.append(max(0, int(limit) - max(0, int(used) - _droppable(group))))
    return min(left, default=None)


def _droppable(group: Path) -> int:
    """Bytes of a group's files in memory that the kernel drops where memory is short."""
    found = dict(line.partition(" ")[::2] for line in _words(group / "memory.stat").splitlines())
    bytes_text = found.get("total_inactive_file", found.get("inactive_file", ""))
    return int(bytes_text) if bytes_text.isdigit() else 0


def _groups(controller: str, membership: Path, mounted: Path) -> Iterator[Path]:
    """The folders of the process's groups, of one controller, up to the root.

    Inside a container the path may be the host's: then only the root is there, and it is the
    container's own.
    """
    for line in _words(membership).splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            root = mounted
        elif controller in controllers.split(","):
            root = (
                mounted / controllers if (mounted / controllers).is_dir() else mounted / controller
            )
        else:
            continue
        inside = PurePosixPath(path.lstrip("/"))
        yield from (root / each for each in (inside, *inside.parents))


def _words(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
