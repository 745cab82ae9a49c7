"""The benchmark of listing runs runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_kind_of_work_is_measured() -> None:
    command = [sys.executable, "benchmarks/listing.py", "--runs", "20", "--repeats", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    lines = done.splitlines()
    assert lines[0] == "20 runs"
    assert [line.split("|")[1].strip() for line in lines[4:]][:3] == [
        "each record again",
        "the first list",
        "the same list again",
    ]
    assert len(lines) == 12
