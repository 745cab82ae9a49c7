"""The data sets: which are here and in order, and what fetching the others would bring."""

from pathlib import Path

from fftui.data.catalogue import DATA_NAMES, DataName
from fftui.data.verify import SetStatus, data_folder, set_status
from fftui.doctor.checks import Check, Section
from fftui.text.format import size

# Sizes of the packed files that `fftui data get` fetches.
FETCHED_BYTES: dict[DataName, int] = {
    "mnist": 11_594_722,
    "fashion-mnist": 30_878_645,
    "cifar10": 170_498_071,
    "cifar100": 169_001_437,
    "svhn": 246_316_178,
}
NEED_NO_TORCHVISION: tuple[DataName, ...] = ("mnist-mini", "mnist", "fashion-mnist")


def data_section(folder: Path | None = None, *, torchvision_loads: bool = True) -> Section:
    """Every data set known; its files are read and their checksums compared."""
    root = data_folder(folder)
    there = root.is_dir()
    checks = [
        Check(
            "folder",
            "folder",
            "ok" if there else "note",
            str(root),
            str(root) if there else f"{root}, not there",
        )
    ]
    for name in DATA_NAMES:
        if torchvision_loads or name in NEED_NO_TORCHVISION:
            checks.append(_check(set_status(name, folder)))
        else:
            checks.append(_not_available(name))
    return Section("image_sets", "Data sets", tuple(checks))


def _check(status: SetStatus) -> Check:
    value = {
        "state": status.state,
        "verified": status.verified,
        "where": status.where,
        "size_bytes": status.bytes,
        "fetch_bytes": None if status.state == "present" else FETCHED_BYTES.get(status.name),
    }
    if status.state == "present":
        where = f", {status.where}" if status.name == "mnist-mini" else ""
        return Check(
            status.name, status.name, "ok", value, f"{size(status.bytes)}, verified{where}"
        )
    text = status.detail if status.state == "missing" else f"{status.state}: {status.detail}"
    if status.name == "mnist-mini":
        advice = "it comes with fftui, and quickstart learns it: install fftui again"
        return Check(status.name, status.name, "broken", value, text, advice)
    if status.state == "unreadable":
        advice = "make it readable, or point FFTUI_DATA at a folder that has it"
    else:
        fetched = size(FETCHED_BYTES[status.name])
        advice = (
            f"{status.description}; `fftui data get {status.name}` fetches {fetched} from the"
            " internet"
        )
    return Check(status.name, status.name, "missing", value, text, advice)


def _not_available(name: DataName) -> Check:
    value = {
        "state": None,
        "verified": False,
        "where": None,
        "size_bytes": None,
        "fetch_bytes": None,
    }
    return Check(name, name, "missing", value, "not available: torchvision does not load")
