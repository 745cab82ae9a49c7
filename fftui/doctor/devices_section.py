"""The devices that torch computes on, and why it does not find others."""

import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fftui.doctor.checks import Check, Json, Section, first_line
from fftui.doctor.host_section import usable_cores
from fftui.text.format import size
from fftui.waiting import waiting_in_words

if TYPE_CHECKING:
    import torch

DRIVER_FILE = Path("/proc/driver/nvidia/version")
GIVES = "with one, layers learn many times as fast, and runs show its load, memory and power"


def devices_section(driver: str | None = None, problem: str = "") -> Section:
    """CUDA devices, MPS, the CPU and which of them `--device auto` takes. torch must load.

    `driver` is the version of NVIDIA's, None where there is none; `problem` is what NVML says is
    wrong with CUDA_VISIBLE_DEVICES.
    """
    cuda = _cuda(driver)
    return Section("devices", "Devices", (_auto(), _visible(problem), *cuda, *_mps(), _cpu()))


def auto_device() -> "torch.device":
    """The device that `--device auto` takes; the CPU where a GPU is there that does not answer."""
    import torch  # noqa: PLC0415

    from fftui.learning.device import choose_device  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return choose_device("auto")
        except RuntimeError:
            return torch.device("cpu")


def torch_uuids() -> dict[str, str]:
    """The CUDA devices that torch sees, `cuda:0` and so on, by UUID without its kind in front.
    torch must load.
    """
    import torch  # noqa: PLC0415

    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
            with suppress(RuntimeError):  # one that does not answer has its own line
                found[str(getattr(torch.cuda.get_device_properties(index), "uuid", ""))] = (
                    f"cuda:{index}"
                )
    return found


def kernel_driver(version_file: Path = DRIVER_FILE) -> str | None:
    """Version of the NVIDIA driver in the kernel of Linux; None where there is none. NVML may fail
    though it is there.

    The first line is like
    `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 …`.
    """
    try:
        words = (
            version_file.read_text(encoding="utf-8", errors="replace").partition("\n")[0].split()
        )
    except OSError:
        return None
    return next(
        (word for word in words if word.replace(".", "").isdigit() and "." in word),
        "unknown version",
    )


def _auto() -> Check:
    from fftui.learning.device import device_label  # noqa: PLC0415

    device = auto_device()
    return Check("auto", "auto takes", "ok", str(device), device_label(device))


def _visible(problem: str) -> Check:
    import torch  # noqa: PLC0415

    setting = os.environ.get("CUDA_VISIBLE_DEVICES")
    key, label = "cuda_visible_devices", "CUDA_VISIBLE_DEVICES"
    if setting is None:
        return Check(
            key, label, "note" if problem else "ok", None, "not set: it hides no GPU", problem
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left = torch.cuda.device_count()
    text = f"{setting!r}: it leaves {left} {'device' if left == 1 else 'devices'}"
    if not problem and not left:
        problem = "it hides every GPU, or names none that is there: unset it to see them all"
    return Check(key, label, "note" if problem else "ok", setting, text, problem)


def _cuda(driver: str | None) -> tuple[Check, ...]:
    """A fact for each CUDA device, or one with the reason why there is none."""
    import torch  # noqa: PLC0415

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        found = tuple(_one_cuda(index) for index in range(count))
    warned = [first_line(str(each.message)) for each in caught]
    if not found:
        return (_no_cuda(driver, warned),)
    return found + tuple(
        Check("cuda_warning", "torch warns", "note", text, text) for text in dict.fromkeys(warned)
    )


def _one_cuda(index: int) -> Check:
    import torch  # noqa: PLC0415

    name = f"cuda:{index}"
    try:
        about = torch.cuda.get_device_properties(index)
    except RuntimeError as error:  # in use by another process alone, or fallen off the bus
        advice = "the GPU is there and does not answer: see `nvidia-smi`"
        return Check(name, name, "missing", None, first_line(error), advice)
    value: Json = {
        "name": about.name,
        "memory_total_bytes": about.total_memory,
        "compute_capability": f"{about.major}.{about.minor}",
        "multiprocessors": about.multi_processor_count,
        "uuid": str(getattr(about, "uuid", "")) or None,
    }
    text = (
        f"{about.name}, {size(about.total_memory)}, compute capability {about.major}.{about.minor},"
        f" {about.multi_processor_count} multiprocessors"
    )
    return Check(name, name, "ok", value, text)


def _no_cuda(driver: str | None, warned: list[str]) -> Check:
    import torch  # noqa: PLC0415

    if torch.version.cuda is None and torch.version.hip is None:
        text, advice = "none: torch is built for the CPU alone", GIVES
        if driver is not None:
            text += f", though the NVIDIA driver {driver} is there"
            advice += "; install the CUDA build of torch, as https://pytorch.org/get-started says"
    elif os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        text, advice = (
            "none is left by CUDA_VISIBLE_DEVICES",
            f"{GIVES}; unset the variable, if there is one",
        )
    elif driver is not None:
        text = f"none that torch can use, though the NVIDIA driver {driver} is there"
        advice = (
            f"{GIVES}; torch is built for CUDA {torch.version.cuda}: is the driver old, or the GPU"
            " not passed in?"
        )
    else:
        text, advice = (
            "none: no NVIDIA driver is loaded",
            f"{GIVES}; a container needs `--gpus all`, a job its GPU",
        )
    if warned:
        text += f" ({warned[0]})"
    return Check("cuda", "CUDA GPU", "missing", None, text, advice)


def _mps() -> tuple[Check, ...]:
    import torch  # noqa: PLC0415

    if sys.platform != "darwin":
        return ()
    there = torch.backends.mps.is_available()
    text = "Apple's GPU, through Metal" if there else "not available to this torch"
    advice = (
        ""
        if there
        else "it would learn faster than the CPU: it needs an Apple chip and a torch for arm64"
    )
    return (Check("mps", "mps", "ok" if there else "missing", there, text, advice),)


def _cpu() -> Check:
    import torch  # noqa: PLC0415

    threads, usable = torch.get_num_threads(), usable_cores()
    text = "1 thread" if threads == 1 else f"{threads} threads, waiting {waiting_in_words()}"
    if threads <= max(1.0, usable):
        return Check("cpu_threads", "cpu", "ok", threads, text)
    advice = (
        f"they share {usable:g} cores and wait for each other: set"
        f" OMP_NUM_THREADS={max(1, int(usable))} for more speed"
    )
    return Check("cpu_threads", "cpu", "note", threads, text, advice)
