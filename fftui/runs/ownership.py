"""`Ownership`: one process at a time may run, delete or annotate a run, also where the folder lies
on a file system without locks that machines share, such as NFS.

The owner is the file with the highest number among `.NAME-1`, `.NAME-2`, …: a hard link, which one
process alone can make. Whoever finds an owner that is gone takes the next number, and looks again
whether it is the only one that does, so no two can take it over. The files say which process it is;
whether one of another machine is gone, its silence tells (`fftui.runs.status`).
"""

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fftui.errors import RequestError
from fftui.runs import provenance

RETRY_S = 0.02
ATTEMPTS = 100
HALF_WRITTEN_S = 5.0  # where there are no hard links, a file is there before its content


@dataclass(frozen=True)
class Owner:
    """The process that owns a run."""

    host: str
    pid: int
    process_started: float | None

    @classmethod
    def here(cls) -> "Owner":
        """This process."""
        pid = os.getpid()
        return cls(provenance.host(), pid, provenance.process_start(pid))


class HeldError(RequestError):
    """Another process owns it."""


@dataclass(frozen=True)
class Ownership:
    """What was taken: the file that says so. Its folder may be moved meanwhile, never left to
    another.
    """

    folder: Path
    name: str

    def release(self, folder: Path | None = None) -> None:
        """Give it up; `folder` is where it lies by now."""
        with suppress(OSError):
            ((folder or self.folder) / self.name).unlink()


def take(folder: Path, kind: str, silent_s: Callable[[], float], patience_s: float) -> Ownership:
    """Make this process the owner of the run in `folder` for `kind` of work. An owner on another
    machine counts as gone once `silent_s` is more than `patience_s`.

    Raises HeldError where another process owns it, and OSError.
    """
    for _ in range(ATTEMPTS):
        newest = max(_numbers(folder, kind), default=0)
        if newest:
            _ensure_gone(folder / f".{kind}-{newest}", silent_s, patience_s)
        mine = Ownership(folder, f".{kind}-{newest + 1}")
        if not _make(folder, mine.name):
            continue  # another process was faster
        # Of two that looked before and after an owner let go, each has made another number. Both
        # look again: the lower one gives way, and so does the higher one while that is there.
        numbers = _numbers(folder, kind)
        if max(numbers, default=0) > newest + 1:
            mine.release()
            continue
        older = [folder / f".{kind}-{each}" for each in numbers if each <= newest]
        try:
            left_behind = [each for each in older if _ensure_gone(each, silent_s, patience_s)]
        except HeldError:
            mine.release()
            raise
        for path in left_behind:
            Ownership(folder, path.name).release()
        return mine
    msg = f"run {folder.name} is in use by other processes; try again"
    raise HeldError(msg)


def release_of_other_machines(folder: Path, kind: str) -> None:
    """Take it from an owner on another machine that a person says is gone."""
    for number in _numbers(folder, kind):
        path = folder / f".{kind}-{number}"
        owner = _read(path)
        if owner is not None and owner.host != provenance.host():
            with suppress(OSError):
                path.unlink()


def take_in_turn(folder: Path, kind: str, wait_s: float) -> Ownership:
    """`take` for a short piece of work that one process does at a time; wait at most `wait_s` for
    others.

    Raises HeldError where they take longer, and OSError.
    """
    give_up = time.monotonic() + wait_s
    while True:
        try:
            return take(folder, kind, lambda: _age_s(folder, kind), wait_s)
        except HeldError:
            if time.monotonic() > give_up:
                raise
            time.sleep(RETRY_S)


@contextmanager
def in_turn(folder: Path, kind: str, wait_s: float) -> Iterator[None]:
    """Do a short piece of work that one process does at a time, as `take_in_turn` waits for it."""
    owned = take_in_turn(folder, kind, wait_s)
    try:
        yield
    finally:
        owned.release()


def _numbers(folder: Path, kind: str) -> list[int]:
    """The numbers of the files of this kind. Raises OSError."""
    pattern = re.compile(rf"\.{re.escape(kind)}-([0-9]{{1,9}})")
    matches = (pattern.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208
    return [int(match[1]) for match in matches if match]


def _ensure_gone(path: Path, silent_s: Callable[[], float], patience_s: float) -> bool:
    """Whether a process that is gone left `path` behind; False where it has been released.

    Raises HeldError where the process that owns it is not gone.
    """
    owner = _read(path)
    if owner is None:
        # released meanwhile, or damaged: an owner writes it before it is there
        if _age(path) > HALF_WRITTEN_S:
            return True
        if not path.exists():
            return False
        who, gone = "another process", False
    elif owner.host == provenance.host():
        who = f"process {owner.pid}"
        gone = not provenance.is_alive(owner.pid, owner.process_started)
    else:
        who, gone = f"process {owner.pid} on {owner.host}", silent_s() > patience_s
    if not gone:
        msg = f"run {path.parent.name} is in use by {who}; stop that one first"
        raise HeldError(msg)
    return True


def _read(path: Path) -> Owner | None:
    """The owner that the file names; None where it is not there or says nothing."""
    try:
        facts = json.loads(path.read_bytes()[:4096])
        return Owner(str(facts["host"]), int(facts["pid"]), facts["process_started"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _make(folder: Path, name: str) -> bool:
    """Make the file in one step; False where there is one. Raises OSError."""
    content = json.dumps(asdict(Owner.here())).encode()
    beside = folder / f".{name[1:]}.{secrets.token_hex(4)}.{os.getpid()}.new"
    beside.write_bytes(content)
    try:
        os.link(beside, folder / name)
    except (FileExistsError, FileNotFoundError):  # or swept by a process that cleans up
        if not folder.is_dir():
            raise
        return False
    except OSError:  # no hard links here
        return _make_without_links(folder / name, content)
    finally:
        beside.unlink(missing_ok=True)
    return True


def _make_without_links(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _age_s(folder: Path, kind: str) -> float:
    return min((_age(folder / f".{kind}-{n}") for n in _numbers(folder, kind)), default=0.0)


def _age(path: Path) -> float:
    """Seconds since the file was written; 0 where it is not there."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return 0.0
