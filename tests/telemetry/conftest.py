"""The real nvidia-ml-py over a library of ours, in a process of its own: a loaded NVML cannot be unloaded."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

UUID = "5ba3ed4f-0000-4000-8000-00000000000a"  # of the stand-in's first board
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class NvmlScript:
    """What the stand-in answers (see nvml_standin.c), in a file that it reads anew at every call."""

    library: Path
    file: Path

    def say(self, *lines: str) -> None:
        """Answer so from now on."""
        beside = self.file.with_suffix(".new")
        beside.write_text("".join(f"{line}\n" for line in lines))
        beside.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to find the stand-in."""
        return {"LD_LIBRARY_PATH": str(self.library), "NVML_SCRIPT": str(self.file)}


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the stand-in libnvidia-ml.so.1."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the NVML stand-in with")
    folder = tmp_path_factory.mktemp("nvml")
    source, target = Path(__file__).with_name("nvml_standin.c"), folder / "libnvidia-ml.so.1"
    warnings = ("-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *warnings, "-shared", "-fPIC", "-o", target, source, "-lm"], check=True, timeout=60)
    return folder


@pytest.fixture
def nvml_script(nvml_library: Path, tmp_path: Path) -> NvmlScript:
    """One board that answers everything, until told otherwise."""
    script = NvmlScript(nvml_library, tmp_path / "nvml.script")
    script.say()
    return script


@pytest.fixture
def python_with_gpu(nvml_script: NvmlScript) -> Python:
    """Runs a piece of Python that finds the stand-in, with these lines as its script, and variables by keyword."""

    def run(code: str, *lines: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        nvml_script.say(*lines)
        return _python(code, **nvml_script.environment, **variables)

    return run


@pytest.fixture
def python_without_gpu(tmp_path: Path) -> Python:
    """Runs a piece of Python that finds a library which is none, whatever this machine has."""
    (tmp_path / "libnvidia-ml.so.1").write_text("not a library")
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
