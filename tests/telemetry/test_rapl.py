"""RAPL, over a folder laid out like Linux's own."""

import errno
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.telemetry.rapl import RaplSource, RaplUnavailableError

RANGE_UJ = 262_143_328_850


class Powercap:
    """Zones of /sys/class/powercap."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def zone(self, name: str, called: str, energy_uj: int, range_uj: int = RANGE_UJ) -> None:
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "name").write_text(f"{called}\n")
        (place / "max_energy_range_uj").write_text(f"{range_uj}\n")
        self.count(name, energy_uj)

    def count(self, name: str, energy_uj: int) -> None:
        (self.folder / name / "energy_uj").write_text(f"{energy_uj}\n")


@pytest.fixture
def powercap(tmp_path: Path) -> Powercap:
    made = Powercap(tmp_path)
    made.zone("intel-rapl:0", "package-0", 5_000_000)
    return made


def test_joules_count_from_the_start(powercap):
    source = RaplSource(powercap.folder)
    assert source.read_j() == 0
    powercap.count("intel-rapl:0", 6_500_000)
    assert source.read_j() == pytest.approx(1.5)
    assert source.read_j() == pytest.approx(1.5)
    powercap.count("intel-rapl:0", 8_000_000)
    assert source.read_j() == pytest.approx(3)


def test_packages_are_added_up_and_what_is_inside_them_or_holds_them_is_not(powercap):
    for name, called in (
        ("intel-rapl", "intel-rapl"), ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "dram"),
        ("intel-rapl:2", "psys"), ("intel-rapl:0:2", "package-0"),
        ("intel-rapl-mmio:0", "package-0"), ("dtpm:0", "package-0"),
    ):  # fmt: skip
        powercap.zone(name, called, 0)
    powercap.zone("intel-rapl:1", "package-1", 7)
    source = RaplSource(powercap.folder)
    assert source.packages == 2
    for zone in powercap.folder.iterdir():
        powercap.count(zone.name, 9_000_000)
    assert source.read_j() == pytest.approx(4 + 8.999993)


@given(
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), max_size=8), st.integers(0, 999)
)
def test_counters_that_wrap_lose_nothing(tmp_path_factory, drawn_uj, began_uj):
    powercap = Powercap(tmp_path_factory.mktemp("powercap"))
    sums = [began_uj, 0]
    powercap.zone("intel-rapl:0", "package-0", began_uj, 1000)
    powercap.zone("intel-rapl:1", "package-1", 0, 1300)
    source = RaplSource(powercap.folder)
    for step in drawn_uj:
        sums = [total + drawn for total, drawn in zip(sums, step, strict=True)]
        powercap.count("intel-rapl:0", sums[0] % 1000)
        powercap.count("intel-rapl:1", sums[1] % 1300)
        assert source.read_j() == pytest.approx((sum(sums) - began_uj) * 1e-6, abs=1e-12)


@pytest.mark.parametrize("there", [False, True])
def test_a_machine_without_rapl_says_so(tmp_path, there):
    folder = tmp_path / "powercap"
    if there:
        Powercap(folder).zone("intel-rapl:0", "psys", 1)
    with pytest.raises(
        RaplUnavailableError, match=r"powercap shows no package of the CPU \(no RAPL here\)"
    ):
        RaplSource(folder)


@pytest.mark.parametrize("file", ["energy_uj", "max_energy_range_uj", "name"])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(powercap, file):
    """A folder in its place stands for what even root may not read."""
    (powercap.folder / "intel-rapl:0" / file).unlink()
    (powercap.folder / "intel-rapl:0" / file).mkdir()
    with pytest.raises(
        RaplUnavailableError, match=rf"intel-rapl:0/{file}: {os.strerror(errno.EISDIR)}$"
    ):
        RaplSource(powercap.folder)


def test_what_only_root_may_read_is_reported_so(powercap, monkeypatch):
    """Tests may run as root, whom no mode of a file keeps out."""
    read = Path.read_text

    def refuse(path: Path, **how: str) -> str:
        if path.name == "energy_uj":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return read(path, **how)

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(
        RaplUnavailableError, match=r"intel-rapl:0/energy_uj: Permission denied; root may read it$"
    ):
        RaplSource(powercap.folder)


@pytest.mark.parametrize(
    ("text", "words"), [("", "holds ''"), ("12 J", "holds '12 J', which is no number")]
)
def test_what_is_no_number_is_a_reason(powercap, text, words):
    (powercap.folder / "intel-rapl:0" / "energy_uj").write_text(text)
    with pytest.raises(RaplUnavailableError, match=words):
        RaplSource(powercap.folder)


@pytest.mark.parametrize("file", ["energy_uj", "name"])
def test_what_is_no_text_is_a_reason(powercap, file):
    (powercap.folder / "intel-rapl:0" / file).write_bytes(b"\xff\xfe")
    with pytest.raises(RaplUnavailableError, match=rf"intel-rapl:0/{file}: no text$"):
        RaplSource(powercap.folder)


def test_a_package_that_cannot_be_read_any_more_is_reported(powercap):
    powercap.zone("intel-rapl:1", "package-1", 0)
    source = RaplSource(powercap.folder)
    (powercap.folder / "intel-rapl:1" / "energy_uj").unlink()
    with pytest.raises(RaplUnavailableError, match=r"intel-rapl:1/energy_uj: No such file"):
        source.read_j()


def test_a_sample_costs_little(powercap):
    """Two packages in far less than a millisecond, the best of many so that a busy machine does not
    matter.
    """
    powercap.zone("intel-rapl:1", "package-1", 0)
    source = RaplSource(powercap.folder)
    costs_s = []
    for _ in range(200):
        began_s = time.perf_counter()
        source.read_j()
        costs_s.append(time.perf_counter() - began_s)
    assert min(costs_s) < 1e-3
