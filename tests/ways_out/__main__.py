"""Every way out of every state, many times:

    python -m tests.ways_out --times 50
    python -m tests.ways_out --state paused --way SIGHUP --way 'closed terminal'

prints a line for each fault, and for each pair the slowest time in which the terminal was given
back; the exit code is 1 where there was a fault.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..conftest import Small
from .finished import two_finished_runs
from .states import STATES
from .trial import Trial, attempt
from .ways import WAYS, cases


def main() -> None:
    """Try what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.ways_out")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--state", action="append", choices=STATES, default=[])
    parser.add_argument("--way", action="append", choices=WAYS, default=[])
    asked = parser.parse_args()
    faults = trials = 0
    for state, way in cases():
        if (asked.state and state not in asked.state) or (asked.way and way not in asked.way):
            continue
        tried = [_tried(state, way) for _ in range(asked.times)]
        trials += len(tried)
        faults += sum(bool(trial.faults) for trial in tried)
        _say(tried)
    print(f"{trials} trials, {faults} with a fault")  # noqa: T201
    sys.exit(bool(faults))


def _tried(state: str, way: str) -> Trial:
    with tempfile.TemporaryDirectory(prefix="fftui-ways-out-") as folder:
        if state == "comparing":
            two_finished_runs(Path(folder) / "runs", Small.experiment)
        try:
            return attempt(state, way, Path(folder))
        except AssertionError as error:
            return Trial(state, way, (f"{error}"[:3000],), None, 0.0, None)


def _say(tried: Sequence[Trial]) -> None:
    first = tried[0]
    back = [trial.given_back_s for trial in tried if trial.given_back_s is not None]
    slowest = f", the terminal given back in {max(back):.2f} s" if back else ""
    ended = max(trial.ended_s for trial in tried)
    good = sum(not trial.faults for trial in tried)
    print(  # noqa: T201
        f"{first.state}, {first.way}: {good} of {len(tried)}{slowest}, over in {ended:.2f} s",
        flush=True,
    )
    for trial in tried:
        for fault in trial.faults:
            print(f"    {fault}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
