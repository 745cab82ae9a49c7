"""Pages in a real browser, where there is one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.report.site import write_site
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_site_opens_sorts_and_asks_for_nothing(
    new_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    for name, wrong in (("first", 40), ("second", 20), ("third", 30)):
        new_run(name, wrong=wrong)
    list(write_site(Workspace(tmp_path / "runs"), tmp_path / "site"))
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 380, "height": 800})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "site" / "index.html").as_uri())
        page.click("#index th:nth-child(4) button")
        names = page.locator("#index tbody a").all_inner_texts()
        page.fill("#find", "second mnist")
        found = page.inner_text("#found")
        page.locator("#index tbody a:visible").click()
        page.wait_for_selector("svg")
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        browser.close()
    assert (names, found, wider) == (["first", "third", "second"], "1 of 3", 0)
    assert said == []
    assert [each for each in asked if not each.startswith(("file://", "data:,"))] == []
