"""How torch's threads wait for each other: awake for a moment, then asleep.

OpenMP's libraries read these variables once, when torch is loaded. Threads that wait awake for long
take the cores from other programs: two runs at once on two cores then learn several times slower.
Threads that sleep at once lose the time of waking after every small matrix product.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# libgomp's (torch's on Linux), then LLVM's and Intel's: any of them is the user's own choice
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
# libgomp goes by its number of turns alone (some 0.1 ms); the others by the policy, asleep at once
CHOSEN: Mapping[str, str] = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"}


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


def waiting_in_words() -> str:
    """How the threads of this process wait, as far as it is set; `default` is torch's own way."""
    turns = os.environ.get("GOMP_SPINCOUNT")
    policy = os.environ.get("OMP_WAIT_POLICY", "default").lower()
    if turns is not None and sys.platform == "linux":
        return f"{turns} turns awake, then asleep"
    milliseconds = os.environ.get("KMP_BLOCKTIME")
    if milliseconds is not None:
        return f"{milliseconds} ms awake, then asleep"
    return {"passive": "asleep", "active": "awake"}.get(policy, policy)


def _is_set() -> bool:
    return any(name in os.environ for name in NAMES)
