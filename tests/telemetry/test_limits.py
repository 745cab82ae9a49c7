from pathlib import Path

import pytest

from fftui.telemetry.limits import core_limit, memory_limit_bytes


@pytest.fixture
def membership(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    folder = tmp_path / "fs"
    folder.mkdir()
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_control_groups_there_is_no_limit(membership: Path, mounted: Path) -> None:
    assert core_limit(membership, mounted) is None
    assert memory_limit_bytes(membership, mounted) is None


def test_the_tightest_group_above_a_process_counts(membership: Path, mounted: Path) -> None:
    write(membership, "0::/job/step\n")
    write(mounted / "job" / "cpu.max", "150000 100000\n")
    write(mounted / "job" / "step" / "cpu.max", "400000 100000\n")
    write(mounted / "job" / "memory.max", "max\n")
    write(mounted / "job" / "step" / "memory.max", "2000000000\n")
    assert core_limit(membership, mounted) == 1.5
    assert memory_limit_bytes(membership, mounted) == 2_000_000_000


def test_no_limit_in_either_version_is_none(membership: Path, mounted: Path) -> None:
    write(membership, "4:memory:/a\n1:cpu,cpuacct:/a\n0::/a\n")
    write(mounted / "a" / "cpu.max", "max 100000\n")
    write(mounted / "cpu,cpuacct" / "a" / "cpu.cfs_quota_us", "-1\n")
    write(mounted / "cpu,cpuacct" / "a" / "cpu.cfs_period_us", "100000\n")
    write(mounted / "memory" / "a" / "memory.limit_in_bytes", "9223372036854771712\n")
    assert core_limit(membership, mounted) is None
    assert memory_limit_bytes(membership, mounted) is None


def test_version_1_keeps_a_tree_for_each_controller(membership: Path, mounted: Path) -> None:
    write(membership, "4:memory:/of/the/host\n1:cpu,cpuacct:/of/the/host\n")
    # a container sees its own group as the root
    write(mounted / "cpu" / "cpu.cfs_quota_us", "200000\n")
    write(mounted / "cpu" / "cpu.cfs_period_us", "100000\n")
    write(mounted / "memory" / "memory.limit_in_bytes", "1000\n")
    assert core_limit(membership, mounted) == 2
    assert memory_limit_bytes(membership, mounted) == 1000


@pytest.mark.parametrize("text", ["", "junk", "100000", "100000 0", "-1 100000", "1 x"])
def test_what_cannot_be_understood_is_no_limit(membership: Path, mounted: Path, text: str) -> None:
    write(membership, "0::/\n")
    write(mounted / "cpu.max", text)
    assert core_limit(membership, mounted) is None
