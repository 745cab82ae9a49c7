"""The palette's screenshot is written where fftui was started, or it is said why not."""

from pathlib import Path

import pytest

from fftui.tui.app import FFTUIApp

from .on_screen import SMALL, until


def said(app: FFTUIApp) -> list[str]:
    return [each.message for each in app._notifications]


async def test_a_screenshot_is_a_file_or_a_reason(
    new_app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = new_app()
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        await pilot.pause()
        app.deliver_screenshot()
        (picture,) = tmp_path.glob("fftui-*.svg")
        assert "quickstart" in picture.read_text(encoding="utf-8")
        await until(pilot, lambda: said(app) == [f"the screenshot is in {picture}"])
        app.deliver_screenshot(path="nowhere")
        await until(pilot, lambda: said(app)[-1].endswith(": No such file or directory"))
