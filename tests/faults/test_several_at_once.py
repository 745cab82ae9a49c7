"""Several processes in one runs folder; longer: `python -m tests.faults.several_at_once`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_several_processes_share_a_runs_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.several_at_once", "--minutes", "0.2"]
    options = ["--processes", "4", "--folder", str(tmp_path)]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 errors" in done.stdout
