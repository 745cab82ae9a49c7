import pytest
import torch

from fftui.doctor import products_section
from fftui.learning import device as learning_device

SMALL = (4, 8, 16)


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products_section, "auto_device", lambda: torch.device("cpu"))


def test_what_the_hardware_has_is_measured_and_the_rest_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning_device, "has_bfloat16", lambda _: False)
    section = products_section.products_section(0.02, SMALL)
    size, full, half = section.checks
    assert (size.key, size.value) == ("shape", [4, 8, 16])
    assert (full.key, full.state) == ("cpu_float32_gflop_per_s", "ok")
    assert isinstance(full.value, float)
    assert full.value > 0
    assert full.text.endswith(" GFLOP/s")
    assert (half.key, half.state, half.value) == ("cpu_bfloat16_gflop_per_s", "note", None)
    assert half.text.startswith("not measured: the hardware does not have it")


def test_a_product_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("out of memory.\nTried to allocate 20 MiB")

    monkeypatch.setattr(torch, "mm", refuse)
    rates = products_section.measure(0.02, SMALL)
    assert rates[0].gflop_per_s is None
    assert rates[0].fault == "out of memory"


def test_the_setting_of_tf32_is_put_back() -> None:
    before = torch.backends.cuda.matmul.fp32_precision
    with products_section._tf32(True):
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert torch.backends.cuda.matmul.fp32_precision == before


def test_a_median_is_of_as_many_samples_as_the_time_allows() -> None:
    clock = iter(range(10_000))
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(products_section.time, "perf_counter", lambda: float(next(clock)))
        assert products_section._median_s(lambda: None, lambda: None, 0.0) == 1.0
    worked: list[int] = []
    assert products_section._median_s(lambda: worked.append(1), lambda: None, 0.1) < 0.01
    assert len(worked) > products_section.FEWEST_SAMPLES
