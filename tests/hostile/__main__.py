"""`python -m tests.hostile --mutations 10000`: journals and records with anything in them, read
with everything; prints how many ended in an exception or took longer than two seconds.
"""

import argparse
import shutil
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from fftui.events import to_json
from fftui.runs.folder import RunFolder

from .folders import good_run
from .mutations import SAMPLE_EVENTS, mutated, read_with_everything

LONGEST_S = 2.0


def main() -> int:
    """Run them; the exit code is 1 where any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="The first seed.")
    asked = parser.parse_args()
    raised: list[int] = []
    slow: list[int] = []
    with TemporaryDirectory() as root:
        folder = RunFolder(good_run(Path(root) / "runs"))
        other = RunFolder(folder.path.with_name("other"))
        shutil.copytree(folder.path, other.path)
        with folder.journal.open("a", encoding="utf-8") as file:
            file.writelines(to_json(1.79e9, event) + "\n" for event in SAMPLE_EVENTS)
        for seed in range(asked.first, asked.first + asked.mutations):
            began = time.process_time()
            for run in mutated(folder, seed):
                try:
                    read_with_everything(run, other, seed)
                except Exception:  # noqa: BLE001 - what is counted
                    raised.append(seed)
                    traceback.print_exc(limit=-3)
            if time.process_time() - began > LONGEST_S:
                slow.append(seed)
    sys.stdout.write(
        f"{asked.mutations} mutations: {len(raised)} tracebacks {raised[:20]},"
        f" {len(slow)} over {LONGEST_S:.0f} s {slow[:20]}\n"
    )
    return int(bool(raised or slow))


if __name__ == "__main__":
    sys.exit(main())
