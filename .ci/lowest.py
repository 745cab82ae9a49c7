"""`lowest.py ENVIRONMENT`: a virtual environment with fftui and the lowest versions that
pyproject.toml allows of all that it imports; the tools that its tests need are the newest.

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
BOUND = r"([A-Za-z0-9_.-]+)\s*[>=]=\s*([0-9.]+)"


def versions_of(pyproject: Path) -> list[str]:
    """`name==version` of each dependency, at its lower bound, and the tools of the tests as they
    are asked for.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    bounds = (re.match(BOUND, each) for each in project["dependencies"])
    tools = (re.match(BOUND, each) for each in project["optional-dependencies"]["dev"])
    return [
        *(f"{each[1]}=={each[2]}" for each in bounds if each and each[1] not in AS_THEY_ARE),
        *(each.string for each in tools if each and each[1] not in NOT_IMPORTED),
    ]


def closure(names: set[str], versions: list[str]) -> Iterator[Distribution]:
    """The packages here of those names and of all that they need, but of `versions`."""
    # scipy asks for an older numpy
    seen = {re.split("[>=]", each)[0] for each in versions} | {"numpy"}
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
    folder, versions = Path(sys.argv[1]), versions_of(Path("pyproject.toml"))
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
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *versions], check=True)
    subprocess.run([*install, "--no-deps", "--editable", "."], check=True)


if __name__ == "__main__":
    main()
