"""All benchmarks, or those named, as one Markdown table of their figures.

    python -m benchmarks --quick
    python -m benchmarks epoch screen

Each is a process of its own, one after the other. What this machine cannot measure is named under
the table with the reason; exit code 1 where a benchmark failed.
"""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.figure import SKIPPED, Figure
from benchmarks.suite import SUITE, Benchmark

FOLDER = Path(__file__).parent
HEAD = "| benchmark | figure | value | baseline | value | ratio |\n|---|---|---|---|---|---|"


def row(name: str, figure: Figure) -> str:
    """A figure as a row of the table."""
    value = f"{figure.value:.4g} {figure.unit}".rstrip()
    if figure.base is None:
        return f"| {name} | {figure.what} | {value} | – | – | – |"
    base = f"{figure.base:.4g} {figure.unit}".rstrip()
    return f"| {name} | {figure.what} | {value} | {figure.baseline} | {base} | {figure.ratio:.3g} |"


def measured(benchmark: Benchmark, *, quick: bool) -> list[str]:
    """Run a benchmark, print its rows; returns what it left out or why it failed, a line each."""
    command = [sys.executable, str(FOLDER / f"{benchmark.name}.py")]
    done = subprocess.run(
        [*command, *benchmark.options(quick=quick)], capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    for figure in filter(None, map(Figure.read, lines)):
        print(row(benchmark.name, figure), flush=True)
    notes = [f"{benchmark.name}: {line}" for line in lines if line.startswith(SKIPPED)]
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        notes.append(f"{benchmark.name}: failed (exit code {done.returncode}): {last}")
    return notes


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks; all by default.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Seconds each, rough figures.")] = False,
) -> None:
    """Print one table of figures; each benchmark alone, `python benchmarks/NAME.py`, says more."""
    known = {each.name: each for each in SUITE}
    unknown = sorted({*(names or ())} - known.keys())
    if unknown:
        print(f"no benchmark {unknown[0]!r}: one of {', '.join(known)}", file=sys.stderr)
        sys.exit(2)
    print(HEAD, flush=True)
    notes: list[str] = []
    for name in names or known:
        notes += measured(known[name], quick=quick)
    if notes:
        print()
    for note in notes:
        print(note)
    sys.exit(any(" failed (" in note for note in notes))


if __name__ == "__main__":
    typer.run(main)
