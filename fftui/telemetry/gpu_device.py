"""The NVIDIA GPU of a torch device, by the UUID that NVML knows."""

import torch

from fftui.telemetry import nvml
from fftui.telemetry.visible import visible_here


def gpu_uuid(device: torch.device) -> str | None:
    """The UUID of a CUDA device; None for any other device and where it cannot be found.

    NVML numbers GPUs in another order than CUDA and ignores CUDA_VISIBLE_DEVICES; only the UUID
    identifies a GPU in both. Where torch does not provide it, it is found through
    CUDA_VISIBLE_DEVICES.
    """
    if device.type != "cuda":
        return None
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    if uuid is not None:
        return str(uuid)
    return _by_variable(torch.cuda.current_device() if device.index is None else device.index)


def _by_variable(index: int) -> str | None:
    try:
        nvml.start_nvml()
    except nvml.GpuUnavailableError:
        return None
    try:
        uuids = visible_here().uuids
    finally:
        nvml.stop_nvml()
    return uuids[index] if index < len(uuids) else None
