"""The benchmark of the loaders runs: few images, one epoch."""

import os
from pathlib import Path

from .warm import WarmProcess

ROOT = Path(__file__).parents[1]
CODE = "import runpy; runpy.run_path('benchmarks/loader.py', run_name='__main__')"


def test_both_loaders_are_timed_and_give_the_same_weights() -> None:
    options = ["--data", "mnist-mini", "--images", "300", "--epochs", "1", "--repeats", "1"]
    process = WarmProcess(CODE, options, folder=ROOT, environment=os.environ)
    done, said = process.communicate(150)
    assert process.returncode == 0, said
    rows = [line.split(" | ")[0] for line in done.splitlines() if line.startswith("| ")]
    assert rows == ["| loader", "| tensor", "| per-image"]
    assert "the weights are the same bits" in done
