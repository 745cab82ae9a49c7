"""The benchmark of drawing a chart runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_both_sizes_are_drawn() -> None:
    command = [sys.executable, "benchmarks/chart.py", "--points", "5000", "--repeats", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert [line.split()[1] for line in done.splitlines()[4:]] == ["76x14", "196x40"]
