"""The real nvidia-ml-py over a library of ours, in a process of its own: a loaded NVML cannot be
unloaded.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..warm import WarmProcess

NAME = "libnvidia-ml.so.1"
UUID = "5ba3ed4f-0000-4000-8000-00000000000a"
# What a board says unless its script says otherwise; of two statements about one metric the later
# counts.
ANSWERS = (
    "bus 00000000:01:00.0",
    "utilization 87",
    "memory-utilization 41",
    "memory-used 12884901888",
    "memory-total 85899345920",
    "power 312.5",
    "limit 700",
    "energy integral 0 0 0",
    "temperature 54",
    "sm-clock 1980",
    "memory-clock 2619",
    "reasons 0",
)
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class NvmlScript:
    """What the stand-in answers (see nvml_standin.c), in a file that it reads again when it is
    replaced.
    """

    library: Path
    file: Path

    def say(self, *statements: str) -> None:
        """Answer so from now on: one board with `ANSWERS`, but for these statements, which may go
        on to other boards.

        `init` and `driver` stand in front of all boards.
        """
        first = [line for line in statements if line.startswith(("init", "driver"))]
        board = [f"device GPU-{UUID} Stand-in 0", *ANSWERS]
        others = [part for line in statements if line not in first for part in _board(line)]
        beside = self.file.with_suffix(".new")
        beside.write_text("\n".join([*first, *board, *others, ""]))
        beside.replace(self.file)

    @property
    def code(self) -> str:
        """What a process that is forked does first: a library is loaded once by its name."""
        return f"import ctypes; ctypes.CDLL({str(self.library / NAME)!r})\n"


def _board(line: str) -> list[str]:
    """`board N NAME` is short for a device with a UUID of its own and all answers."""
    if not line.startswith("board "):
        return [line]
    _, number, name = line.split(" ", 2)
    return [f"device GPU-5ba3ed4f-0000-4000-8000-00000000000{10 + int(number):x} {name}", *ANSWERS]


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the stand-in libnvidia-ml.so.1."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the NVML stand-in with")
    folder = tmp_path_factory.mktemp("nvml")
    source, target = Path(__file__).with_name("nvml_standin.c"), folder / NAME
    options = ("-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-Wl,-soname,{NAME}")
    subprocess.run(
        [compiler, *options, "-o", target, source, "-lm"],
        check=True,
        timeout=60,
    )
    return folder


@pytest.fixture
def nvml_script(nvml_library: Path, tmp_path: Path) -> NvmlScript:
    """One board that answers everything, until its script is changed."""
    script = NvmlScript(nvml_library, tmp_path / "nvml.script")
    script.say()
    return script


@pytest.fixture
def python_with_gpu(nvml_script: NvmlScript, tmp_path: Path) -> Python:
    """Runs a piece of Python that finds the stand-in, with these statements as its script, and
    variables by keyword.
    """

    def run(code: str, *statements: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        nvml_script.say(*statements)
        process = WarmProcess(
            "import warnings; warnings.simplefilter('error')\n" + nvml_script.code + code,
            (),
            folder=tmp_path,
            environment={**os.environ, "NVML_SCRIPT": str(nvml_script.file), **variables},
        )
        out, err = process.communicate(60.0)
        assert process.returncode == 0, err
        return subprocess.CompletedProcess(code, 0, out, err)

    return run


@pytest.fixture
def python_without_gpu(tmp_path: Path) -> Python:
    """Runs a piece of Python that finds a library which is none, whatever this machine has."""
    (tmp_path / NAME).write_text("not a library")
    return lambda code: _python(code, LD_LIBRARY_PATH=str(tmp_path))


def _python(code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
