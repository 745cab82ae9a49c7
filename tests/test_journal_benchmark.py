"""The benchmark of opening a journal runs: a few lines, against this checkout itself."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_short_journal_is_opened_in_every_way() -> None:
    command = [sys.executable, "benchmarks/journal.py", "--lines", "600", "--against", str(ROOT)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=150
    ).stdout
    kinds = [line.partition(":")[0] for line in done.splitlines()[1:]]
    assert kinds == ["outline", "view", "tables"]
    assert done.count("times as fast") == 2
