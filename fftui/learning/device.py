"""The device of a training and the precision of its matrix products."""

import math
import os
import platform

import torch

from fftui.errors import RequestError
from fftui.experiment import Precision
from fftui.telemetry.machine_memory import machine_memory


def choose_device(name: str) -> torch.device:
    """The device called `name` (`auto`, `cpu`, `cuda`, `cuda:1`, `mps`); `auto` prefers CUDA, then
    MPS.

    Raises RequestError where it is not there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        msg = f"device {name!r} is unknown: use auto, cpu, cuda, cuda:N or mps"
        raise RequestError(msg) from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            msg = f"device {name!r} is not there: torch sees {count} CUDA devices; use --device cpu"
            raise RequestError(msg)
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        msg = "device 'mps' is not there: use --device cpu"
        raise RequestError(msg)
    if device.type not in ("cpu", "mps"):
        msg = f"device {name!r} is not supported: use auto, cpu, cuda, cuda:N or mps"
        raise RequestError(msg)
    return device


def leave_tf32_off(device: torch.device) -> None:
    """In this process float32 means float32 on `device`: torch's convolutions on CUDA would take
    TF32, with 10 bits of fraction.
    """
    if device.type == "cuda":
        # torch leaves its types out
        torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]


def free_memory_bytes(device: torch.device) -> float:
    """Bytes that learning may take on the device beside what it has now; infinite where nothing
    says it. Processes of one run that torchrun has started here share the machine's.
    """
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    free = machine_memory().free_bytes
    return math.inf if free is None else free / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def device_label(device: torch.device) -> str:
    """The device's name for users, such as "cuda:0 NVIDIA A100" or "cpu x86_64, 2 threads"."""
    if device.type == "cuda":
        return f"{device} {torch.cuda.get_device_name(device)}"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu {platform.machine()}, {threads} thread{'' if threads == 1 else 's'}"
    return str(device)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 matrices by itself (not by way of float32)."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.backends.cpu.get_cpu_capability()
        checks = (
            getattr(torch.cpu, "_is_avx512_bf16_supported", None),
            getattr(torch.cpu, "_is_amx_tile_supported", None),
        )
        return found.startswith("AVX512") and any(
            bool(check()) for check in checks if check is not None
        )
    return False


def choose_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """The type of the matrix products; `auto` takes bfloat16 only where the hardware has it."""
    if precision == "bfloat16" or (precision == "auto" and has_bfloat16(device)):
        return torch.bfloat16
    return torch.float32
