"""The package of the page on additions, `docs/extend.md`, as its readers would install it."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "extend.md"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)


def files_of_page() -> dict[str, str]:
    """The page's files by their names: the package's, `rings.toml`, which uses its layer, its rule
    and its data set, and `make_rings.py`, which adds that data set.
    """
    return dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))


def install_page(site: Path) -> None:
    """Write the page's files into `site`, and the metadata by which the package is installed."""
    files = files_of_page()
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    installed = site / "fftui_rings-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: fftui-rings\nVersion: 0.1\n")
    entry = re.search(r'"fftui\.plugins"\]\n(.+)', files["pyproject.toml"])
    assert entry is not None
    name, _, module = entry.group(1).partition(" = ")
    module = json.loads(module)
    (installed / "entry_points.txt").write_text(f"[fftui.plugins]\n{name} = {module}\n")
