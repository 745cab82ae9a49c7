"""Pages in a real browser, where there is one."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fftui.report.html_report import report, study_report
from fftui.report.site import write_site
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace
from fftui.studies.study import Study

PAPER: Any = {"width": 718, "height": 1047}  # pixels of A4 within a browser's usual margins
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@dataclass
class Opened:
    """A page, what it has said on its console, and what it has asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def opened() -> Iterator[Opened]:
    """A page as wide as a phone."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        made = Opened(browser.new_page(viewport={"width": 380, "height": 800}))
        made.page.on("console", lambda message: made.said.append(message.text))
        made.page.on("pageerror", lambda error: made.said.append(str(error)))
        made.page.on("request", lambda request: made.asked.append(request.url))
        yield made
        browser.close()


def test_a_site_opens_sorts_and_asks_for_nothing(
    opened: Opened, new_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    for name, wrong in (("first", 40), ("second", 20), ("third", 30)):
        new_run(name, wrong=wrong)
    list(write_site(Workspace(tmp_path / "runs"), tmp_path / "site"))
    page = opened.page
    page.goto((tmp_path / "site" / "index.html").as_uri())
    page.click("#index th:nth-child(4) button")
    names = page.locator("#index tbody a").all_inner_texts()
    page.fill("#find", "second mnist")
    found = page.inner_text("#found")
    page.locator("#index tbody a:visible").click()
    page.wait_for_selector("svg")
    assert (names, found, _wider(page)) == (["first", "third", "second"], "1 of 3", 0)
    assert opened.said == []
    assert [each for each in opened.asked if not each.startswith(("file://", "data:,"))] == []


def test_a_report_of_fifty_runs_says_and_asks_nothing(
    opened: Opened, fifty_runs: tuple[Study, Workspace], tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(report(study_report(*fifty_runs)))
    page = opened.page
    page.goto(file.as_uri())
    page.wait_for_selector("svg")
    for each in page.locator("details").all():
        each.evaluate("element => element.open = true")
    assert page.locator("svg").count() >= 50
    assert _wider(page) == 0
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(PAPER)
    assert _wider(page) == 0
    assert opened.said == []
    assert [each for each in opened.asked if not each.startswith("data:,")] == [file.as_uri()]


def _wider(page: Any) -> int:
    """Pixels by which a page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wider
