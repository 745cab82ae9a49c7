"""The benchmark of the loaders runs: few images, one epoch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_both_loaders_are_timed_and_give_the_same_weights() -> None:
    options = ["--data", "mnist-mini", "--images", "300", "--epochs", "1", "--repeats", "1"]
    command = [sys.executable, "benchmarks/loader.py", *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=150
    ).stdout
    rows = [line.split(" | ")[0] for line in done.splitlines() if line.startswith("| ")]
    assert rows == ["| loader", "| tensor", "| per-image"]
    assert "the weights are the same bits" in done
