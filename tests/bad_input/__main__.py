"""Generated requests in great number: `python -m tests.bad_input --requests 10000 --seed 0`.

Writes one line for each kind of fault, with the seed of its first request, and exits with 1 where
there is any.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from .asking import Asked, ask
from .generated import KINDS, generate
from .world import make_world, warm_up


def main() -> int:
    """Make the requests, and report."""
    options = _options()
    faults: Counter[str] = Counter()
    first: dict[str, tuple[int, Asked]] = {}
    codes: Counter[object] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="fftui-bad-input-") as temporary:
        os.chdir(temporary)
        world = make_world(Path(temporary))
        warm_up(world)
        for number in range(options.seed, options.seed + options.requests):
            asked = generate(Random(number), world, options.kind)
            started = time.process_time()
            answer = ask(asked)
            slowest = max(slowest, time.process_time() - started)
            codes[answer.code] += 1
            if options.show:
                line = ascii(answer.error)[:400]
                _say(f"{number} {_short(asked)}\n  {answer.code} {line}")
            if answer.fault and answer.fault not in first:
                first[answer.fault] = (number, asked)
                _say(f"{answer.fault!a} by --seed {number}: {_short(asked)}")
            faults[answer.fault] += bool(answer.fault)
            if number % 50 == 0:
                world.renew()
        os.chdir("/")
    for fault, count in faults.most_common():
        if count:
            _say(f"{count} times {fault!a}, first by --seed {first[fault][0]}")
    ended = ", ".join(f"{count} with {code}" for code, count in codes.most_common())
    _say(
        f"{options.requests} requests, {faults.total()} faults; exit codes: {ended}; the slowest"
        f" took {slowest:.2f} s of processor time"
    )
    return 1 if faults.total() else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _short(asked: Asked) -> str:
    return ascii([word if len(word) < 80 else f"{word[:80]}…" for word in asked.words])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bad_input", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first request")
    parser.add_argument("--kind", choices=sorted(KINDS), help="only of this kind")
    parser.add_argument("--show", action="store_true", help="each request and its answer")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
