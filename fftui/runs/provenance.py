"""The provenance of a run: its process, machine, package versions and source revision. Loads no
tensor library.
"""

import os
import platform
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

import fftui
from fftui.telemetry.machine_memory import machine_memory
from fftui.waiting import waiting_in_words

PACKAGES = ("torch", "torchvision", "numpy", "safetensors", "pydantic", "polars", "textual")
COMMIT = "# branch.oid "  # before the commit, as `git status --porcelain=v2 --branch` says it
STARTS_WITHIN_S = 1.0  # two readings of one process's start time differ by clock ticks


def process_start(pid: int) -> float | None:
    """The Unix time at which process `pid` started; None where there is no such process (a zombie
    has ended), or where the system does not say.
    """
    try:
        return _process_start(pid)
    except _StartNotKnownError:
        return None


def is_alive(pid: int, started: float | None) -> bool:
    """Whether the process `pid` that started at Unix time `started` runs on this machine.

    Process identifiers are reused: only the start time makes one unique. Where the system does not
    say it, any process of that identifier counts.
    """
    try:
        now = _process_start(pid)
    except _StartNotKnownError:
        return _has_process(pid)
    return now is not None and (started is None or abs(now - started) < STARTS_WITHIN_S)


class _StartNotKnownError(Exception):
    """The system does not say when processes started."""


def _process_start(pid: int) -> float | None:
    if pid <= 0:  # of a damaged record
        return None
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.AccessDenied:
        return None
    except psutil.NoSuchProcess:
        if _sees_itself():
            return None
        raise _StartNotKnownError from None
    # a /proc of few files fails in as many ways
    except Exception as error:
        raise _StartNotKnownError from error


def _sees_itself() -> bool:
    try:
        return psutil.pid_exists(os.getpid())
    except OSError:  # no /proc
        return False


def _has_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def host() -> str:
    """The host name of this machine."""
    return socket.gethostname()


def versions() -> dict[str, str]:
    """The versions of Python, fftui and the packages it depends on."""
    found = {"python": platform.python_version(), "fftui": fftui.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int]:
    """The machine: host name, system, processor, cores this process may use, how its threads wait
    for each other, memory in bytes (not there where it is unknown).
    """
    total = machine_memory().total_bytes
    return {
        "host": host(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": cores(),
        "thread_waiting": waiting_in_words(),
        **({} if total is None else {"memory_bytes": total}),
    }


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def source_revision() -> str | None:
    """The commit of the checkout this package runs from, with `-dirty` if files differ; None when
    installed.

    The checkout must contain the package itself: one that merely surrounds a virtual environment
    does not count.
    """
    checkout = Path(fftui.__file__).parents[1]
    if not (checkout / ".git").exists():
        return None
    # one command that takes no lock of the checkout: who is killed meanwhile leaves none
    options = ["--no-optional-locks", "-C", str(checkout)]
    asked = ["status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    command = ["git", *options, *asked]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = said.stdout.splitlines()
    commits = [line.removeprefix(COMMIT) for line in lines if line.startswith(COMMIT)]
    if not commits or commits[0] == "(initial)":
        return None
    changed = any(not line.startswith("#") for line in lines)
    return f"{commits[0]}-dirty" if changed else commits[0]


def _processor() -> str:
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
