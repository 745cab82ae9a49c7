import pytest
import torch

from fftui.doctor import precision_section
from fftui.doctor.checks import Check
from fftui.learning import device as learning_device


def checks(monkeypatch: pytest.MonkeyPatch, device: str, *, bfloat16: bool) -> dict[str, Check]:
    monkeypatch.setattr(precision_section, "auto_device", lambda: torch.device(device))
    monkeypatch.setattr(learning_device, "has_bfloat16", lambda _: bfloat16)
    return {check.key: check for check in precision_section.precision_section().checks}


def test_a_cpu_without_bfloat16_says_so_and_takes_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checks(monkeypatch, "cpu", bfloat16=False)
    assert list(found) == ["auto", "tf32", "cpu_bfloat16"]
    assert found["auto"].text == "float32 on cpu"
    assert found["tf32"].text == "no: only CUDA GPUs have it; fftui does not use it"
    assert found["cpu_bfloat16"].state == "missing"
    assert "AMX" in found["cpu_bfloat16"].advice
    assert isinstance(found["cpu_bfloat16"].value, dict)
    assert set(found["cpu_bfloat16"].value) == {"supported", "amx", "avx512_bf16", "capability"}


def test_auto_takes_bfloat16_where_the_hardware_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checks(monkeypatch, "cpu", bfloat16=True)
    assert (found["auto"].value, found["cpu_bfloat16"].state) == ("bfloat16", "ok")


@pytest.mark.parametrize(("capability", "there"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_tf32_comes_with_compute_capability_8(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], there: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    found = checks(monkeypatch, "cuda:0", bfloat16=there)
    assert found["tf32"].value is there
    assert found["cuda_bfloat16"].state == ("ok" if there else "missing")
    monkeypatch.setattr(torch.version, "cuda", None)  # ROCm, with capabilities of its own
    assert not precision_section.has_tf32(torch.device("cuda:0"))


def test_mps_is_not_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks(monkeypatch, "mps", bfloat16=False)["mps_bfloat16"].state == "note"
