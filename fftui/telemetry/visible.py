"""The GPUs that CUDA sees under CUDA_VISIBLE_DEVICES, in CUDA's order, found through NVML without
starting CUDA.

CUDA's rules: entries are indexes, or `GPU-` UUIDs, or `MIG-` UUIDs, or unique prefixes of UUIDs;
the first entry sets the kind. An entry that names no device, or is of another kind, hides itself
and all that follow; a device named twice hides everything; unset shows all. Where there is a MIG
slice among them, CUDA takes the first slice and nothing else. Rules that CUDA does not document are
those of torch (`torch.cuda._parse_visible_devices`).
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fftui.telemetry import nvml

VARIABLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"
INDEX = re.compile(r"\s*([+-]?[0-9]+)")  # CUDA ignores what follows the digits
HIDDEN = "and what follows it are hidden"


@dataclass(frozen=True)
class Slice:
    """A MIG slice of a GPU."""

    uuid: str
    gpu_instance: int | None = None
    compute_instance: int | None = None


@dataclass(frozen=True)
class Board:
    """One GPU and its MIG slices, as NVML lists them: in the order of the PCI bus."""

    uuid: str
    name: str
    slices: tuple[Slice, ...] = ()

    @property
    def device(self) -> str:
        """The UUID of the device that CUDA takes: the first slice, or the whole board if it has
        none.
        """
        return self.slices[0].uuid if self.slices else self.uuid


@dataclass(frozen=True)
class Visible:
    """The UUIDs of the devices that CUDA sees, in its order; `problem` is what is wrong with the
    variable.

    `caution` warns where CUDA may count the devices in another order.
    """

    uuids: tuple[str, ...]
    problem: str = ""
    caution: str = ""


def visible(value: str | None, order: str | None, boards: Sequence[Board]) -> Visible:
    """The devices of `boards` that CUDA sees if CUDA_VISIBLE_DEVICES is `value` and
    CUDA_DEVICE_ORDER is `order`.
    """
    caution = _caution(value, order, boards)
    if value is None:
        return Visible(_taken(board.device for board in boards), caution=caution)
    entries, problem = _entries(value)
    found: list[str] = []
    for entry in entries:
        uuid, reason = _named(entry, boards)
        if uuid is None:
            problem = reason
            break
        if uuid in found:
            found, problem = [], _twice(entry)
            break
        found.append(uuid)
    problem = f"{VARIABLE}={value}: {problem}" if problem else ""
    return Visible(_taken(found), problem, caution if found else "")


def visible_here() -> Visible:
    """The devices that CUDA sees in this process on this machine. NVML has to be initialised."""
    return visible(os.environ.get(VARIABLE), os.environ.get(ORDER), boards_here())


def boards_here() -> list[Board]:
    """The GPUs of this machine. NVML has to be initialised."""
    found = []
    for handle in nvml.boards():
        slices = [
            Slice(uuid, *nvml.instances_of(each))
            for each in nvml.slices(handle)
            if (uuid := nvml.uuid_of(each))
        ]
        if (uuid := nvml.uuid_of(handle)) is not None:
            found.append(Board(uuid, nvml.name_of(handle), tuple(slices)))
    return found


def _taken(uuids: Iterable[str]) -> tuple[str, ...]:
    """The devices that CUDA takes of them: if there are slices, only the first one."""
    every = tuple(uuids)
    slices = tuple(uuid for uuid in every if uuid.startswith("MIG-"))
    return slices[:1] or every


def _entries(value: str) -> tuple[list[str], str]:
    """The entries before the first invalid one, and what is wrong with that; no entries where one
    is repeated.
    """
    kind = next((kind for kind in nvml.UUID_KINDS if value.startswith(kind)), "")
    found: list[str] = []
    for entry in value.split(","):
        number = INDEX.match(entry)
        if not kind and number and int(number[1]) >= 0:
            plain = str(int(number[1]))
        elif kind and entry.startswith(kind):
            plain = entry
        else:
            return found, _wrong(entry, kind)
        if plain in found:
            return [], _twice(plain)
        found.append(plain)
    return found, ""


def _wrong(entry: str, kind: str) -> str:
    """What is wrong with an invalid entry; empty where the entry ends the list on purpose."""
    number = INDEX.match(entry)
    if entry.strip() in ("", "NoDevFiles") or (number and int(number[1]) < 0):
        return ""
    if kind and (number or entry.strip().startswith(nvml.UUID_KINDS)):
        return f"{entry!r} is no {kind} UUID like the first, without blanks; it {HIDDEN}"
    return f"{entry!r} names no GPU; it {HIDDEN}"


def _twice(entry: str) -> str:
    return f"{entry} is named twice, so CUDA sees no GPU at all"


def _named(entry: str, boards: Sequence[Board]) -> tuple[str | None, str]:
    """The UUID of the device that an entry names, or None and the reason."""
    if not entry.startswith(nvml.UUID_KINDS):
        return _counted(int(entry), boards)
    matches = [
        uuid for uuid, *names in _names(boards) if any(_begins(entry, name) for name in names)
    ]
    if len(matches) == 1:
        return matches[0], ""
    if matches:
        return None, f"{entry} begins the UUIDs of {len(matches)} devices; it {HIDDEN}"
    return None, f"{entry} names no GPU of this machine; it {HIDDEN}"


def _counted(number: int, boards: Sequence[Board]) -> tuple[str | None, str]:
    if number < len(boards):
        return boards[number].device, ""
    there = f"{len(boards)} GPU{'' if len(boards) == 1 else 's'}"
    return None, f"there is no GPU {number} ({there}, counted from 0); it {HIDDEN}"


def _names(boards: Sequence[Board]) -> Iterator[tuple[str, ...]]:
    """For each device: the UUID that CUDA takes, then all names it has."""
    for board in boards:
        yield board.device, board.uuid
        for each in board.slices:
            yield (
                each.uuid,
                each.uuid,
                f"MIG-{board.uuid}/{each.gpu_instance}/{each.compute_instance}",
            )


def _begins(entry: str, name: str) -> bool:
    # The older name of a slice holds numbers: 1/1 must not be taken for 1/11.
    return entry == name if "/" in name else name.startswith(entry)


def _caution(value: str | None, order: str | None, boards: Sequence[Board]) -> str:
    by_index = value is None or INDEX.match(value)
    kinds = {board.name for board in boards}
    if not by_index or order == "PCI_BUS_ID" or len(kinds) < 2:
        return ""
    return (
        f"CUDA counts the fastest GPU first, NVML by bus: with {ORDER}=PCI_BUS_ID both count alike"
    )
