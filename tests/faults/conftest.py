from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .processes import Commands, can_build
from .situations import Trial, document_of, prepared


@pytest.fixture(scope="package")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    if not can_build():
        pytest.skip("needs Linux and a C compiler (cc): faults stand before the C library")
    with Commands(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(scope="package")
def trial_of(commands: Commands) -> Callable[[str], Trial]:
    """A trial of a kind of run, prepared once."""
    known: dict[str, Trial] = {}

    def trial(kind: str) -> Trial:
        if kind not in known:
            folder = commands.folder / kind.replace(" ", "-")
            known[kind] = prepared(commands, kind, document_of(kind), folder)
        return known[kind]

    return trial


@pytest.fixture
def small_file_system(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system in memory with room for so many bytes."""
    import subprocess  # noqa: PLC0415

    mounted: list[Path] = []

    def mount(size: int) -> Path:
        place = tmp_path / f"small-{size}"
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={size}", "fftui-test", str(place)]
        done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)
