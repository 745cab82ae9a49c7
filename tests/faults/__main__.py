"""`python -m tests.faults --minutes 60`: kills and failing disks over every kind of run, for as
long as there is time, or until Ctrl-C; says how many there were, and what was wrong.
"""

import argparse
import itertools
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from . import disks, each_call, kills
from .processes import Commands, can_build
from .situations import Document, Trial, kinds, prepared, random_for, with_fewer_changes

Part = tuple[str, Callable[[], Iterator[str]]]
MEMORY = Path("/dev/shm")  # where the disk's own time does not matter


def parts(trial: Trial, seed: int) -> Iterator[Part]:
    """One of each fault for a trial; another seed gives others."""
    chance = random_for(seed, trial.kind, "parts")
    call, offset = (
        chance.randint(1, trial.calls),
        chance.randint(4_000, 60_000 + 60_000 * (seed % 9)),
    )
    yield "kill at a random moment", lambda: kills.killed_at_random(trial, seed)
    yield "kill before a call", lambda: kills.killed_before_call(trial, call)
    yield "full disk", lambda: disks.full_at(trial, offset)
    if seed % 4 == 0:
        yield "full disk, then room", lambda: disks.full_then_room(trial, offset)
        yield "deleted", lambda: disks.deleted_at_random(trial, seed)
        yield "moved", lambda: disks.moved_at_random(trial, seed)
        yield "read-only", lambda: disks.failing_from(trial, "read-only", call)
        yield "broken", lambda: disks.failing_from(trial, "broken", call)
        yield "read-only, then not", lambda: disks.failing_then_mended(trial, "read-only", call)


def every_call(trial: Trial) -> Iterator[Part]:
    """A kill before each call of one run; several that leave the same are one."""
    all_left = each_call.left_by_kills(trial)
    calls = sum(len(left.calls) for left in all_left)
    _say(f"{trial.kind}: {calls} calls, kills before them leave {len(all_left)} different folders")
    for left in all_left:
        yield "kills before each call", lambda left=left: each_call.goes_on(trial, left)


def main() -> int:
    """Try until the time is over; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    names = [name for name, _ in kinds()]
    parser.add_argument(
        "--kind", action="append", choices=names, help="only this kind of run; repeatable"
    )
    parser.add_argument("--only", action="append", help="only faults with this text; repeatable")
    parser.add_argument(
        "--every-call",
        action="store_true",
        help="instead, kills before each call of one run that changes a file",
    )
    parser.add_argument(
        "--in", dest="folder", type=Path, default=MEMORY if MEMORY.is_dir() else None
    )
    asked = parser.parse_args()
    if not can_build():
        _say("needs Linux and a C compiler (cc)")
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & has it ignored
    until = time.monotonic() + 60 * asked.minutes
    done: Counter[str] = Counter()
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="fftui-faults-", dir=asked.folder) as folder,
        Commands(Path(folder)) as commands,
    ):
        shape = with_fewer_changes if asked.every_call else _as_it_is
        trials = (
            prepared(commands, name, shape(experiment), Path(folder) / name.replace(" ", "-"))
            for name, experiment in kinds()
            if not asked.kind or name in asked.kind
        )
        with suppress(KeyboardInterrupt):  # what was done until then is said
            for kind, (what, part) in _all(trials, asked):
                if time.monotonic() > until:
                    break
                if asked.only and not any(text in what for text in asked.only):
                    continue
                found = list(part())
                done[what] += 1
                done[f"  of {kind}"] += 1
                wrong += found
                for each in found:
                    _say(f"WRONG {each}")
    for what, count in done.items():
        _say(f"{count:>6}  {what}")
    _say(f"{len(wrong)} wrong")
    return 1 if wrong else 0


def _as_it_is(experiment: Document) -> Document:
    return experiment


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _all(trials: Iterator[Trial], asked: argparse.Namespace) -> Iterator[tuple[str, Part]]:
    if asked.every_call:
        for trial in trials:
            yield from ((trial.kind, part) for part in every_call(trial))
            shutil.rmtree(trial.runs)
        return
    together = list(trials)
    for seed in itertools.count(asked.seed):
        for trial in together:
            yield from ((trial.kind, part) for part in parts(trial, seed))


if __name__ == "__main__":
    sys.exit(main())
