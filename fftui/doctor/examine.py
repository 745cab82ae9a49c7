"""Examines the machine, section by section."""

from collections.abc import Callable, Iterator
from pathlib import Path

from fftui.doctor.checks import Report, Section
from fftui.doctor.data_section import data_section
from fftui.doctor.devices_section import devices_section, kernel_driver, torch_uuids
from fftui.doctor.host_section import host_section
from fftui.doctor.precision_section import precision_section
from fftui.doctor.products_section import SECONDS, products_section
from fftui.doctor.software_section import load, software_section
from fftui.doctor.storage_section import storage_section
from fftui.doctor.telemetry_section import gpu_sections, telemetry_section, visibility_problem
from fftui.doctor.terminal_section import terminal_section
from fftui.telemetry.inspection import inspect_nvml, inspect_rapl


def examine(
    on_progress: Callable[[str], None],
    runs: Path | None = None,
    data_dir: Path | None = None,
    seconds: float = SECONDS,
) -> Report:
    """The facts of all sections, matrix products measured for about `seconds`; `on_progress` gets a
    line for each wait.

    The folders of runs and images are the usual ones where none is named.
    """
    return Report(tuple(_sections(on_progress, runs, data_dir, seconds)))


def _sections(
    on_progress: Callable[[str], None], runs: Path | None, data_dir: Path | None, seconds: float
) -> Iterator[Section]:
    host = host_section()  # before anything here loads the machine
    on_progress("loading torch")
    torch_fault = load("torch")
    torchvision_fault = torch_fault or load("torchvision")
    yield software_section(torch_fault, torchvision_fault)
    measured: tuple[Section, ...] = ()
    if torch_fault is None:
        on_progress(f"measuring products for about {seconds:g} seconds")
        measured = (precision_section(), products_section(seconds))
    # after the measurement: NVML lists the memory of processes that use the GPU
    nvml = inspect_nvml()
    if torch_fault is None:
        yield devices_section(nvml.driver or kernel_driver(), visibility_problem(nvml))
    yield telemetry_section(nvml, inspect_rapl(), None if torch_fault else _torch_cuda())
    yield from gpu_sections(nvml, {} if torch_fault else torch_uuids())
    yield host
    yield from measured
    on_progress("checking data sets")
    yield data_section(data_dir, torchvision_loads=torchvision_fault is None)
    yield terminal_section()
    yield storage_section(runs)


def _torch_cuda() -> str | None:
    import torch  # noqa: PLC0415

    return torch.version.cuda
