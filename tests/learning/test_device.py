"""Devices by name, and what `auto` precision takes."""

import pytest
import torch

from fftui.errors import RequestError
from fftui.learning.device import choose_device, choose_dtype, device_label, has_bfloat16

CPU = torch.device("cpu")


def test_cpu_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert "thread" in device_label(CPU)


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "xpu", "cpu:x", "meta", ""])
def test_devices_that_are_not_there_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(RequestError) as caught:
        choose_device(name)
    assert "use" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_auto_takes_the_gpu_that_torch_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda", 1)
    assert choose_device("cuda") == torch.device("cuda", 0)
    with pytest.raises(RequestError, match="torch sees 2 CUDA devices"):
        choose_device("cuda:2")


def test_precision_follows_the_hardware_only_when_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_dtype("float32", CPU) == torch.float32
    assert choose_dtype("bfloat16", CPU) == torch.bfloat16
    for found, expected in (("DEFAULT", torch.float32), ("AVX2", torch.float32)):
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda found=found: found)
        assert not has_bfloat16(CPU)
        assert choose_dtype("auto", CPU) == expected
    assert choose_dtype("auto", torch.device("mps")) == torch.float32
