"""The benchmark of comparing runs runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_key_is_answered() -> None:
    command = [sys.executable, "benchmarks/compare.py", "--runs", "3", "--points", "20"]
    command += ["--learning", "1", "--repeats", "1"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=160
    ).stdout
    names = [line.split(",")[0].strip("| ") for line in done.splitlines()[4:]]
    assert names[:2] == ["first picture", "one journal as a table"]
    assert {"left", "plus", "x", "m", "f", "v", "full_stop"} <= set(names[2:])
