"""The most memory that learning held, without making the device wait.

On CUDA it is what torch's tensors took, by the counters of torch's own allocator on the host. On a
CPU it is the resident set of the process, whose highest value Linux keeps and lets a process reset
(proc(5), clear_refs); elsewhere nothing is known.
"""

from pathlib import Path
from typing import Protocol

import torch

PROC_FOLDER = Path("/proc/self")
_RESET_PEAK = "5"  # to clear_refs: the highest resident set becomes the present one


class MemoryMeter(Protocol):
    """Reads the memory that is held, and the most that was held since the last reset, in bytes;
    None where it is not known.
    """

    def held_bytes(self) -> int | None:
        """Memory held now."""

    def reset(self) -> None:
        """The peak is counted from here."""

    def peak_bytes(self) -> int | None:
        """The most that was held since `reset`."""


class CudaMeter:
    """The memory of torch's tensors on one GPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def held_bytes(self) -> int | None:
        """Memory of all tensors now."""
        return torch.cuda.memory_allocated(self._device)

    def reset(self) -> None:
        """The peak is counted from here."""
        torch.cuda.reset_peak_memory_stats(self._device)

    def peak_bytes(self) -> int | None:
        """The most that tensors took since `reset`."""
        return torch.cuda.max_memory_allocated(self._device)


class ResidentMeter:
    """The resident memory of this process, on Linux."""

    def __init__(self, folder: Path = PROC_FOLDER) -> None:
        self._folder = folder
        self._resets = False

    def held_bytes(self) -> int | None:
        """Resident memory now."""
        return self._status("VmRSS")

    def reset(self) -> None:
        """The peak is counted from here."""
        try:
            (self._folder / "clear_refs").write_text(_RESET_PEAK)
        except OSError:
            self._resets = False
        else:
            self._resets = True

    def peak_bytes(self) -> int | None:
        """The highest resident memory since `reset`; None where the system does not reset it."""
        return self._status("VmHWM") if self._resets else None

    def _status(self, name: str) -> int | None:
        try:
            lines = (self._folder / "status").read_text().splitlines()
        except OSError:
            return None
        for line in lines:
            key, _, value = line.partition(":")
            if key == name:
                return int(value.split()[0]) * 1024  # "VmHWM:  1234 kB"
        return None


class NoMeter:
    """Of a device whose memory nobody counts."""

    def held_bytes(self) -> int | None:
        """Not known."""
        return None

    def reset(self) -> None:
        """Nothing to reset."""

    def peak_bytes(self) -> int | None:
        """Not known."""
        return None


class PeakMemory:
    """The most memory held since `begin`, without the time between `pause` and `resume`."""

    def __init__(self, meter: MemoryMeter) -> None:
        self._meter = meter
        self._begun = self._counts = False
        self._peak: int | None = None

    def held_bytes(self) -> int | None:
        """Memory held now."""
        return self._meter.held_bytes()

    def begin(self) -> None:
        """Count from here."""
        self._peak = None
        self._begun = self._counts = True
        self._meter.reset()

    def pause(self) -> None:
        """What is held from here does not count."""
        if self._counts:
            self._peak = self.peak_bytes()
            self._counts = False

    def resume(self) -> None:
        """Count again, what is held now at least; does nothing before `begin`."""
        if self._begun and not self._counts:
            self._counts = True
            self._meter.reset()

    def peak_bytes(self) -> int | None:
        """The most that was held so far."""
        if not self._counts:
            return self._peak
        peaks = [peak for peak in (self._peak, self._meter.peak_bytes()) if peak is not None]
        return max(peaks, default=None)


def memory_meter(device: torch.device) -> MemoryMeter:
    """The meter for the memory of what learns on `device`."""
    if device.type == "cuda":
        return CudaMeter(device)
    return ResidentMeter() if device.type == "cpu" else NoMeter()
