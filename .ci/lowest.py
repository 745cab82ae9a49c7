"""`lowest.py ENVIRONMENT`: a virtual environment with the lowest versions that pyproject.toml
allows of all that fftui and its tests import.

Torch stays as it is, and is linked from the environment of the Python that runs this: a second copy
would take minutes and gigabytes. Ruff, mypy and the like are not for running fftui.
"""

import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

AS_THEY_ARE = {"torch", "torchvision"}
NOT_IMPORTED = {"ruff", "mypy", "import-linter", "radon"}


def lowest(pyproject: Path) -> list[str]:
    """`name==version` of each dependency, at its lower bound."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    bounds = (re.match(r"([A-Za-z0-9_.-]+)\s*[>=]=\s*([0-9.]+)", each) for each in asked)
    return [f"{b[1]}=={b[2]}" for b in bounds if b and b[1] not in AS_THEY_ARE | NOT_IMPORTED]


def closure(names: set[str], versions: list[str]) -> Iterator[Distribution]:
    """The packages here of those names and of all that they need, but of `versions`."""
    seen = {each.partition("==")[0] for each in versions} | {"numpy"}  # scipy asks for an older one
    waiting = sorted(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:  # for another system
            continue
        yield found
        asked = (each for each in found.requires or () if "extra ==" not in each)
        needed = (re.match(r"[A-Za-z0-9_.-]+", each) for each in asked)
        waiting += [each[0] for each in needed if each]


def main() -> None:
    """Make the environment."""
    folder, versions = Path(sys.argv[1]), lowest(Path("pyproject.toml"))
    venv.create(folder, with_pip=True, clear=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for found in closure(AS_THEY_ARE, versions):
        for file in found.files or ():
            if file.parts[0] == "..":
                continue
            here, link = Path(str(found.locate_file(file.parts[0]))), packages / file.parts[0]
            if here.exists() and not link.exists():
                link.symlink_to(here)
    print("\n".join(versions))
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", *versions], check=True
    )


if __name__ == "__main__":
    main()
