"""How many operations a second the matrix products of one layer run at, measured.

A product of B rows with a layer of D inputs and H units takes 2 B D H operations.
"""

import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fftui.doctor.checks import Check, Section, first_line
from fftui.doctor.devices_section import auto_device
from fftui.doctor.precision_section import has_tf32

if TYPE_CHECKING:
    import torch

Kind = Literal["float32", "tf32", "bfloat16"]

SHAPE = (512, 2000, 2000)  # B, D, H
SECONDS = 5.0
# of products between two readings of the clock: starting one takes longer than a fast GPU's product
SAMPLE_S = 0.02
FEWEST_SAMPLES = 3


@dataclass(frozen=True)
class Rate:
    """The rate of one kind of product on one device; `fault` is the reason why there is none."""

    device: str
    kind: Kind
    gflop_per_s: float | None
    fault: str = ""


def products_section(seconds: float = SECONDS, shape: tuple[int, int, int] = SHAPE) -> Section:
    """The rates on the CPU and on the device that learns, as facts; takes about `seconds`. torch
    must load.
    """
    batch, inputs, units = shape
    size = Check(
        "shape", "size", "ok", list(shape), f"{batch} images, {inputs} inputs, {units} units"
    )
    return Section(
        "products", "Matrix products", (size, *(_check(rate) for rate in measure(seconds, shape)))
    )


def measure(seconds: float = SECONDS, shape: tuple[int, int, int] = SHAPE) -> tuple[Rate, ...]:
    """Every product that the hardware has, on the device that learns and on the CPU, in about
    `seconds` altogether.
    """
    import torch  # noqa: PLC0415

    from fftui.learning.device import has_bfloat16  # noqa: PLC0415

    cpu = torch.device("cpu")
    devices = dict.fromkeys((auto_device(), cpu))
    kinds: list[tuple[torch.device, Kind, str]] = []
    for device in devices:
        kinds.append((device, "float32", ""))
        if device.type == "cuda":
            kinds.append(
                (device, "tf32", "" if has_tf32(device) else "the hardware does not have it")
            )
        without = "the hardware does not have it, and emulating it takes long"
        kinds.append((device, "bfloat16", "" if has_bfloat16(device) else without))
    share_s = seconds / sum(not fault for *_, fault in kinds)
    return tuple(
        Rate(device.type, kind, None, fault) if fault else _rate(device, kind, shape, share_s)
        for device, kind, fault in kinds
    )


def _check(rate: Rate) -> Check:
    key, label = f"{rate.device}_{rate.kind}_gflop_per_s", f"{rate.kind} on {rate.device}"
    if rate.gflop_per_s is None:
        return Check(key, label, "note", None, f"not measured: {rate.fault}")
    return Check(key, label, "ok", round(rate.gflop_per_s, 1), f"{rate.gflop_per_s:.0f} GFLOP/s")


def _rate(device: "torch.device", kind: Kind, shape: tuple[int, int, int], share_s: float) -> Rate:
    import torch  # noqa: PLC0415

    batch, inputs, units = shape
    dtype = torch.bfloat16 if kind == "bfloat16" else torch.float32
    # zeros and other constants draw less power, and run faster on a GPU
    random = torch.Generator().manual_seed(0)
    with torch.no_grad(), _tf32(kind == "tf32"):
        try:
            x_BD = torch.randn((batch, inputs), generator=random).to(device, dtype)
            w_DH = torch.randn((inputs, units), generator=random).to(device, dtype)
            out_BH = torch.empty((batch, units), dtype=dtype, device=device)
            product_s = _median_s(
                lambda: torch.mm(x_BD, w_DH, out=out_BH), _waiter(device), share_s
            )
        except RuntimeError as error:  # out of memory, or a GPU that this torch has no kernels for
            return Rate(device.type, kind, None, first_line(error))
    return Rate(device.type, kind, 2e-9 * batch * inputs * units / product_s)


def _median_s(work: Callable[[], object], wait: Callable[[], object], share_s: float) -> float:
    """Seconds of one `work`: the median of samples, taken until `share_s` is over, warming up
    included.
    """
    end = time.perf_counter() + share_s

    def sample_s(times: int) -> float:
        begun = time.perf_counter()
        for _ in range(times):
            work()
        wait()
        return max(time.perf_counter() - begun, 1e-9) / times

    sample_s(1)
    times = max(1, int(SAMPLE_S / sample_s(1)))
    samples: list[float] = []
    while len(samples) < FEWEST_SAMPLES or time.perf_counter() < end:
        samples.append(sample_s(times))
    return statistics.median(samples)


def _waiter(device: "torch.device") -> Callable[[], object]:
    """Waits for what was started on the device."""
    import torch  # noqa: PLC0415

    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return torch.mps.synchronize if device.type == "mps" else lambda: None


@contextmanager
def _tf32(wanted: bool) -> Iterator[None]:
    """float32 products in TF32, or not, and afterwards as before."""
    import torch  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = torch.backends.cuda.matmul.fp32_precision
        torch.backends.cuda.matmul.fp32_precision = "tf32" if wanted else "ieee"
        try:
            yield
        finally:
            torch.backends.cuda.matmul.fp32_precision = before
