"""`python -m tests.faults.several_at_once --minutes 5`: several processes start, list, export, tag,
archive, delete, restore, resume, stop and attach runs of one folder; says what was wrong.

Each command is a process of its own, forked from one that has loaded torch. A refusal is one line
and exit code 2; anything else that is not a success is a fault.
"""

import argparse
import csv
import importlib
import io
import json
import os
import pty
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.runs.annotations import read_annotations
from fftui.runs.folder import RunFolder
from fftui.runs.journal import unread_lines

from .processes import code_of_fftui

PRELOADED = (
    "fftui.learning.training",
    "fftui.telemetry.sampler",
    "fftui.runs.checkpoint",
    "fftui.runs.run_process",
    "fftui.cli.main",
    "fftui.text.headless",
)
PATIENCE_S = 150.0  # of one command, on a machine that does much else
ATTACHED_S = 2.0
REFUSED, INTERRUPTED = 2, 130
SETTINGS = (
    *("phases.0.epochs=2", "data.train_images=300", "data.test_images=100"),
    *("model.layers.0.units=20", "evaluation.images=50", "checkpoint.every_s=0.2"),
)
START = ("run", "--preset=quickstart", "--headless", "--json", *(f"--set={s}" for s in SETTINGS))
TAGGED = "tagged by all"  # a run that no one deletes


@dataclass(frozen=True)
class Done:
    """A command that ended: its words, exit code (None: it had to be killed) and what it wrote."""

    words: tuple[str, ...]
    code: int | None
    out: str
    err: str


class Worker:
    """One of the processes: carries out commands one after the other."""

    def __init__(self, runs_dir: Path, number: int, seed: int) -> None:
        self._runs_dir = runs_dir
        self._number = number
        self._chance = random.Random(f"{seed} {number}")
        self._output = runs_dir.parent / f"worker-{number}"

    def work(self, until: float) -> Iterator[tuple[Done, str]]:
        """Commands until then, each with what was wrong about it."""
        tag = f"tag-{self._number}"
        tagged = self.command("tag", _run_named(self._runs_dir, TAGGED), "--add", tag)
        yield tagged, wrong(tagged)
        while time.time() < until:
            done = self._one()
            yield done, wrong(done)

    def _one(self) -> Done:
        run, other = self._any_run(), self._any_run()
        choices: list[tuple[int, Callable[[], Done]]] = [
            (6, lambda: self.command(*START)),
            (3, lambda: self.command("runs", "--json")),
            (2, lambda: self.command("runs")),
            (3, lambda: self.command("export", run, "--table", self._table(), "--to", "csv")),
            (2, lambda: self.command("export", run, other, "--table", "runs", "--to", "json")),
            (2, lambda: self.command("show", run, "--json")),
            (2, lambda: self.command("show", run)),
            (1, lambda: self.command("show", run, "--follow")),
            (4, lambda: self.command("delete", run, "--yes")),
            (2, lambda: self.command("restore", self._deleted())),
            (4, lambda: self.command("resume", run, "--headless", "--json")),
            (3, lambda: self.command("stop", run)),
            (2, lambda: self.command("tag", run, "--add", f"t{self._chance.randint(0, 99)}")),
            (1, lambda: self.command("archive", run)),
            (1, lambda: self.command("rename", run, f"name {self._chance.randint(0, 9)}")),
            (1, lambda: self.attach(run)),
        ]
        weights = [weight for weight, _ in choices]
        return self._chance.choices([work for _, work in choices], weights)[0]()

    def _table(self) -> str:
        return self._chance.choice(("epochs", "layers", "evaluations", "energy"))

    def _any_run(self) -> str:
        """The id of a run that no test needs, of the newest most often."""
        names = sorted(path.name for path in self._runs_dir.glob("[!.]*"))
        free = [name for name in names if "tagged-by-all" not in name][-6:]
        return self._chance.choice(free) if free else "none"  # the latest is the tagged one

    def _deleted(self) -> str:
        trash = self._runs_dir / ".trash"
        names = sorted(path.name for path in trash.glob("*/*"))
        return self._chance.choice(names) if names else "none"

    def command(self, *words: str) -> Done:
        """Run `fftui` with these words in a process of its own."""
        words = (words[0], "--runs", str(self._runs_dir), *words[1:])
        pid = os.fork()
        if pid == 0:
            for number, path in ((1, self._output), (2, self._output.with_suffix(".err"))):
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
                os.dup2(fd, number)
            _be(words)
        code = _code_of(pid)
        texts = (p.read_bytes() for p in (self._output, self._output.with_suffix(".err")))
        out, err = (text.decode("utf-8", "replace") for text in texts)
        return Done(words, code, out, err)

    def attach(self, run: str) -> Done:
        """Watch a run on a terminal, and leave it."""
        words = ("attach", "--runs", str(self._runs_dir), run)
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
            _be(words)
        shown, code = _at_terminal(pid, terminal)
        text = shown.decode("utf-8", "replace")
        return Done(words, code, "", text if code else "")


def _at_terminal(pid: int, terminal: int) -> tuple[bytes, int | None]:
    """What a program shows that is asked to quit after a while, and its exit code."""
    shown, began, asked = b"", time.monotonic(), 0
    try:
        while time.monotonic() - began < PATIENCE_S:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65_536)
            if time.monotonic() - began > ATTACHED_S * (asked + 1):
                asked += 1
                os.write(terminal, b"q")
    except OSError:  # it has closed the terminal
        pass
    code = _code_of(pid)
    os.close(terminal)
    return shown[-4000:], code


