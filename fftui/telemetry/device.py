"""Which NVIDIA GPU a torch device is, in a form that NVML understands."""

import torch


def gpu_uuid(device: torch.device) -> str | None:
    """The UUID of a CUDA device (without the "GPU-" in front), None for any other device.

    NVML numbers GPUs in another order than CUDA and ignores CUDA_VISIBLE_DEVICES; only the UUID names the same one.
    """
    return str(torch.cuda.get_device_properties(device).uuid) if device.type == "cuda" else None
