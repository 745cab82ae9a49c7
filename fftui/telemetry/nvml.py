"""NVML (nvidia-ml-py, imported as pynvml): its start and end, and the GPUs that it knows.

The library is foreign, and reads what a driver writes: its calls fail with more than its own
errors, such as a name that is no UTF-8, so every exception of a call is a refusal here.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pynvml

T = TypeVar("T")

# Prefixes of the UUIDs that NVML expects: of a whole GPU, of a slice of one (MIG).
UUID_KINDS = ("GPU-", "MIG-")
# What to do about a start that fails.
ADVICE = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: (
        "no NVIDIA driver is installed here, or a container hides it"
    ),
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA kernel module is not loaded: try nvidia-smi",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the driver was updated under a running kernel: reboot this machine"
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not talk to the driver",
}


class GpuUnavailableError(Exception):
    """The GPU cannot be read, or no longer; the message is the reason."""


class NoAnswer(Exception):  # noqa: N818 - an answer, not a fault
    """NVML answers, but not what was asked; the message is the reason."""


def start_nvml() -> None:
    """Initialise NVML. Raises GpuUnavailableError, with what to do, where that fails."""
    try:
        pynvml.nvmlInit()
    except Exception as error:  # noqa: BLE001 - see above
        advice = ADVICE.get(getattr(error, "value", 0))
        raise GpuUnavailableError(
            f"{reason_of(error)}: {advice}" if advice else reason_of(error)
        ) from None


def stop_nvml() -> None:
    """Release NVML; errors of a driver that is gone are ignored."""
    or_none(pynvml.nvmlShutdown)


def find_device(uuid: str) -> tuple[str, Any]:
    """The UUID as NVML writes it (with its prefix) and the handle of a GPU or MIG slice.

    Raises GpuUnavailableError where NVML does not know it.
    """
    plain = uuid.removeprefix("GPU-").removeprefix("MIG-")
    for kind in UUID_KINDS:
        try:
            return kind + plain, pynvml.nvmlDeviceGetHandleByUUID(kind + plain)
        except Exception as error:  # noqa: BLE001 - see above
            reason = reason_of(error)
    msg = f"NVML does not know {UUID_KINDS[0]}{plain} ({reason})"
    raise GpuUnavailableError(msg)


def boards() -> list[Any]:
    """The handles of all GPUs that answer, in NVML's order: by PCI bus."""
    count = or_none(pynvml.nvmlDeviceGetCount) or 0
    found = (or_none(pynvml.nvmlDeviceGetHandleByIndex, index) for index in range(count))
    return [handle for handle in found if handle is not None]


def slices(board: Any) -> list[Any]:
    """The handles of the MIG slices of a board."""
    count = or_none(pynvml.nvmlDeviceGetMaxMigDeviceCount, board) or 0
    found = (
        or_none(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, board, index) for index in range(count)
    )
    return [handle for handle in found if handle is not None]


def instances_of(handle: Any) -> tuple[int | None, int | None]:
    """The numbers of a MIG slice's GPU instance and compute instance."""
    return or_none(pynvml.nvmlDeviceGetGpuInstanceId, handle), or_none(
        pynvml.nvmlDeviceGetComputeInstanceId, handle
    )


def name_of(handle: Any) -> str:
    """The device's name; what is no UTF-8 in it, as some drivers write under WSL2, is replaced."""
    try:
        return str(pynvml.nvmlDeviceGetName(handle))
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - see above
        return "NVIDIA GPU"


def uuid_of(handle: Any) -> str | None:
    """The device's UUID with its prefix; None where it is refused."""
    uuid = or_none(pynvml.nvmlDeviceGetUUID, handle)
    return None if uuid is None else str(uuid)


def driver_version() -> str | None:
    """The version of the NVIDIA driver; None where it is refused."""
    version = or_none(pynvml.nvmlSystemGetDriverVersion)
    return None if version is None else str(version)


def reason_of(error: Exception) -> str:
    """The message of an error of NVML's; with its type where it is another one."""
    text = str(error).rstrip(".")
    known = isinstance(error, pynvml.NVMLError | NoAnswer)
    return text if known else f"{type(error).__name__}: {text}"


def or_none(call: Callable[..., T], *arguments: Any) -> T | None:
    """The result of `call`, or None where it is refused."""
    try:
        return call(*arguments)
    except Exception:  # noqa: BLE001 - see above
        return None
