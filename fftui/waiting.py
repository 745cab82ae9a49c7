"""How torch's threads wait for each other, as far as it is chosen before torch is loaded.

OpenMP's libraries read these variables once. Threads that wait awake for long take the cores from
other programs: two runs at once on two cores then learn several times slower. libgomp, torch's on
Linux, is left as it is: a run that learns sees to it (fftui.learning.shared_cores). LLVM's and
Intel's, on other systems, are made to sleep at once.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

LIBGOMP_NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
NAMES = (*LIBGOMP_NAMES, "KMP_BLOCKTIME")  # any of them is the user's own choice
CHOSEN: Mapping[str, str] = {"KMP_BLOCKTIME": "0"}  # which libgomp does not read


def choose_waiting() -> None:
    """Set how threads will wait in this process and in those that it starts.

    Does nothing where the user has set it, or where torch is loaded and would not see it any more.
    """
    if "torch" not in sys.modules and not _is_set():
        os.environ.update(CHOSEN)


@contextmanager
def waiting_chosen() -> Iterator[None]:
    """Processes started meanwhile wait in fftui's way, unless the user has set another; this
    process's environment is as before at the end.
    """
    added = {} if _is_set() else CHOSEN
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def is_set_for_libgomp() -> bool:
    """Whether the user has said how libgomp's threads wait."""
    return any(name in os.environ for name in LIBGOMP_NAMES)


def waiting_in_words() -> str:
    """How the threads of this process wait while a run learns."""
    if sys.platform == "linux" and not is_set_for_libgomp():
        return "awake, asleep beside others"
    policy = os.environ.get("OMP_WAIT_POLICY", "default").lower()
    named = {"passive": "asleep", "active": "awake"}.get(policy, policy)
    if sys.platform == "linux":
        turns = os.environ.get("GOMP_SPINCOUNT")
        return named if turns is None else f"{turns} turns awake, then asleep"
    milliseconds = os.environ.get("KMP_BLOCKTIME")
    return named if milliseconds is None else f"{milliseconds} ms awake, then asleep"


def _is_set() -> bool:
    return any(name in os.environ for name in NAMES)
