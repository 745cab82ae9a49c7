"""Every benchmark runs, and states its figures so that the table of all can be made of them."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from .warm import WarmProcess

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
CODE = """
import runpy, sys
sys.path.insert(0, "benchmarks")
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SUITE = runpy.run_path(str(FOLDER / "suite.py"))["SUITE"]
Figure = runpy.run_path(str(FOLDER / "figure.py"))["Figure"]
HELPERS = {"__main__", "figure", "suite", "terminal"}
# what a benchmark shows besides its figures: each is found in what it prints
SHOWS = {
    "chart": ("| 76x14 |", "| 196x40 |"),
    "compare": ("| first picture, s", "| left,", "| plus,", "| x,", "| m,", "| f,", "| full_stop,"),
    "epoch": ("| products alone, float32 |", "| fftui, float32 |"),
    "executors": ("| by hand, one after the other |", "| local |"),
    "journal": ("outline:", "view:", "tables:", "times as fast"),
    "layer_kinds": ("| convolution 32→64", "| self-attention,", "| products alone, float32 |"),
    "listing": ("20 runs", "| each record again |", "| the same list again |"),
    "loader": ("| tensor |", "| per-image |", "the weights are the same bits"),
    "ranks": ("| one process |", "| layers, 2 ranks |", "0.0e+00; 0 of"),
    "same_weights": ("1 of 1 presets end with the same bits",),
    "screen": ("with the screen / headless",),
    "telemetry": ("intervals within 20 ms",),
}


def test_each_file_is_a_benchmark_of_the_table() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - HELPERS
    assert {each.name for each in SUITE} == files
    readme = (FOLDER / "README.md").read_text("utf-8")
    for each in SUITE:
        assert f"| `{each.name}.py` | {each.what} |" in readme


@pytest.mark.parametrize("benchmark", SUITE, ids=lambda each: each.name)
def test_it_runs_and_states_figures(benchmark) -> None:
    words = [f"benchmarks/{benchmark.name}.py", *benchmark.options(quick=True)]
    process = WarmProcess(CODE, words, folder=ROOT, environment=os.environ)
    done, said = process.communicate(170)
    assert process.returncode == 0, said
    for text in SHOWS.get(benchmark.name, ()):
        assert text in done
    figures = [*filter(None, map(Figure.read, done.splitlines()))]
    assert figures or any(line.startswith("skipped: ") for line in done.splitlines())
    assert all(figure.value >= 0 for figure in figures)


def test_a_figure_is_read_as_it_was_stated() -> None:
    full = Figure("an epoch = of 784→2000", 2.5, "s", "textbook loop, float32", 5.0, 0.5)
    for figure in (full, Figure("bytes", 7.0, "KiB/s"), Figure("share", 0.5, "", "all", 1.0, 0.5)):
        assert Figure.read(figure.line) == figure
    assert Figure.read("| a table | 1.0 |") is None


def test_one_command_prints_the_table_and_names_what_there_is() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(
        [*command, "chart"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=170
    ).stdout.splitlines()
    assert [line.split(" | ")[1] for line in done[2:]] == [
        "the next picture, 76x14",
        "the next picture, 196x40",
    ]
    refused = subprocess.run(
        [*command, "churt"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no benchmark 'churt'" in refused.stderr
