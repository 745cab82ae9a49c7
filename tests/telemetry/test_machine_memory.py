"""The memory that a process may take, by files of /proc and of control groups that stand in."""

from pathlib import Path

import psutil
import pytest

from fftui.telemetry import machine_memory as memory
from fftui.telemetry.limits import memory_left_bytes
from fftui.telemetry.machine_memory import MachineMemory, machine_memory

MEMINFO = "MemTotal: 16000000 kB\nMemFree: 1000000 kB\nMemAvailable: 8000000 kB\n" + "".join(
    f"{name}: 0 kB\n"
    for name in ("Buffers", "Cached", "Shmem", "SReclaimable", "Active", "Inactive", "Slab")
)


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "proc"
    folder.mkdir()
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(folder))
    return folder


@pytest.fixture
def group(tmp_path: Path) -> Path:
    folder = tmp_path / "groups" / "job"
    folder.mkdir(parents=True)
    (tmp_path / "membership").write_text("0::/job\n")
    return folder


def found(group: Path) -> MachineMemory:
    return machine_memory(group.parent.parent / "membership", group.parent)


def test_the_group_and_the_machine_leave_what_is_free(proc: Path, group: Path) -> None:
    (proc / "meminfo").write_text(MEMINFO)
    assert (found(group).there_bytes, found(group).free_bytes) == (16_384_000_000, 8_192_000_000)
    (group / "memory.max").write_text("1000000000\n")
    assert found(group).free_bytes == 10**9, "what the group uses is not known"
    (group / "memory.current").write_text("700000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 200000000\n")
    assert (found(group).there_bytes, found(group).free_bytes) == (10**9, 500_000_000)


def test_the_fullest_group_decides(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("3:memory:/a/b\n")
    inner, outer = tmp_path / "memory" / "a" / "b", tmp_path / "memory" / "a"
    inner.mkdir(parents=True)
    for folder, limit, used in ((inner, 900, 100), (outer, 1000, 800)):
        (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
        (folder / "memory.usage_in_bytes").write_text(f"{used}\n")
    (outer / "memory.stat").write_text("inactive_file 7\ntotal_inactive_file 50\n")
    assert memory_left_bytes(tmp_path / "membership", tmp_path) == 250


@pytest.mark.parametrize("meminfo", [None, "", "junk", "MemTotal: x kB\n", "MemTotal: 5\n"])
def test_a_system_that_says_nothing_refuses_nothing(
    proc: Path, group: Path, meminfo: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if meminfo is not None:
        (proc / "meminfo").write_text(meminfo)
    monkeypatch.setattr(memory, "_pages", {"SC_PHYS_PAGES": 4096}.get)
    assert found(group) == MachineMemory(4096, None)
    assert found(group).free_bytes is None


def test_the_system_call_is_asked_where_there_is_no_file() -> None:
    total = memory._pages("SC_PHYS_PAGES")
    assert total is not None
    assert 10**8 < total < 10**15
    assert memory._pages("SC_NO_SUCH_NAME") is None
