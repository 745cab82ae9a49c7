"""The script that draws the README's pictures works on the recorded run."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_screenshots.py"


async def test_a_picture_shows_the_recorded_run(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT), run_name="make_screenshots")
    small = next(p for p in script["PICTURES"] if p.name == "live-small")
    path = await script["draw"](small, tmp_path)
    text = path.read_text(encoding="utf-8").replace("&#160;", " ")
    for wanted in ("learning", "Goodness", "784→800", "θ"):
        assert wanted in text
    assert str(Path.home()) not in text


@pytest.mark.parametrize(
    ("name", "wanted"), [("presets", "~2 min"), ("sweep", "14 pruned   best is trial 18")]
)
async def test_pictures_have_times_of_presets_and_the_recorded_sweep(
    tmp_path: Path, name: str, wanted: str
) -> None:
    script = runpy.run_path(str(SCRIPT), run_name="make_screenshots")
    picture = next(p for p in script["PICTURES"] if p.name == name)
    path = await script["draw"](picture, tmp_path)
    assert wanted in path.read_text(encoding="utf-8").replace("&#160;", " ")
