"""The machine around the process: cores, memory, load."""

import math
import os
import sys

import psutil

from fftui.doctor.checks import Check, Section
from fftui.runs import provenance
from fftui.telemetry.limits import core_limit
from fftui.telemetry.machine_memory import machine_memory
from fftui.text.format import size

LITTLE_MEMORY_BYTES = 2_000_000_000  # torch, a full data set and a checkpoint take about as much


def host_section() -> Section:
    """Processor, cores, memory and load."""
    usable, limit = _affinity(), core_limit()
    return Section("host", "Host", (_processor(), _cores(usable, limit), _memory(), _load(usable)))


def usable_cores() -> float:
    """Cores' worth of time that this process may take: the smaller of its affinity and its control
    group's limit.
    """
    return min(_affinity(), core_limit() or math.inf)


def _affinity() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _processor() -> Check:
    name = str(provenance.machine()["processor"])
    return Check("processor", "processor", "ok", name, name)


def _cores(usable: int, limit: float | None) -> Check:
    there = os.cpu_count() or 1
    value = {"there": there, "affinity": usable, "control_group_limit": limit}
    parts = [
        f"{there} there",
        "this process may use all" if usable == there else f"this process may use {usable}",
    ]
    if limit is None or limit >= usable:
        return Check("cores", "cores", "ok" if usable == there else "note", value, ", ".join(parts))
    parts.append(f"for the time of {limit:g}")
    advice = "the control group (container or job) sets this limit: ask for more cores there"
    return Check("cores", "cores", "note", value, ", ".join(parts), advice)


def _memory() -> Check:
    memory = machine_memory()
    total, available, limit = memory.total_bytes, memory.available_bytes, memory.limit_bytes
    value = {
        "total_bytes": total,
        "available_bytes": available,
        "control_group_limit_bytes": limit,
        "left_in_group_bytes": memory.left_in_group_bytes,
    }
    text = f"{size(total)}, {size(available)} available"
    if limit is not None and (total is None or limit < total):
        text += f", this process may take {size(limit)}"
        if memory.left_in_group_bytes is not None:
            text += f", of which {size(memory.left_in_group_bytes)} are left"
    if memory.free_bytes is None:
        return Check("memory", "memory", "note", value, "not known: this system does not say it")
    if memory.free_bytes >= LITTLE_MEMORY_BYTES:
        return Check("memory", "memory", "ok", value, text)
    advice = (
        f"under {size(LITTLE_MEMORY_BYTES)}: large layers may not fit; free some, or take smaller"
        " ones"
    )
    return Check("memory", "memory", "note", value, text, advice)


def _load(usable: int) -> Check:
    try:
        one, five, fifteen = psutil.getloadavg()
    except OSError:
        return Check("load", "load", "note", None, "not known: this system does not say it")
    value = {"load_1min": one, "load_5min": five, "load_15min": fifteen}
    text = f"{one:.1f} in the last minute, {five:.1f} in five, {fifteen:.1f} in fifteen"
    if one <= usable / 2:
        return Check("load", "load", "ok", value, text)
    advice = (
        "other work takes part of the processor: what is measured below is less than it can do"
        " alone"
    )
    return Check("load", "load", "note", value, text, advice)
