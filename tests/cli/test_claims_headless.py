"""The claims on stdout and in files, and the messages about runs that failed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fftui.claims import CLAIMS, Setup
from fftui.claims.claims_plan import ClaimsPlan
from fftui.claims.setup_runs import PlannedRuns
from fftui.cli import claims_headless as headless
from fftui.cli import main as cli
from fftui.cli.study_headless import StudyResult
from fftui.errors import RequestError, RunFailedError
from fftui.runs.workspace import Workspace
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Study


def test_formats_have_names() -> None:
    assert [headless.format_of(name) for name in ("text", "markdown", "json")] == [
        "text",
        "markdown",
        "json",
    ]
    with pytest.raises(RequestError, match="did you mean 'markdown'"):
        headless.format_of("markdwon")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, small: Any) -> list[StudyResult]:
    """A plan of one setup in place of the real one; what is in the list is how its runs end."""
    experiment = small.experiment()
    setup = Setup("paper/ff")
    made = ClaimsPlan(
        "quick",
        1,
        (PlannedRuns(setup, (experiment,)),),
        {
            Setup("ff", "svhn"): "svhn is not on this machine",
            Setup("cnn"): "not run at the quick scale",
        },
    )
    ends: list[StudyResult] = []

    def follow(study: Study, workspace: Workspace, executor: object) -> StudyResult:
        return ends.pop()

    monkeypatch.setattr(headless, "plan", lambda asked, claims: made)
    monkeypatch.setattr(headless, "follow", follow)
    return ends


def test_the_outcome_goes_to_stdout_and_the_rest_to_stderr(
    asked: list[StudyResult],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    finished_run: Any,
    small: Any,
) -> None:
    finished_run(small.experiment())
    asked.append(StudyResult((), stopped=False))
    assert (
        headless.reproduce(headless.Request("quick", to="json"), Workspace(tmp_path / "runs")) == 0
    )
    out, err = capfd.readouterr()
    assert json.loads(out)["claims"][0]["id"] == CLAIMS[0].id
    assert err.endswith("svhn is not on this machine\n")
    assert "quick scale, 1 seed, on mnist-mini: 1 run, 0 to come" in err
    assert "study claims" not in err  # the plan's size and time are said once


def test_a_run_that_failed_is_named_with_its_claim(
    asked: list[StudyResult], tmp_path: Path, small: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    made = headless.plan(None, ())  # type: ignore[arg-type]
    failed = TrialProgress(1, 1, made.study().trials[0], "failed", error="no such device")
    asked.append(StudyResult((failed,), stopped=False))
    file = tmp_path / "claims.md"
    with pytest.raises(RunFailedError, match="1 of 1"):
        headless.reproduce(
            headless.Request("quick", to="markdown", file=file), Workspace(tmp_path / "runs")
        )
    assert "paper/ff on mnist: its run failed: no such device" in file.read_text(encoding="utf-8")
    assert capfd.readouterr().out == ""


def test_stopped_it_gives_what_is_there(
    asked: list[StudyResult],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["fftui", "reproduce", "--quick"])
    asked.append(StudyResult((), stopped=True))
    assert headless.reproduce(headless.Request("quick"), Workspace(tmp_path / "runs")) == 130
    out, err = capfd.readouterr()
    assert "four-layers: NOT RUN HERE" in out
    assert "go on with: fftui reproduce --quick" in err


def test_the_command_refuses_a_format_before_it_runs_anything(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["fftui", "reproduce", "--quick", "--to", "latex", "--runs", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capfd.readouterr()
    assert (left.value.code, out) == (2, "")
    assert "no format is called 'latex'" in err
    assert not any(tmp_path.iterdir())


def test_claims_are_named_by_their_ids() -> None:
    assert headless.claims_named([]) == CLAIMS
    asked = ("hybrid-loss", "on-par-mnist")
    assert {claim.id for claim in headless.claims_named(asked)} == set(asked)
    with pytest.raises(RequestError, match="did you mean 'on-par-mnist'"):
        headless.claims_named(["on-par-mnst"])


def test_a_dry_run_says_how_many_runs_of_each_claim_are_to_come(
    asked: list[StudyResult], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path / "runs")
    headless.show_plan(headless.Request("quick", to="json"), workspace)
    facts = json.loads(capfd.readouterr().out)
    assert (facts["runs"], facts["to_come"], facts["sets"]) == (1, 1, ["mnist-mini"])
    by_id = {each["id"]: each for each in facts["claims"]}
    assert by_id["on-par-mnist"]["to_come"] == 1
    assert by_id["cnn-weight-sharing"]["to_come"] == 0
    assert by_id["on-par-mnist"]["expected_s"] > 0
    headless.show_plan(headless.Request("quick"), workspace)
    text = capfd.readouterr().out
    assert "on-par-mnist" in text
    assert "1 run, 1 to come, ~" in text
    assert text.splitlines()[-1] == "svhn is not on this machine"
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_writes_its_plan_into_the_file(
    asked: list[StudyResult], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    workspace, file = Workspace(tmp_path / "runs"), tmp_path / "plan"
    headless.show_plan(headless.Request("quick", to="json", file=file), workspace)
    assert json.loads(file.read_text())["runs"] == 1
    headless.show_plan(headless.Request("quick", file=file), workspace)
    assert "1 run, 1 to come, ~" in file.read_text()
    assert capfd.readouterr().out == ""
    with pytest.raises(RequestError, match="cannot write"):
        headless.show_plan(headless.Request("quick", file=tmp_path), workspace)


def test_a_set_that_decides_no_claim_is_refused(tmp_path: Path) -> None:
    request = headless.Request("full", claims=CLAIMS[:1], sets=("svhn",))
    with pytest.raises(RequestError, match=f"no run on svhn decides on {CLAIMS[0].id}"):
        headless.show_plan(request, Workspace(tmp_path / "runs"))
