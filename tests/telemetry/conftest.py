"""The real nvidia-ml-py over a library of ours, in a process of its own: a loaded NVML cannot be unloaded."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

UUID = "5ba3ed4f-0000-4000-8000-00000000000a"
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the stand-in libnvidia-ml.so.1."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the NVML stand-in with")
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("nvml_standin.c")
    target = folder / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-Wall", "-Werror", "-shared", "-fPIC", "-o", target, source], check=True, timeout=60)
    return folder


@pytest.fixture
def python_with_gpu(nvml_library: Path) -> Python:
    """Runs a piece of Python that finds the stand-in; keywords script it (see nvml_standin.c)."""
    return lambda code, **script: _python(code, LD_LIBRARY_PATH=str(nvml_library), **script)


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
