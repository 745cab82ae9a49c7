"""The command as its user runs it, but for the time that it measures."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CODE = """
import functools, sys
from fftui.doctor import examine
examine.examine = functools.partial(examine.examine, seconds=0.05)
for name in {hidden!r}:
    sys.modules[name] = None
sys.argv = ["fftui", "doctor", *{arguments!r}]
from fftui.cli.main import main
main()
"""
SECTIONS = (
    *("versions", "devices", "telemetry", "host", "precision"),
    *("products", "data_sets", "terminal", "runs"),
)
Doctor = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """Runs `fftui doctor` where libnvidia-ml is no library; `hidden` libraries do not load."""
    (tmp_path / "libnvidia-ml.so.1").write_text("not a library")

    def run(
        *arguments: str, hidden: tuple[str, ...] = (), **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        ours = {
            "LD_LIBRARY_PATH": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "FFTUI_DATA": str(tmp_path / "data"),
            "FFTUI_RUNS": str(tmp_path / "runs"),
            "CUDA_VISIBLE_DEVICES": "",
        }
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", CODE.format(arguments=arguments, hidden=hidden)],
            env={**os.environ, **ours, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )

    return run


def test_the_json_is_all_that_stdout_gets_and_the_folders_are_those_that_are_named(
    doctor: Doctor, tmp_path: Path
) -> None:
    done = doctor(
        "--json", "--runs", str(tmp_path / "elsewhere"), "--data-dir", str(tmp_path / "images")
    )
    assert done.returncode == 0, done.stderr
    assert "measuring products for about 0.05 seconds" in done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["healthy", *SECTIONS]
    assert found["healthy"] is True
    for section in SECTIONS:
        for key, check in found[section].items():
            assert set(check) == {"state", "value", "advice"}, key
            assert check["state"] in {"ok", "note", "missing"}, key
    assert found["devices"]["cuda"]["state"] == "missing"
    assert found["telemetry"]["nvml"]["state"] == "missing"
    assert found["products"]["cpu_float32_gflop_per_s"]["value"] > 0
    assert found["terminal"]["terminals"]["value"] == {
        "stdin": False,
        "stdout": False,
        "stderr": False,
    }
    assert found["runs"]["folder"]["value"]["path"] == str(tmp_path / "elsewhere")
    assert found["data_sets"]["folder"]["value"] == str(tmp_path / "images")


def test_the_text_fits_80_columns_and_has_no_colour(doctor: Doctor) -> None:
    done = doctor(FFTUI_DATA="absent", FFTUI_RUNS="absent", COLUMNS="200", LANG="C")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert done.stdout.isascii()
    long = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert all(len(line.split()) == 1 for line in long)  # a path
    assert "Traceback" not in done.stderr


def test_without_torch_it_is_reported_and_exits_1(doctor: Doctor) -> None:
    done = doctor(hidden=("torch",))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "broken   torch " in done.stdout
    assert "missing  torchvision " in done.stdout
    assert "measuring" not in done.stderr
    assert done.stdout.endswith("fftui cannot work here before this is mended: torch.\n")


def test_a_runs_folder_that_cannot_be_made_exits_1(doctor: Doctor) -> None:
    done = doctor("--json", FFTUI_RUNS=f"{__file__}/runs", hidden=("torch",))
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    assert found["runs"]["folder"]["state"] == "broken"
