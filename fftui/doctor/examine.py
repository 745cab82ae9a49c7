"""One look at the whole machine, subject by subject."""

from collections.abc import Callable, Iterator
from pathlib import Path

from fftui.doctor.checks import Report, Section
from fftui.doctor.devices import devices_section, kernel_driver, torch_uuids
from fftui.doctor.host import host_section
from fftui.doctor.images import images_section
from fftui.doctor.instruments import gpu_sections, instruments_section, visible_trouble
from fftui.doctor.precision import precision_section
from fftui.doctor.products import SECONDS, products_section
from fftui.doctor.software import load, software_section
from fftui.doctor.storage import storage_section
from fftui.doctor.terminal import terminal_section
from fftui.telemetry.survey import nvml_survey, rapl_survey


def examine(
    say: Callable[[str], None], runs: Path | None = None, data_dir: Path | None = None, seconds: float = SECONDS
) -> Report:
    """Find out everything, and measure matrix products for about `seconds`; `say` is told what is being waited for.

    The folders of runs and images are the usual ones where none is named.
    """
    return Report(tuple(_sections(say, runs, data_dir, seconds)))


def _sections(
    say: Callable[[str], None], runs: Path | None, data_dir: Path | None, seconds: float
) -> Iterator[Section]:
    host = host_section()  # before anything here loads the machine
    say("loading torch")
    torch_fault = load("torch")
    torchvision_fault = torch_fault or load("torchvision")
    yield software_section(torch_fault, torchvision_fault)
    measured: tuple[Section, ...] = ()
    if torch_fault is None:
        say(f"measuring products for about {seconds:g} seconds")
        measured = (precision_section(), products_section(seconds))
    nvml = nvml_survey()  # after the measurement: NVML lists the memory of processes that use the GPU
    if torch_fault is None:
        yield devices_section(nvml.driver or kernel_driver(), visible_trouble(nvml))
    yield instruments_section(nvml, rapl_survey(), None if torch_fault else _torch_cuda())
    yield from gpu_sections(nvml, {} if torch_fault else torch_uuids())
    yield host
    yield from measured
    say("checking image sets")
    yield images_section(data_dir, torchvision_loads=torchvision_fault is None)
    yield terminal_section()
    yield storage_section(runs)


def _torch_cuda() -> str | None:
    import torch  # noqa: PLC0415

    return torch.version.cuda