def _code_of(pid: int) -> int | None:
    """The exit code of a child; None where it had to be killed."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _be(words: Sequence[str]) -> None:
    """Be the command, and end with its exit code."""
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["fftui", *words]
    code = code_of_fftui()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def wrong(done: Done) -> str:
    """What is wrong about how a command ended; empty where nothing is."""
    lines = [line for line in done.err.splitlines() if line.startswith("fftui: ")]
    if "Traceback" in done.err or "Traceback" in done.out:
        return "a traceback"
    if done.code is None:
        return "it did not end"
    if done.code == REFUSED:
        return "" if lines else "a refusal without a reason"
    # following a run ends with its exit code
    ends_as_a_run = done.words[0] in ("run", "resume") or "--follow" in done.words
    if done.code not in (0, INTERRUPTED) or (done.code and not ends_as_a_run):
        return f"exit code {done.code}"
    return _wrong_output(done)


def _wrong_output(done: Done) -> str:
    """What is wrong about what a command that did as asked wrote to stdout."""
    if "damaged" in done.err:
        return "a run is called damaged"
    if "--json" in done.words or "json" in done.words:
        try:
            json.loads(done.out)
        except ValueError:
            return "half of a JSON document"
    if "csv" in done.words:
        rows = list(csv.reader(io.StringIO(done.out)))
        if len({len(row) for row in rows}) != 1:
            return "rows of several lengths"
    return ""


def _run_named(runs_dir: Path, name: str) -> str:
    slug = name.replace(" ", "-")
    return next(path.name for path in runs_dir.iterdir() if slug in path.name)


def what_is_left_wrong(runs_dir: Path, processes: int, started: Sequence[str]) -> Iterator[str]:
    """What is wrong in the folder when all is over."""
    if len(set(started)) < len(started):
        yield "two runs have one id"
    places = [*runs_dir.glob("[!.]*"), *runs_dir.glob(".trash/*/*")]
    kept = {path.name for path in places}
    yield from (f"{run} is gone" for run in started if run not in kept)
    for path in places:
        folder = RunFolder(path)
        if unread_lines(folder.journal):
            yield f"{path.name}: lines that are no event: two processes wrote them"
        leftovers = [each.name for each in path.iterdir() if each.name.startswith(".")]
        if leftovers:
            yield f"{path.name}: leftovers {leftovers}"
    tags = read_annotations(runs_dir / _run_named(runs_dir, TAGGED)).tags
    lost = {f"tag-{number}" for number in range(processes)} - set(tags)
    if lost:
        yield f"tags are lost: {sorted(lost)}"


def try_for(
    seconds: float, processes: int, seed: int, folder: Path
) -> tuple[Counter[str], list[str]]:
    """Let so many processes work on one runs folder: the number of commands of each kind with its
    end, and what was wrong. To be called in a process without threads.
    """
    runs_dir = folder / "runs"
    first = Worker(runs_dir, 99, seed).command(*START, "--name", TAGGED)
    problems = [f"{first.words}: {first.err}"] if first.code else []
    children = [_fork_worker(runs_dir, n, seed, time.time() + seconds) for n in range(processes)]
    for pid in children:
        _, status = os.waitpid(pid, 0)
        problems += [f"a worker ended by {status}"] if status else []
    counts, started = Counter[str](), list[str]()
    for number in range(processes):
        for line in (folder / f"report-{number}").read_text().splitlines():
            each = json.loads(line)
            counts[each["what"]] += 1
            started += [each["run"]] if each["run"] else []
            problems += [each["problem"]] if each["problem"] else []
    return counts, problems + list(what_is_left_wrong(runs_dir, processes, started))


def _fork_worker(runs_dir: Path, number: int, seed: int, until: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with (runs_dir.parent / f"report-{number}").open("w", buffering=1) as report:
            for done, problem in Worker(runs_dir, number, seed).work(until):
                report.write(json.dumps(_line(done, problem)) + "\n")
        code = 0
    except BaseException:  # noqa: BLE001 - the last resort of a process
        traceback.print_exc()
    os._exit(code)


def _line(done: Done, problem: str) -> dict[str, Any]:
    begun = done.words[0] == "run" and done.code in (0, INTERRUPTED) and done.out
    ends = {0: "done", REFUSED: "refused", INTERRUPTED: "interrupted"}
    words = " ".join(done.words[3:])
    return {
        "what": f"{done.words[0]}: {ends.get(done.code or 0, 'wrong')}",
        "run": json.loads(done.out)["run"] if begun and not problem else "",
        "problem": problem and f"{done.words[0]} {words}: {problem}\n{done.err[-2000:]}",
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Try until the time is over; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.several_at_once")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where, such as a folder on NFS")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    for module in PRELOADED:
        importlib.import_module(module)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        counts, problems = try_for(asked.minutes * 60, asked.processes, asked.seed, Path(folder))
    for what, count in sorted(counts.items()):
        _say(f"{count:6} {what}")
    for problem in problems:
        _say(f"WRONG {problem}")
    _say(f"{counts.total()} commands of {asked.processes} processes, {len(problems)} errors")
    return 1 if problems or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
