"""The script that draws the README's pictures works on the recorded run."""

import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "make_screenshots.py"


async def test_a_picture_shows_the_recorded_run(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT), run_name="make_screenshots")
    small = next(p for p in script["PICTURES"] if p.name == "live-small")
    path = await script["draw"](small, tmp_path)
    text = path.read_text(encoding="utf-8").replace("&#160;", " ")
    for wanted in ("learning", "Goodness", "784→800", "θ"):
        assert wanted in text
    assert str(Path.home()) not in text


async def test_the_picture_of_the_presets_has_their_times(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT), run_name="make_screenshots")
    presets = next(p for p in script["PICTURES"] if p.name == "presets")
    path = await script["draw"](presets, tmp_path)
    assert "~2 min" in path.read_text(encoding="utf-8").replace("&#160;", " ")
