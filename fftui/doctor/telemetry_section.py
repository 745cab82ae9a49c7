"""Sources of power, load and energy: NVML, call by call, and RAPL."""

from collections.abc import Iterator, Mapping

from fftui.doctor.checks import Check, Json, Section
from fftui.doctor.devices_section import kernel_driver
from fftui.telemetry.inspection import (
    CallAnswer,
    DeviceInspection,
    MetricValue,
    NvmlInspection,
    RaplInspection,
)
from fftui.telemetry.nvml_calls import CALLS
from fftui.text.format import size

UNITS = {
    "percent": "%",
    "w": "W",
    "j": "J since the driver was loaded",
    "c": "degrees C",
    "mhz": "MHz",
}
METRICS_OF = {call.name: call.metrics for call in CALLS}


def telemetry_section(
    nvml: NvmlInspection, rapl: RaplInspection, torch_cuda: str | None
) -> Section:
    """Whether NVML and RAPL are there; `torch_cuda` is the CUDA that torch is built for."""
    checks = [_nvml(nvml)]
    if nvml.cuda_driver is not None:
        checks.append(_cuda_of_driver(nvml.cuda_driver, torch_cuda))
    return Section("telemetry", "Telemetry", (*checks, _rapl(rapl)))


def gpu_sections(nvml: NvmlInspection, seen: Mapping[str, str]) -> Iterator[Section]:
    """A section for each GPU of the machine, and one for each MIG slice: its answer to every NVML
    call.

    `seen` are the devices of torch by UUID (see `torch_uuids`).
    """
    for index, board in enumerate(nvml.boards):
        about = [_identity(board, seen), _mig(board)]
        yield Section(
            f"gpu:{index}", f"GPU {index} of NVML: {board.name}", (*about, *_answers(board))
        )
        for part, each in enumerate(board.slices):
            title = f"GPU {index} of NVML, MIG slice {part}: {each.name}"
            yield Section(
                f"gpu:{index}/mig:{part}", title, (_identity(each, seen), *_answers(each))
            )


def visibility_problem(nvml: NvmlInspection) -> str:
    """The problem with CUDA_VISIBLE_DEVICES; empty where there is none, or no NVML to find it."""
    return "" if nvml.absent else nvml.visible.problem or nvml.visible.caution


def _nvml(nvml: NvmlInspection) -> Check:
    if not nvml.absent:
        boards = f"{len(nvml.boards)} {'GPU' if len(nvml.boards) == 1 else 'GPUs'}"
        value: Json = {"driver": nvml.driver, "nvml": nvml.nvml, "gpus": len(nvml.boards)}
        text = f"driver {nvml.driver or 'of unknown version'}, {boards}"
        return Check("nvml", "NVML", "ok" if nvml.boards else "note", value, text)
    advice = "runs would show the load, memory, power and energy of an NVIDIA GPU"
    driver = kernel_driver()
    if driver is not None:
        advice += (
            f"; driver {driver} is loaded: in a container,"
            " NVIDIA_DRIVER_CAPABILITIES=compute,utility brings NVML"
        )
    return Check("nvml", "NVML", "missing", None, nvml.absent, advice)


def _cuda_of_driver(driver: str, torch_cuda: str | None) -> Check:
    key, label = "cuda_driver", "CUDA of driver"
    text = f"up to {driver}"
    if torch_cuda is None or int(driver.partition(".")[0]) >= int(torch_cuda.partition(".")[0]):
        return Check(key, label, "ok", driver, text)
    advice = (
        f"torch is built for CUDA {torch_cuda}: update the driver, or install torch for CUDA"
        f" {driver} or older"
    )
    return Check(key, label, "missing", driver, text, advice)


def _rapl(rapl: RaplInspection) -> Check:
    if rapl.packages:
        text = f"{rapl.packages} {'package' if rapl.packages == 1 else 'packages'} of the CPU"
        return Check("rapl", "RAPL", "ok", rapl.packages, text)
    advice = (
        "energy of the CPU would be in runs; it needs Linux on the machine itself (most virtual"
        " ones hide it)"
    )
    if "root may read it" in rapl.absent:
        advice = (
            "energy of the CPU would be in runs; root can let all read it (chmod a+r), until the"
            " next boot"
        )
    return Check("rapl", "RAPL", "missing", None, rapl.absent, advice)


def _identity(device: DeviceInspection, seen: Mapping[str, str]) -> Check:
    as_device = seen.get((device.uuid or "").removeprefix("GPU-").removeprefix("MIG-"))
    value = {"name": device.name, "uuid": device.uuid, "bus_id": device.bus_id, "device": as_device}
    parts = (device.uuid or "no UUID", device.bus_id, as_device or "not seen by torch")
    return Check("identity", "identity", "ok", value, ", ".join(part for part in parts if part))


def _mig(board: DeviceInspection) -> Check:
    if not board.mig_mode:
        return Check(
            "mig",
            "MIG",
            "ok",
            board.mig_mode,
            "off" if board.mig_mode is False else "this board has none",
        )
    count = len(board.slices)
    text = f"on, {count} {'slice' if count == 1 else 'slices'}"
    advice = (
        "of a slice only its memory is available: load, power and energy are those of the whole"
        " board, with other users"
    )
    return Check("mig", "MIG", "note", True, text, advice)


def _answers(device: DeviceInspection) -> Iterator[Check]:
    for answer in device.answers:
        for metric in METRICS_OF.get(answer.call, ()) or answer.metrics:
            yield _answer(metric, answer)


def _answer(metric: str, answer: CallAnswer) -> Check:
    words, unit = _split(metric)
    if metric in answer.metrics:
        return Check(
            metric, words, "ok", answer.metrics[metric], _text(answer.metrics[metric], unit)
        )
    text = f"{answer.reason} ({answer.call})"
    if metric == "gpu_process_memory_bytes":
        return Check(
            metric,
            words,
            "note",
            None,
            text,
            "a run's own share of the memory may be missing in its tables",
        )
    advice = "runs leave it empty: not available on this board"
    if "ermission" in answer.reason:
        advice = "runs leave it empty: this user may not ask; root may"
    return Check(metric, words, "missing", None, text, advice)


def _split(metric: str) -> tuple[str, str]:
    """A column's name as words, and its unit."""
    stem, _, unit = metric.removeprefix("gpu_").rpartition("_")
    known = stem and (unit in UNITS or unit == "bytes")
    return (
        (stem.replace("_", " "), unit)
        if known
        else (metric.removeprefix("gpu_").replace("_", " "), "")
    )


def _text(value: MetricValue, unit: str) -> str:
    if isinstance(value, str):
        return value
    return (
        size(value)
        if unit == "bytes"
        else f"{f'{value:.1f}'.removesuffix('.0')} {UNITS.get(unit, '')}".rstrip()
    )
