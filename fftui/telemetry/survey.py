"""What NVML and RAPL answer on this machine, one question at a time: for `fftui doctor`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pynvml

from fftui.telemetry import nvml
from fftui.telemetry.rapl import RAPL_FOLDER, RaplSource, RaplUnavailableError
from fftui.telemetry.visible import Visible, visible, visible_here

Figure = float | int | str


@dataclass(frozen=True)
class CallAnswer:
    """One call: the figures that it gives by column name, or why it gives none."""

    call: str
    figures: dict[str, Figure] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class DeviceSurvey:
    """One board or MIG slice: who it is, and what it answers."""

    name: str
    uuid: str | None
    index: int | None  # NVML's, by PCI bus
    bus_id: str | None
    mig_mode: bool | None  # None where the board knows no MIG
    answers: tuple[CallAnswer, ...]
    slices: tuple["DeviceSurvey", ...] = ()


@dataclass(frozen=True)
class NvmlSurvey:
    """All of NVML; `absent` says why where it does not start."""

    absent: str = ""
    driver: str | None = None
    nvml: str | None = None
    cuda_driver: str | None = None  # the highest CUDA that the driver supports
    boards: tuple[DeviceSurvey, ...] = ()
    visible: Visible = field(default_factory=lambda: Visible(()))


@dataclass(frozen=True)
class RaplSurvey:
    """RAPL: how many packages tell their energy, or why none does."""

    packages: int = 0
    absent: str = ""


def nvml_survey() -> NvmlSurvey:
    """Ask NVML everything that a run would ask, once. Raises nothing."""
    try:
        nvml.start_nvml()
    except nvml.GpuUnavailableError as error:
        return NvmlSurvey(absent=str(error), visible=visible(os.environ.get("CUDA_VISIBLE_DEVICES"), None, ()))
    try:
        return NvmlSurvey(
            driver=nvml.driver_version(),
            nvml=_told(pynvml.nvmlSystemGetNVMLVersion),
            cuda_driver=_cuda_version(_told(pynvml.nvmlSystemGetCudaDriverVersion)),
            boards=tuple(_board(index) for index in range(_told(pynvml.nvmlDeviceGetCount) or 0)),
            visible=visible_here(),
        )
    finally:
        nvml.stop_nvml()


def rapl_survey(folder: Path = RAPL_FOLDER) -> RaplSurvey:
    """Whether the CPU's packages tell their energy. Raises nothing."""
    try:
        return RaplSurvey(packages=RaplSource(folder).packages)
    except RaplUnavailableError as error:
        return RaplSurvey(absent=str(error))


def _board(index: int) -> DeviceSurvey:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError as error:  # a board that is lost keeps its place, so that the others keep theirs
        refused = tuple(CallAnswer(call.name, reason=nvml.reason_of(error)) for call in nvml.CALLS)
        return DeviceSurvey("no answer", None, index, None, None, refused)
    mode = _told(pynvml.nvmlDeviceGetMigMode, handle)
    bus = _told(pynvml.nvmlDeviceGetPciInfo, handle)
    return DeviceSurvey(
        name=nvml.name_of(handle),
        uuid=nvml.uuid_of(handle),
        index=index,
        bus_id=None if bus is None else str(bus.busId),
        mig_mode=None if mode is None else bool(mode[0]),
        answers=_answers(handle, nvml.CALLS),
        slices=tuple(_slice(each) for each in nvml.slices(handle)),
    )


def _slice(handle: Any) -> DeviceSurvey:
    own = tuple(call for call in nvml.CALLS if call.of_slice)
    return DeviceSurvey(nvml.name_of(handle), nvml.uuid_of(handle), None, None, None, _answers(handle, own))


def _answers(handle: Any, calls: tuple[nvml.Call, ...]) -> tuple[CallAnswer, ...]:
    answers = []
    for call in calls:
        try:
            answer = nvml.answer_to(call, handle)
        except nvml.GpuUnavailableError as error:
            answer = nvml.Answer(reason=str(error))
        figures = dict(zip(call.figures, answer.values, strict=True)) if answer.values else {}
        answers.append(CallAnswer(call.name, figures, answer.reason))
    return tuple(answers)


def _told(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except pynvml.NVMLError:
        return None


def _cuda_version(number: int | None) -> str | None:
    return None if number is None else f"{number // 1000}.{number % 1000 // 10}"
