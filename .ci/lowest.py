"""The lowest versions that pyproject.toml allows, as constraints for pip: one line a package.

Torch and what comes with it are left as they are: a second copy takes minutes and gigabytes.
"""

import re
import sys
import tomllib
from pathlib import Path

AS_THEY_ARE = {"torch", "torchvision"}
NOT_IMPORTED = {"ruff", "mypy", "import-linter", "radon"}  # by fftui or its tests


def lowest(pyproject: Path) -> list[str]:
    """`name==version` of each dependency with a lower bound."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    bounds = (re.fullmatch(r"([A-Za-z0-9_.-]+)\s*[>=]=\s*([0-9.]+)", each) for each in asked)
    return [f"{b[1]}=={b[2]}" for b in bounds if b and b[1] not in AS_THEY_ARE | NOT_IMPORTED]


if __name__ == "__main__":
    print("\n".join(lowest(Path(sys.argv[1]))))
