"""Seconds of learning until accuracies on MNIST are reached: public Forward-Forward code, run
unchanged from a checkout, and fftui in the same run.

    python benchmarks/peers.py --peer-dir ~/peers

`--peer-dir` holds checkouts of `mohammadpz/pytorch_forward_forward` and `loeweX/Forward-Forward`
(which needs `hydra-core`), under any names. Their settings are their own. The first says its
accuracy at its end alone, on the test images; the second after every epoch, on its last 10,000
training images, whose time is not counted. fftui is measured on as many images kept for validation.
Where there is no CUDA, the first script's `.cuda()` gives back what it is called on.
"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer
from figure import Figure, say, skip

from fftui.data.own_sets import data_folder
from fftui.waiting import waiting_chosen

WITHOUT_CUDA = """
import runpy, sys, torch
if not torch.cuda.is_available():
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self: self
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# what fftui learns for each goal: as many epochs as the goal needs, no more than that
SMALL = 'model.layers=[{units=500,normalisation="rms",init="normal"},' + (
    '{units=500,normalisation="rms",init="normal"}]'
)
OURS = {
    0.9714: (
        "data.shift=0",
        "phases.0.epochs=2",
        "phases.0.batch_size=128",
        "phases.0.learning_rate=0.005",
        SMALL,
    ),
    0.985: ("phases.0.epochs=10",),
    0.99: ("phases.0.epochs=20",),
}


@dataclass(frozen=True)
class Passage:
    """An accuracy, and the learning until then: by the wall clock and of processor time."""

    accuracy: float
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Line:
    """A line of a peer's output, and when it came: by the wall clock and in processor time."""

    text: str
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Peer:
    """Public code: the file that it is known by, how it is started, how its output is read."""

    name: str
    mark: str
    command: Callable[[Path, Path], list[str]]
    passages: Callable[[Iterable[Line]], Iterator[Passage]]
    needs: str = ""


def textbook_passages(lines: Iterable[Line]) -> Iterator[Passage]:
    """One at the end: the script learns each layer for all its epochs before it predicts."""
    begun = learned = None
    for line in lines:
        begun = begun or line
        if line.text.startswith("train error"):
            learned = line
        found = re.match(r"test error: ([\d.]+)", line.text)
        if found and learned:
            wall_s, cpu_s = learned.wall_s - begun.wall_s, learned.cpu_s - begun.cpu_s
            yield Passage(1 - float(found[1]), wall_s, cpu_s)


def loewe_passages(lines: Iterable[Line]) -> Iterator[Passage]:
    """One after each epoch, of its validation; `val` alone on a line says that it begins."""
    before: Line | None = None
    wall_s = cpu_s = 0.0
    for line in lines:
        found = re.search(r"\bval\b.*classification_accuracy: ([\d.]+)", line.text)
        if before is not None and not found:
            wall_s += line.wall_s - before.wall_s
            cpu_s += line.cpu_s - before.cpu_s
        before = line
        if found:
            yield Passage(float(found[1]), wall_s, cpu_s)


PEERS = (
    Peer(
        "pytorch_forward_forward",
        "overlay_y_on_x",
        lambda main, _: [sys.executable, "-c", WITHOUT_CUDA, str(main)],
        textbook_passages,
    ),
    Peer(
        "loeweX/Forward-Forward",
        "validate_or_test",
        lambda main, data: [
            sys.executable,
            str(main),
            f"device={'cuda' if has_cuda() else 'cpu'}",
            f"input.path={data}",
            "training.val_idx=1",
        ],
        loewe_passages,
        "hydra",
    ),
)


def has_cuda() -> bool:
    """Whether torch finds a GPU of NVIDIA's or AMD's."""
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()


def find(peer: Peer, folder: Path) -> Path | None:
    """The peer's `main.py` in a checkout in `folder`; None where there is none."""
    mains = [main for main in folder.glob("*/main.py") if peer.mark in main.read_text("utf-8")]
    return mains[0] if mains else None


def cpu_of(process: psutil.Process) -> float:
    """Processor time of a process and all that it has started, seconds."""
    taken = 0.0
    with suppress(psutil.NoSuchProcess):
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                taken += sum(each.cpu_times()[:4])
    return taken


