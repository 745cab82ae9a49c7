"""A folder of runs as a folder of pages."""

import base64
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.report.site import write_site
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.workspace import Workspace

from .html_check import read_page


def test_every_run_has_a_page_that_is_written_when_it_changed(
    new_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    workspace, site = Workspace(tmp_path / "runs"), tmp_path / "site"
    with pytest.raises(RequestError, match="no run in"):
        list(write_site(workspace, site))
    first, second = new_run("first"), new_run("second", wrong=40)
    shutil.copytree(first.path, workspace.runs_dir / "=1 'x' #?")
    (workspace.runs_dir / "damaged").mkdir()
    (workspace.runs_dir / "damaged" / "run.json").write_text("{}")
    made = list(write_site(workspace, site))
    assert [each.written for each in made].count(True) == 3
    assert next(each.problem for each in made if each.problem).startswith("run damaged: run.json")

    index = read_page((site / "index.html").read_bytes())
    pages = [each for each in index.addresses if each.startswith("runs/")]
    assert len(pages) == 3
    for page in pages:
        assert read_page((site / page).read_bytes()).addresses.count("../index.html") == 1
    assert f"runs/{first.id}.html" in pages

    os.utime(second.journal)
    assert [each.written for each in write_site(workspace, site)].count(True) == 1


def test_the_page_of_a_killed_run_says_that_it_was_interrupted(
    new_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    workspace, site = Workspace(tmp_path / "runs"), tmp_path / "site"
    folder = new_run("first")
    folder.write_record(folder.record().model_copy(update={"status": "running"}))
    held = JournalWriter(folder.journal)
    for path in (folder.run_json, folder.journal):
        os.utime(path, (1e9, 1e9))  # the page is newer in any case
    list(write_site(workspace, site))
    page = site / "runs" / f"{folder.id}.html"
    assert ", running." in page.read_text()
    held.close()
    list(write_site(workspace, site))
    assert ", interrupted." in page.read_text()


def test_the_tables_script_is_the_one_that_the_policy_allows(
    new_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    new_run("only")
    list(write_site(Workspace(tmp_path / "runs"), tmp_path / "site"))
    content = (tmp_path / "site" / "index.html").read_text()
    page = read_page(content.encode())
    assert page.scripts == 1
    script = content.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.policy.endswith(f"script-src 'sha256-{digest}'")
    assert 'data-key="0.9"' in content
