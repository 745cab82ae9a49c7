import os
from types import SimpleNamespace

import psutil
import pytest

from fftui.doctor import host_section
from fftui.doctor.checks import Check
from fftui.telemetry import machine_memory as memory


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The machine as a test likes it."""
    values: dict[str, object] = {
        "cores": 8,
        "limit": None,
        "memory_limit": None,
        "memory_left": None,
        "available": 8_000_000_000,
        "load": 0.5,
    }
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(host_section, "_affinity", lambda: values["cores"])
    monkeypatch.setattr(host_section, "core_limit", lambda: values["limit"])
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda *_: values["memory_limit"])
    monkeypatch.setattr(memory, "memory_left_bytes", lambda *_: values["memory_left"])
    monkeypatch.setattr(
        psutil,
        "virtual_memory",
        lambda: SimpleNamespace(total=16_000_000_000, available=values["available"]),
    )
    monkeypatch.setattr(psutil, "getloadavg", lambda: (values["load"], 0.4, 0.3))
    return values


def checks() -> dict[str, Check]:
    return {check.key: check for check in host_section.host_section().checks}


def test_an_idle_machine_has_nothing_to_note(facts: dict[str, object]) -> None:
    found = checks()
    assert list(found) == ["processor", "cores", "memory", "load"]
    assert {check.state for check in found.values()} == {"ok"}
    assert found["cores"].text == "8 there, this process may use all"
    assert found["memory"].value == {
        "total_bytes": 16_000_000_000,
        "available_bytes": 8_000_000_000,
        "control_group_limit_bytes": None,
        "left_in_group_bytes": None,
    }


def test_cores_kept_from_this_process_are_noted(facts: dict[str, object]) -> None:
    facts |= {"cores": 4}
    assert (checks()["cores"].state, checks()["cores"].text) == (
        "note",
        "8 there, this process may use 4",
    )
    facts |= {"limit": 1.5}
    assert checks()["cores"].text.endswith("for the time of 1.5")
    assert "control group" in checks()["cores"].advice
    assert host_section.usable_cores() == 1.5


def test_little_memory_and_other_work_are_noted(facts: dict[str, object]) -> None:
    facts |= {"memory_limit": 1_000_000_000, "load": 7.5}
    found = checks()
    assert (found["memory"].state, found["load"].state) == ("note", "note")
    assert "this process may take 1.0 GB" in found["memory"].text
    facts |= {"memory_limit": 4_000_000_000, "memory_left": 500_000_000}
    assert checks()["memory"].state == "note"
    assert checks()["memory"].text.endswith("of which 500 MB are left")
    assert "other work" in found["load"].advice


def test_a_system_that_says_nothing_is_noted(
    facts: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", absent)
    monkeypatch.setattr(psutil, "getloadavg", absent)
    monkeypatch.setattr(memory, "_pages", lambda name: None)
    found = checks()
    assert (found["memory"].state, found["load"].state) == ("note", "note")
    assert "does not say" in found["memory"].text