def lines_of(command: list[str], limit_s: float) -> Iterator[Line]:
    """The lines that a command prints within so many seconds, when they come."""
    with tempfile.TemporaryDirectory() as here, Path(here, "said").open("w+") as said:
        Path(here, "data").symlink_to(data_folder())
        process = subprocess.Popen(
            command,
            cwd=here,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        assert process.stdout is not None
        watched, until = psutil.Process(process.pid), time.perf_counter() + limit_s
        try:
            for text in process.stdout:
                now = time.perf_counter()
                yield Line(text.rstrip(), now, cpu_of(watched))
                if now > until:
                    return
            if process.wait():
                said.seek(0)
                print("".join(said.readlines()[-3:]), file=sys.stderr)
        finally:
            for each in (*watched.children(recursive=True), watched):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()


def first_passages(
    passages: Iterable[Passage], targets: list[float]
) -> tuple[dict[float, Passage], Passage | None]:
    """Where each target was first reached, and the best of all looked at; no further than all."""
    found: dict[float, Passage] = {}
    best: Passage | None = None
    for passage in passages:
        print(f"  {passage.accuracy:.2%} after {passage.wall_s:.1f} s", flush=True)
        best = passage if best is None or passage.accuracy > best.accuracy else best
        found |= {
            each: passage for each in targets if passage.accuracy >= each > max(found, default=0)
        }
        if len(found) == len(targets):
            break
    return found, best


def ours(target: float) -> Passage | None:
    """fftui's own passage, in a process of its own; None where it does not get there."""
    script = Path(__file__).with_name("first_passage.py")
    command = [sys.executable, str(script), "--seeds", "1", "--target", str(target)]
    command += ["--every", "50", "--split", "validation", "--set", "data.validation_images=10000"]
    for override in OURS[target]:
        command += ["--set", override]
    with waiting_chosen():  # as with the command `fftui run`
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, cpu = filter(None, map(Figure.read, done.stdout.splitlines()))
    return None if wall.value != wall.value else Passage(target, wall.value, cpu.value)


def measure(peer: Peer, main: Path, mine: dict[float, Passage], limit_s: float) -> None:
    """Run a peer and print its figures beside ours."""
    print(f"{peer.name}:", flush=True)
    lines = lines_of(peer.command(main.absolute(), data_folder().absolute()), limit_s)
    found, best = first_passages(peer.passages(lines), [*mine])
    for target, our in mine.items():
        what = f"learning until {target:.2%} of MNIST"
        its = found.get(target)
        if its is None:
            ended = f"{best.accuracy:.2%} at best, after {best.wall_s:.0f} s" if best else "no word"
            skip(f"{what}, {peer.name}", f"not reached within {limit_s:.0f} s: {ended}")
            continue
        say(Figure(what, our.wall_s, "s", peer.name, its.wall_s))
        say(Figure(f"{what}, processor time", our.cpu_s, "s", peer.name, its.cpu_s))


def main(
    peer_dir: Annotated[Path | None, typer.Option(help="A folder of checkouts.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds that a peer may take.")] = 3600,
    goals: Annotated[str, typer.Option(help="Accuracies of those it knows.")] = "0.9714,0.985,0.99",
    only: Annotated[str, typer.Option(help="Peers whose name has it.")] = "",
) -> None:
    """Print fftui's times and each peer's."""
    mains = {
        peer: find(peer, peer_dir) if peer_dir else None for peer in PEERS if only in peer.name
    }
    mine: dict[float, Passage] = {}
    if any(mains.values()):
        for target in map(float, goals.split(",")):
            reached = ours(target)
            print(f"fftui, {target:.2%}: {reached}", flush=True)
            mine |= {} if reached is None else {target: reached}
    for peer, script in mains.items():
        if script is None:
            skip(peer.name, "no checkout of it in --peer-dir")
        elif peer.needs and importlib.util.find_spec(peer.needs) is None:
            skip(peer.name, f"it needs {peer.needs}, which is not installed")
        else:
            measure(peer, script, mine, limit)


if __name__ == "__main__":
    typer.run(main)
