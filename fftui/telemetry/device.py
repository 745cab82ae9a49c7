"""Which NVIDIA GPU a torch device is, in a form that NVML understands."""

import torch

from fftui.telemetry import nvml
from fftui.telemetry.visible import visible_here


def gpu_uuid(device: torch.device) -> str | None:
    """The UUID of a CUDA device, None for any other device and where nobody can tell.

    NVML numbers GPUs in another order than CUDA and ignores CUDA_VISIBLE_DEVICES; only the UUID names the same one.
    Where torch does not tell it, CUDA_VISIBLE_DEVICES does.
    """
    if device.type != "cuda":
        return None
    told = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    if told is not None:
        return str(told)
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
