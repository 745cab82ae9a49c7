"""The control file of a run: what other processes ask of it, one JSON object a line, appended.

`fftui pause`, an attached screen and scripts write it; the run's own process reads it
(`fftui.runs.control_thread`). Only the owner of that process may ask: a file that belongs to
another user, or that others may write, is not obeyed.
"""

import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from fftui.errors import FFTUIError, RequestError
from fftui.events import ControlAction, ControlRequested
from fftui.runs import provenance
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.status import ensure_running

ANSWER_S = 10.0  # a run that loads torch is slow to answer
LOOK_EVERY_S = 0.05
ENDED_EVERY_S = 0.5  # until a look whether the run is still there to answer
READ_AT_MOST = 65_536  # bytes at once: hundreds of requests
# no link and no pipe: what is opened is the file in the run's folder, without waiting
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class ControlRequest(BaseModel):
    """What a process asks of a run: the action, the Unix time, and who asks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: ControlAction
    at: float
    pid: int
    host: str


@dataclass(frozen=True)
class NewRequests:
    """The requests written since the last read, in order, and why others are not obeyed."""

    requests: tuple[ControlRequest, ...] = ()
    refusals: tuple[str, ...] = ()


def send_request(folder: RunFolder, action: ControlAction) -> ControlRequest:
    """Ask the process of the run in `folder` for `action`; returns the request as it was written.

    Raises RequestError where the control file cannot be written or is another user's.
    """
    request = ControlRequest(action=action, at=time.time(), pid=os.getpid(), host=provenance.host())
    # the newline before it ends a line that a killed process has cut off
    line = f"\n{request.model_dump_json()}\n".encode()
    try:
        fd = os.open(folder.control, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _SAFELY, 0o600)
        try:
            if (reason := _why_unsafe(os.fstat(fd))) is not None:
                msg = f"{folder.control} {reason}: remove it and ask again"
                raise RequestError(msg)
            os.write(fd, line)  # in one piece: others may be appending too
        finally:
            os.close(fd)
    except OSError as error:
        msg = f"cannot write {folder.control}: {error.strerror}"
        raise RequestError(msg) from error
    return request


def request_and_wait(folder: RunFolder, action: ControlAction, wait_s: float = ANSWER_S) -> None:
    """Ask the process of the run in `folder` for `action`, and wait until it says that it obeys.

    Raises RequestError as `send_request` does, RequestError or RunNotFoundError where the run ends
    or is deleted without obeying, FFTUIError where it says nothing for `wait_s` seconds.
    """
    tail = JournalTail.from_end(folder.journal)
    request = send_request(folder, action)
    wanted = ControlRequested(action, request.pid, request.host)

    def has_answered() -> bool:
        return any(event == wanted for _, event in tail.read())

    began = looked = time.monotonic()
    while not has_answered():
        now = time.monotonic()
        if now - looked > ENDED_EVERY_S:
            looked = now
            try:
                ensure_running(folder, folder.record())
            except FFTUIError:
                if has_answered():  # it obeyed, and has ended since
                    return
                raise
        if now - began > wait_s:
            msg = (
                f"run {folder.id} has not answered within {wait_s:.0f} s; it obeys once it reads"
                f" {folder.control}: fftui show {folder.id} tells its status and its last events"
            )
            raise FFTUIError(msg)
        time.sleep(LOOK_EVERY_S)


class ControlFile:
    """Reads a control file that other processes write, only the new requests each time.

    Requests written before it is made are of an earlier session and are never read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._refused: tuple[int, int, int] | None = None  # the file that was refused last
        self._inode, self._offset = 0, 0
        with suppress(OSError):
            found = path.lstat()
            self._inode, self._offset = found.st_ino, found.st_size

    def read(self) -> NewRequests:
        """The requests written since the last call. Raises OSError, but not for a missing file."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            self._offset = 0
            return NewRequests()
        # a new file has no earlier session's requests
        if found.st_ino != self._inode or found.st_size < self._offset:
            self._inode, self._offset = found.st_ino, 0
        identity = (found.st_ino, found.st_uid, found.st_mode)
        if found.st_size == self._offset or identity == self._refused:
            return NewRequests()
        if (reason := _why_unsafe(found)) is not None:
            self._refused = identity
            return NewRequests(refusals=(f"requests are not obeyed: {self._path.name} {reason}",))
        self._refused = None
        return self._new_requests()

    def _new_requests(self) -> NewRequests:
        fd = os.open(self._path, os.O_RDONLY | _SAFELY)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(fd)  # the one that is open: another may have been put in its place
            if found.st_ino != self._inode or _why_unsafe(found) is not None:
                return NewRequests()
            file.seek(self._offset)
            fresh = file.read(READ_AT_MOST)
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        return _parsed([line for line in whole.split(b"\n") if line.strip()])


def _parsed(lines: list[bytes]) -> NewRequests:
    requests, refusals = [], []
    for line in lines:
        try:
            requests.append(ControlRequest.model_validate_json(line))
        except ValidationError:
            shown = line[:80].decode("utf-8", "replace")
            refusals.append(f"a request is not obeyed, because it cannot be read: {shown}")
    return NewRequests(tuple(requests), tuple(refusals))


def _why_unsafe(found: os.stat_result) -> str | None:
    """Why this process does not obey requests in such a file; None where it does."""
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    if not hasattr(os, "geteuid"):  # Windows
        return None
    if found.st_uid != os.geteuid():
        return f"belongs to user {found.st_uid}, and this run to user {os.geteuid()}"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "may be written by others than its owner"
    return None
