import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from fftui.doctor import devices_section
from fftui.doctor.checks import Check

BOARD = SimpleNamespace(
    name="NVIDIA A100",
    total_memory=40_000_000_000,
    major=8,
    minor=0,
    multi_processor_count=108,
    uuid="abc",
)


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU, no driver, whatever this machine has."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def with_boards(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(count: int, properties: Any = lambda _: BOARD) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: BOARD.name)
        monkeypatch.setattr(torch.cuda, "get_device_properties", properties)

    return put


def checks(driver: str | None = None, problem: str = "") -> dict[str, Check]:
    return {check.key: check for check in devices_section.devices_section(driver, problem).checks}


def test_without_a_gpu_it_says_what_one_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    found = checks()
    assert found["auto"].value == "cpu"
    assert found["cuda"].state == "missing"
    assert "no NVIDIA driver" in found["cuda"].text
    assert "many times as fast" in found["cuda"].advice


def test_each_gpu_has_a_line(with_boards: Callable[..., None]) -> None:
    with_boards(2)
    found = checks()
    assert found["auto"].text == "cuda:0 NVIDIA A100"
    assert (
        found["cuda:1"].text == "NVIDIA A100, 40.0 GB, compute capability 8.0, 108 multiprocessors"
    )
    assert found["cuda:1"].value == {
        "name": "NVIDIA A100",
        "memory_total_bytes": 40_000_000_000,
        "compute_capability": "8.0",
        "multiprocessors": 108,
        "uuid": "abc",
    }
    assert "cuda" not in found
    # the last of two boards with the same UUID
    assert devices_section.torch_uuids() == {"abc": "cuda:1"}


def test_a_gpu_that_does_not_answer_is_reported(with_boards: Callable[..., None]) -> None:
    def busy(_: int) -> object:
        raise RuntimeError("CUDA-capable device(s) is/are busy or unavailable.\nTraceback: long")

    with_boards(1, busy)
    found = checks()["cuda:0"]
    assert devices_section.torch_uuids() == {}
    assert (found.state, found.text) == (
        "missing",
        "CUDA-capable device(s) is/are busy or unavailable",
    )


def test_visible_devices_and_what_they_leave(
    monkeypatch: pytest.MonkeyPatch, with_boards: Callable[..., None]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = checks()
    assert (found["cuda_visible_devices"].state, found["cuda_visible_devices"].value) == (
        "note",
        "",
    )
    assert "unset it" in found["cuda_visible_devices"].advice
    assert "CUDA_VISIBLE_DEVICES" in found["cuda"].text
    with_boards(1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    found = checks()
    assert (found["cuda_visible_devices"].state, found["cuda_visible_devices"].text) == (
        "ok",
        "'3': it leaves 1 device",
    )


def test_the_problem_that_nvml_finds_in_the_variable_is_reported(
    monkeypatch: pytest.MonkeyPatch, with_boards: Callable[..., None]
) -> None:
    with_boards(2)
    caution = "CUDA counts the fastest GPU first"
    found = checks(problem=caution)["cuda_visible_devices"]
    assert (found.state, found.advice) == ("note", caution)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,7")
    assert checks(problem="there is no GPU 7")["cuda_visible_devices"].advice == "there is no GPU 7"


def test_a_driver_that_torch_cannot_use_is_reported_with_what_torch_warns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def old() -> bool:
        warnings.warn(
            "The NVIDIA driver on your system is too old (found version 10010).",
            UserWarning,
            stacklevel=1,
        )
        return False

    monkeypatch.setattr(torch.cuda, "is_available", old)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    found = checks("418.1")["cuda"]
    assert (
        "though the NVIDIA driver 418.1 is there (The NVIDIA driver on your system is too old"
        in found.text
    )
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "install the CUDA build" in checks("418.1")["cuda"].advice


def test_the_driver_is_read_from_the_kernel(tmp_path: Path) -> None:
    version_file = tmp_path / "version"
    version_file.write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC"
        " 2024\nGCC 12.2\n"
    )
    assert devices_section.kernel_driver(version_file) == "550.54.14"
    version_file.write_text("")
    assert devices_section.kernel_driver(version_file) == "unknown version"
    assert devices_section.kernel_driver(tmp_path / "absent") is None


def test_how_threads_wait_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    assert checks()["cpu_threads"].text == "2 threads, waiting asleep"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert checks()["cpu_threads"].text == "1 thread"


def test_more_threads_than_cores_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices_section, "waiting_in_words", lambda: "asleep")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.setattr(devices_section, "usable_cores", lambda: 2.5)
    found = checks()["cpu_threads"]
    assert (found.state, found.value, found.text) == ("note", 16, "16 threads, waiting asleep")
    assert "OMP_NUM_THREADS=2" in found.advice
