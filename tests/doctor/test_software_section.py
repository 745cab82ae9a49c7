import sys
from types import SimpleNamespace

import pytest

from fftui.doctor import software_section as software
from fftui.doctor.checks import Check
from fftui.doctor.software_section import load, software_section
from fftui.plugins import PluginFailure


def checks(
    torch_fault: str | None = None, torchvision_fault: str | None = None
) -> dict[str, Check]:
    return {check.key: check for check in software_section(torch_fault, torchvision_fault).checks}


def test_versions_are_reported() -> None:
    found = checks()
    assert list(found) == ["fftui", "python", "system", "torch", "torchvision", "others"]
    assert {check.state for check in found.values()} == {"ok"}
    assert "built for" in found["torch"].text
    assert sys.executable in found["python"].text


def test_a_plugin_that_fails_is_named_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    failure = PluginFailure("rings", "fftui-rings", "ImportError: no such kind")
    monkeypatch.setattr(software, "plugin_failures", lambda: (failure,))
    check = checks()["plugin rings"]
    assert check.state == "missing"
    assert check.text == "rings of fftui-rings cannot be loaded: ImportError: no such kind"
    assert "install it again" in check.advice


def test_without_torch_nothing_works_and_without_torchvision_little() -> None:
    found = checks("libtorch_cpu.so: cannot open shared object file", "the same")
    assert found["torch"].state == "broken"
    assert "libtorch_cpu.so" in found["torch"].text
    assert "install it again" in found["torch"].advice
    assert found["torchvision"].state == "missing"


@pytest.mark.parametrize(
    "error", [ImportError("no"), OSError("no"), RuntimeError("no\nand more"), AttributeError("no")]
)
def test_a_library_that_does_not_load_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(name: str) -> object:
        raise error

    monkeypatch.setattr(
        "fftui.doctor.software_section.importlib", SimpleNamespace(import_module=refuse)
    )
    assert load("torch") == "no"


def test_a_library_that_loads_has_no_fault() -> None:
    assert load("json") is None
