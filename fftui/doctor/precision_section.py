"""In which precisions the hardware multiplies matrices, and which of them `precision =
auto` takes.
"""

from typing import TYPE_CHECKING

from fftui.doctor.checks import Check, Json, Section
from fftui.doctor.devices_section import auto_device

if TYPE_CHECKING:
    import torch

TF32_FROM = (8, 0)  # compute capability of the first boards that have it


def precision_section() -> Section:
    """What `auto` takes, and bfloat16 and TF32 on the CPU and on the device that learns. torch must
    load.
    """
    device = auto_device()
    gpu = () if device.type == "cpu" else (_gpu_bfloat16(device),)
    return Section("precision", "Precision", (_auto(device), *gpu, _tf32(device), _cpu_bfloat16()))


def has_tf32(device: "torch.device") -> bool:
    """Whether the device can multiply float32 matrices in TF32."""
    import torch  # noqa: PLC0415

    return (
        device.type == "cuda"
        and torch.version.cuda is not None
        and torch.cuda.get_device_capability(device) >= TF32_FROM
    )


def _auto(device: "torch.device") -> Check:
    from fftui.learning.device import choose_dtype  # noqa: PLC0415

    taken = str(choose_dtype("auto", device)).removeprefix("torch.")
    return Check("auto", "auto takes", "ok", taken, f"{taken} on {device}")


def _cpu_bfloat16() -> Check:
    import torch  # noqa: PLC0415

    from fftui.learning.device import has_bfloat16  # noqa: PLC0415

    units = {
        "AMX": _cpu_has("_is_amx_tile_supported"),
        "AVX512-BF16": _cpu_has("_is_avx512_bf16_supported"),
    }
    capability = torch.backends.cpu.get_cpu_capability()
    there = has_bfloat16(torch.device("cpu"))
    value: Json = {
        "supported": there,
        "amx": units["AMX"],
        "avx512_bf16": units["AVX512-BF16"],
        "capability": capability,
    }
    support = ", ".join(f"{name} {'yes' if has else 'no'}" for name, has in units.items())
    text = f"{'yes' if there else 'no'}: {support}; torch computes with {capability}"
    if there:
        return Check("cpu_bfloat16", "bfloat16 on cpu", "ok", value, text)
    advice = (
        "fftui takes float32 on this CPU; one with AMX or AVX512-BF16 (newer server processors)"
        " would be faster"
    )
    return Check("cpu_bfloat16", "bfloat16 on cpu", "missing", value, text, advice)


def _cpu_has(question: str) -> bool:
    import torch  # noqa: PLC0415

    ask = getattr(torch.cpu, question, None)
    return ask is not None and bool(ask())


def _gpu_bfloat16(device: "torch.device") -> Check:
    from fftui.learning.device import has_bfloat16  # noqa: PLC0415

    key, label = f"{device.type}_bfloat16", f"bfloat16 on {device}"
    if has_bfloat16(device):
        return Check(key, label, "ok", True, "yes")
    if device.type == "mps":
        return Check(key, label, "note", False, "fftui does not count on it, and takes float32")
    advice = (
        "fftui takes float32 on this GPU; one of compute capability 8.0 or more would be faster"
    )
    return Check(key, label, "missing", False, "no", advice)


def _tf32(device: "torch.device") -> Check:
    if has_tf32(device):
        return Check(
            "tf32",
            "TF32",
            "ok",
            True,
            f"yes, on {device}; fftui leaves it off: float32 means float32",
        )
    why = "this GPU is older than it" if device.type == "cuda" else "only CUDA GPUs have it"
    return Check("tf32", "TF32", "note", False, f"no: {why}; fftui does not use it")
