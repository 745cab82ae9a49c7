"""The data sets: which are here and in order, and what fetching the others would bring."""

import os
from pathlib import Path

from fftui.data.catalogue import SETS, DataName
from fftui.data.own_sets import known_names
from fftui.data.verify import SetStatus, data_folder, set_status
from fftui.doctor.checks import Check, Section
from fftui.text.format import size


def data_section(folder: Path | None = None, *, torchvision_loads: bool = True) -> Section:
    """Every data set known; its files are read and their checksums compared."""
    root = data_folder(folder)
    there = os.path.isdir(root)  # noqa: PTH112 - never an error, as where it may not be entered
    checks = [
        Check(
            "folder",
            "folder",
            "ok" if there else "note",
            str(root),
            str(root) if there else f"{root}, not there",
        )
    ]
    for name in known_names(folder):
        if torchvision_loads or name not in SETS or SETS[name].source is None:
            checks.append(_check(set_status(name, folder)))
        else:
            checks.append(_not_available(name))
    return Section("data_sets", "Data sets", tuple(checks))


def _check(status: SetStatus) -> Check:
    value = {
        "state": status.state,
        "verified": status.verified,
        "where": status.where,
        "size_bytes": status.bytes,
        "fetch_bytes": None if status.state == "present" else _fetch_bytes(status.name),
    }
    if status.state == "present":
        checked = "verified" if status.verified else "not verified: no checksum is published"
        where = f", {status.where}" if status.name == "mnist-mini" else ""
        return Check(
            status.name, status.name, "ok", value, f"{size(status.bytes)}, {checked}{where}"
        )
    text = status.detail if status.state == "missing" else f"{status.state}: {status.detail}"
    if status.name == "mnist-mini":
        advice = "it comes with fftui, and quickstart learns it: install fftui again"
        return Check(status.name, status.name, "broken", value, text, advice)
    if status.state == "unreadable":
        advice = "make it readable, or point FFTUI_DATA at a folder that has it"
    elif status.name not in SETS:
        advice = f"`fftui data remove {status.name}`, then add it again"
    else:
        fetched = size(_fetch_bytes(status.name) or 0)
        advice = (
            f"{status.description}; `fftui data get {status.name}` fetches {fetched} from the"
            " internet"
        )
    return Check(status.name, status.name, "missing", value, text, advice)


def _fetch_bytes(name: DataName) -> int | None:
    """Size of the packed files that `fftui data get` fetches; None where there are none."""
    source = SETS[name].source if name in SETS else None
    return source.fetch_bytes if source else None


def _not_available(name: DataName) -> Check:
    value = {
        "state": None,
        "verified": False,
        "where": None,
        "size_bytes": None,
        "fetch_bytes": None,
    }
    return Check(name, name, "missing", value, "not available: torchvision does not load")
