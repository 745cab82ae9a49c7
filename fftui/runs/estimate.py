"""The expected duration of an experiment on this device, from its arithmetic and one short
measurement.

An estimate, good to a factor of about two: matrix products at a measured rate, elementwise
operations and weight updates at a measured number of bytes a second, and constant times for
issuing a step, which dominates small layers, and for reading an image by itself. `measure()` loads
torch and takes a fraction of a second; call it in a thread.
"""

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fftui.experiment import Experiment
from fftui.experiment.cost import cost_of, stage_costs

if TYPE_CHECKING:
    import torch

BYTES = 4
ISSUE_S = 1e-3  # to issue one step of a layer: some forty operations, however small
READ_S = 5e-4  # to read one image by itself: 28 to 32 s for the 60,000 of an epoch of the paper
MEASURED_SHAPE = (512, 2000, 2000)  # B, D, H of the timed products
MEASURED_TIMES = 6
ELEMENTWISE_FLOATS = 16_000_000  # in the timed elementwise operation: more than fits into a cache


@dataclass(frozen=True)
class Rates:
    """Speed of a device: matrix products in float32 and bfloat16, bytes of elementwise
    operations; and its own memory, None where it uses the machine's.
    """

    float32_flops_per_s: float
    bfloat16_flops_per_s: float
    auto_is_bfloat16: bool
    bytes_per_s: float
    memory_bytes: int | None = None

    def is_reduced(self, experiment: Experiment) -> bool:
        """Whether the products of `experiment` are in bfloat16."""
        auto = experiment.precision == "auto" and self.auto_is_bfloat16
        return experiment.precision == "bfloat16" or auto


class _Measured:
    """The rates of this process's device, once measured."""

    rates: Rates | None = None
    lock = threading.Lock()


def expected_seconds(experiment: Experiment, rates: Rates | None = None) -> float | None:
    """Expected seconds of learning of `experiment`; None before `measure()` has run."""
    rates = rates or _Measured.rates
    if rates is None:
        return None
    cost = cost_of(experiment)
    reduced = rates.is_reduced(experiment)
    flops_per_s = rates.bfloat16_flops_per_s if reduced else rates.float32_flops_per_s
    issued_s = ISSUE_S * sum(stage.layers * stage.steps for stage in stage_costs(experiment))
    read_s = READ_S * cost.images_read
    whole_s = cost.flops / flops_per_s + cost.moved_bytes / rates.bytes_per_s + issued_s + read_s
    return whole_s if experiment.budget_s is None else min(whole_s, experiment.budget_s)


def measured_rates() -> Rates | None:
    """The rates of this process's device; None before `measure()` has run."""
    return _Measured.rates


def measure(device: str = "auto") -> Rates:
    """Measure the rates of `device`, once in a process, and keep them for `expected_seconds`: what
    asks for estimates learns on one device.

    Raises RequestError where the device is unknown or absent.
    """
    import fftui.learning.training  # noqa: F401, PLC0415 - whoever measures will want to train soon

    # torch loads here, not before
    from fftui.learning.device import choose_device, has_bfloat16  # noqa: PLC0415

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
        z = torch.full((ELEMENTWISE_FLOATS,), 0.5, device=device)
        elementwise = 2 * z.numel() * BYTES / _seconds(lambda: z.mul_(1.0), device)
        full = products(torch.float32)
        # Emulated bfloat16 can be a hundred times slower: where the hardware lacks it, it is not
        # worth the wait.
        half = products(torch.bfloat16) if auto_is_bfloat16 else full / 2
    memory = torch.cuda.mem_get_info(device)[1] if device.type == "cuda" else None
    return Rates(full, half, auto_is_bfloat16, elementwise, memory)


def _seconds(operation: Callable[[], object], device: "torch.device") -> float:
    """The median duration of a few repetitions after a first one to warm up; robust against other
    load.
    """
    import torch  # noqa: PLC0415

    taken = []
    for _ in range(1 + MEASURED_TIMES):
        begun = time.perf_counter()
        operation()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        elif device.type == "mps":
            torch.mps.synchronize()
        taken.append(time.perf_counter() - begun)
    return max(statistics.median(taken[1:]), 1e-9)
