"""The size of the machine that a screen runs on."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """The size of this machine, the scale of metrics where a run lacks that of its own machine."""

    cores: int
    memory_bytes: int


def this_machine() -> Machine:
    """The cores this process may use and the memory of this machine in bytes."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        memory = 0
    return Machine(cores, memory)
