"""How long an experiment is likely to take on this device, from its arithmetic and one short measurement.

An estimate, good to a factor of about two: matrix products at a measured rate, elementwise work and weight updates at
a measured number of bytes a second, and what issuing a step takes, which is most of what a small layer costs.
`measure()` loads torch and takes a fraction of a second; it belongs in a thread.
"""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fftui.experiment import Experiment
from fftui.learning.work import stretches_of, work_of

if TYPE_CHECKING:
    import torch

BYTES = 4
ISSUE_S = 1e-3  # of a layer's step: some forty operations, however small
MEASURED_SHAPE = (512, 2000, 2000)  # B, D, H of the products that are timed
MEASURED_TIMES = 6
MOVED_NUMBERS = 16_000_000  # in the elementwise work that is timed: more than fits into a cache


@dataclass(frozen=True)
class Rates:
    """How fast a device is: products in float32 and in what `precision = auto` takes, and elementwise bytes."""

    float32_flops_per_s: float
    bfloat16_flops_per_s: float
    auto_is_bfloat16: bool
    bytes_per_s: float


class _Measured:
    """The rates of this process's device, once known."""

    rates: Rates | None = None
    lock = threading.Lock()


def expected_seconds(experiment: Experiment, rates: Rates | None = None) -> float | None:
    """Seconds of learning that `experiment` is likely to take; None until `measure()` has run."""
    rates = rates or _Measured.rates
    if rates is None:
        return None
    auto = experiment.precision == "auto" and rates.auto_is_bfloat16
    reduced = experiment.precision == "bfloat16" or auto
    work = work_of(experiment)
    flops_per_s = rates.bfloat16_flops_per_s if reduced else rates.float32_flops_per_s
    issued_s = ISSUE_S * sum(stretch.layers * stretch.steps for stretch in stretches_of(experiment))
    return work.flops / flops_per_s + work.moved_bytes / rates.bytes_per_s + issued_s


def measure(device: str = "auto") -> Rates:
    """Time products and elementwise work on `device`, and keep the outcome for `expected_seconds`.

    Raises RequestError where the device is unknown or absent.
    """
    import fftui.learning.training  # noqa: F401, PLC0415 - whoever measures will want to train soon
    from fftui.learning.device import choose_device, has_bfloat16  # noqa: PLC0415 - torch loads here, not before

    with _Measured.lock:
        if _Measured.rates is None:
            chosen = choose_device(device)
            _Measured.rates = _timed(chosen, auto_is_bfloat16=has_bfloat16(chosen))
        return _Measured.rates


def _timed(device: "torch.device", *, auto_is_bfloat16: bool) -> Rates:
    import torch  # noqa: PLC0415

    batch, inputs, units = MEASURED_SHAPE
    flops = 2.0 * batch * inputs * units

    def products(dtype: "torch.dtype") -> float:
        x_BD = torch.full((batch, inputs), 0.5, dtype=dtype, device=device)
        w_DH = torch.full((inputs, units), 0.5, dtype=dtype, device=device)
        out_BH = torch.empty((batch, units), dtype=dtype, device=device)
        return flops / _seconds(lambda: torch.mm(x_BD, w_DH, out=out_BH), device)

    with torch.no_grad():
        z = torch.full((MOVED_NUMBERS,), 0.5, device=device)
        elementwise = 2 * z.numel() * BYTES / _seconds(lambda: z.mul_(1.0), device)
        full = products(torch.float32)
        # Emulated bfloat16 can be a hundred times slower: where the hardware lacks it, it is not worth the wait.
        half = products(torch.bfloat16) if auto_is_bfloat16 else full / 2
    return Rates(full, half, auto_is_bfloat16, elementwise)


def _seconds(work: Callable[[], object], device: "torch.device") -> float:
    """The median of a few repetitions after one that warms up: other work on the machine counts too."""
    import torch  # noqa: PLC0415

    taken = []
    for _ in range(1 + MEASURED_TIMES):
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()
        taken.append(time.perf_counter() - begun)
    return max(statistics.median(taken[1:]), 1e-9)
