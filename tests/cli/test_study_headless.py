"""Studies from the command line: what is said, what comes out, and what signals do. Real processes,
real signals.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fftui.cli.study_headless import StudyResult, conclude
from fftui.cli.study_plan import announce, trial_plans
from fftui.errors import RunFailedError
from fftui.events import EpochFinished, LayerFinished
from fftui.runs.finding import run_folders
from fftui.runs.journal import read_journal
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.workspace import Workspace
from fftui.studies import study_catalogue
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Row, Study

from ..warm import FFTUI, WarmProcess
from .conftest import Call

PATIENCE_S = 90.0
# A study of three small networks, of which the third learns for as long as it is let.
PROGRAM = (
    """
from fftui.studies import study_catalogue
from fftui.studies.study import Row
def rows(data, scale):
    for units in (8, 9, 10)[:LENGTH]:
        short = {"data.train_images": 128, "data.test_images": 64, "evaluation.images": 32}
        epochs = 1000000 if units == ENDLESS else 2
        short |= {"model.layers.*.units": units, "phases.0.epochs": epochs, "telemetry.hz": 0.0}
        yield Row((("units", units),), "quickstart", short | {"checkpoint.every_s": 0.02})
info = study_catalogue.StudyInfo("small", "Small", "Does it matter?", rows, ("mnist-mini", "svhn"))
study_catalogue.STUDIES["small"] = info
"""
    + FFTUI
)
ALL = PROGRAM.replace("LENGTH", "2").replace("ENDLESS", "0")
ENDLESS = PROGRAM.replace("LENGTH", "3").replace("ENDLESS", "9")
FAILING = (
    "import fftui.learning.training as training\n"
    "def fail(self): raise RuntimeError('no such [device]')\n"
    "training.Training.__next__ = fail\n" + ALL
)


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("FFTUI_RUNS", "FFTUI_DATA", "NO_COLOR", "FORCE_COLOR")
    }
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONPATH": root, "TERM": "xterm", "COLUMNS": "120"}


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., WarmProcess]]:
    """Starts a program with arguments; at the end of the test no process is left."""
    begun: list[WarmProcess] = []

    def start(code: str, *arguments: str) -> WarmProcess:
        words = ("study", "small", "--data-dir", str(tmp_path), *arguments)
        begun.append(WarmProcess(code, words, folder=tmp_path, environment=environment()))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def finish(process: WarmProcess) -> tuple[int | None, str, str]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)  # conditions read whole journals
    return value


def test_a_study_runs_ends_in_its_table_and_does_not_run_again(tmp_path: Path, begin: Any) -> None:
    code, out, err = finish(begin(ALL, "--seeds", "2"))
    assert code == 0
    assert out.splitlines()[0].startswith(
        "data        units  test accuracy %  train accuracy %  learned for  seeds"
    )
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["mnist-mini", "8"],
        ["mnist-mini", "9"],
    ]
    lines = err.splitlines()
    assert lines[0].startswith("study small: 4 trials in 4 runs, 4 to come, ~")
    assert lines[1] == "1/4 mnist-mini, 8, seed 0"
    assert lines[2].startswith("1/4 mnist-mini, 8, seed 0: test accuracy ")
    assert lines[-1] == "svhn is not on this machine: skipped (fftui data get svhn)"
    assert "\x1b" not in out + err
    assert len(run_folders(tmp_path / "runs")) == 4

    code, out, err = finish(begin(ALL, "--seeds", "2", "--json"))
    facts = json.loads(out)
    assert code == 0
    assert err.splitlines()[0] == "study small: 4 trials in 4 runs, nothing to do"
    assert [each["seeds"] for each in facts["conditions"]] == [2, 2]
    assert len(facts["trials"]) == len(run_folders(tmp_path / "runs")) == 4


def test_one_signal_ends_it_gently_and_it_goes_on(tmp_path: Path, begin: Any) -> None:
    process = begin(ENDLESS, "--seeds", "1")
    # two of the first run, some of the second, which never ends by itself
    until(lambda: _epochs(tmp_path) >= 4)
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    assert code == 130
    assert "stopping after this batch" in err
    assert (
        err.splitlines()[-1]
        == f"interrupted; go on with: fftui study small --data-dir {tmp_path} --seeds 1"
    )
    assert "1 interrupted" in out
    assert "Traceback" not in err
    assert sorted(folder.record().status for folder in run_folders(tmp_path / "runs")) == [
        "finished",
        "interrupted",
    ]

    process = begin(ENDLESS, "--seeds", "1")
    before = _epochs(tmp_path)
    until(lambda: _epochs(tmp_path) > before)
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 130
    assert len(run_folders(tmp_path / "runs")) == 2


def _epochs(folder: Path) -> int:
    folders = run_folders(folder / "runs")
    return sum(
        isinstance(event, EpochFinished)
        for folder in folders
        for _, event in read_journal(folder.journal)
    )


def test_failed_trials_are_reported_and_exit_1(tmp_path: Path, begin: Any) -> None:
    code, out, err = finish(begin(FAILING, "--seeds", "1"))
    assert code == 1
    assert out.count("1 failed (RuntimeError: no such [device])") == 2
    assert "2/2 mnist-mini, 9, seed 0: failed; RuntimeError: no such [device]" in err
    assert err.splitlines()[-1].startswith("fftui: 2 of 2 trials failed; run the study again")
    assert "Traceback" not in err


def test_a_terminal_shows_lines_a_bar_and_the_table(tmp_path: Path, on_terminal: Any) -> None:
    words = ["study", "small", "--seeds", "1"]
    code, text = on_terminal(ALL, words, tmp_path, environment() | {"NO_COLOR": "1"})
    assert code == 0
    assert "2/2 mnist-mini, 9, seed 0: test accuracy" in text
    assert "Small: Does it matter?" in text
    assert "┃" in text or "|" in text
    assert "\x1b[?25h" in text  # the cursor is back


@pytest.fixture
def call(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs `fftui study` in this process, with the small study: exit code, stdout, stderr."""

    def rows(data: str, scale: str) -> Iterator[Row]:
        for units in (8, 9):
            yield Row(
                (("units", units),),
                "quickstart",
                {"model.layers.*.units": units, "data.train_images": 128},
            )

    info = study_catalogue.StudyInfo("small", "Small", "Does it matter?", rows, ("mnist-mini",))
    monkeypatch.setitem(study_catalogue.STUDIES, "small", info)  # type: ignore[arg-type]
    return partial(call, "study")


def test_without_a_name_all_studies_are_listed(call: Any) -> None:
    code, out, err = call()
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(study_catalogue.STUDIES)
    assert [each["study"] for each in json.loads(call("--json")[1])] == list(
        study_catalogue.STUDIES
    )


def test_a_dry_run_lists_trials_and_their_likely_time(call: Any, tmp_path: Path) -> None:
    code, out, _ = call("small", "--dry-run", "--seeds", "2")
    assert code == 0
    assert out.splitlines()[0].split() == ["trial", "seed", "state", "expected"]
    assert [line.split("  ")[0] for line in out.splitlines()[1:5]] == [
        "mnist-mini, 8",
        "mnist-mini, 9",
    ] * 2
    assert "4 of 4 to come, ~" in out
    plan = json.loads(call("small", "--dry-run", "--json")[1])
    assert all(trial["state"] == "to come" and trial["expected_s"] > 0 for trial in plan["trials"])
    assert run_folders(tmp_path / "runs") == []


def test_what_is_left_alone_is_not_to_come(
    study: Study, finished_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diverged, taken, failed, _ = (trial.experiment for trial in study.trials)
    folder = finished_run(diverged, status="failed")
    folder.write_record(folder.record().model_copy(update={"diverged": True}))
    finished_run(failed, status="failed")
    held = JournalWriter(finished_run(taken, status="running").journal)
    workspace = Workspace(tmp_path / "runs", device="cpu")
    plans = trial_plans(study, workspace)
    announce(study, workspace)
    held.close()
    assert [(plan.state, plan.is_to_come) for plan in plans] == [
        ("failed", False),
        ("running", False),
        ("failed", True),
        ("to come", True),
    ]
    assert [plan.expected_s is None for plan in plans] == [True, True, False, False]
    assert "4 trials in 4 runs, 2 to come, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("diverged", "advice"),
    [
        ((False,), "1 of 4 trials failed; run the study again to try them once more"),
        (
            (True, True),
            "2 of 4 trials failed; they diverged, would do so again, and need other settings",
        ),
        (
            (True, False, True),
            "3 of 4 trials failed; run the study again to try 1 once more; 2 diverged, would do so"
            " again, and need other settings",
        ),
    ],
)
def test_what_diverged_is_not_to_be_tried_again(
    diverged: tuple[bool, ...], advice: str, study: Study
) -> None:
    failed = tuple(
        TrialProgress(1, 4, study.trials[0], "failed", diverged=each) for each in diverged
    )
    with pytest.raises(RunFailedError) as raised:
        conclude(study, StudyResult(failed, stopped=False))
    assert str(raised.value) == advice


def test_in_equal_time_each_run_ends_out_of_time_and_says_so(call: Any, tmp_path: Path) -> None:
    methods = ("--only", "field/mono-forward", "--quick", "--budget", "0.05s")
    code, out, err = call("field", *methods)
    assert code == 0
    assert "learned for  epochs  of epochs" in out.splitlines()[0]
    assert "paper" not in out
    assert [line.split()[2:4] for line in out.splitlines()[1:]] == [
        ["as", "published"],
        ["by", "backprop"],
    ]
    assert "each run ends after 0.05 s of learning" in err
    for folder in run_folders(tmp_path / "runs"):
        events = [event for _, event in read_journal(folder.journal)]
        ends = [event for event in events if isinstance(event, LayerFinished)]
        assert all(end.out_of_time for end in ends)
        assert folder.record().status == "finished"
    assert "nothing to do" in call("field", *methods)[2]


def test_the_table_runs_nothing(call: Any, tmp_path: Path) -> None:
    code, out, _ = call("small", "--table", "--to", "markdown", "-o", str(tmp_path / "table.md"))
    assert (code, out) == (0, "")
    assert "| mnist-mini | 8 |" in (tmp_path / "table.md").read_text()
    assert call("small", "--table")[1].splitlines()[1].split() == [
        "mnist-mini",
        "8",
        "3",
        "not",
        "run",
    ]
    assert call("small", "--table", "--quick", "--trials", "--to", "csv")[1].startswith(
        "data,units,seed,run,"
    )


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["smal"], "did you mean 'small'"),
        (["small", "--table", "--to", "markdwn"], "did you mean 'markdown'"),
        (["small", "--to", "markdwn"], "did you mean 'markdown'"),
        (["small", "--data", "mnst"], "did you mean 'mnist'"),
        (
            ["small", "--data", "svhn", "--data-dir", "nowhere"],
            "svhn is not on this machine: skipped",
        ),
        (["small", "--device", "abacus"], "abacus"),
        (["small", "--budget", "soon"], "a time is a number above 0 with s, m or h"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_2(
    call: Any, tmp_path: Path, arguments: list[str], advice: str
) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("fftui: ")
    assert advice in err
    assert run_folders(tmp_path / "runs") == []


def test_listing_and_tables_load_no_torch(tmp_path: Path) -> None:
    code = "\n".join(
        [
            "import sys",
            "from fftui.cli.main import main",
            "try: main()",
            "except SystemExit: pass",
            "print([name for name in ('torch', 'textual', 'polars') if name in sys.modules])",
        ]
    )
    for arguments, loaded in ((["study"], "[]"), (["study", "table-1", "--table"], "['polars']")):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment(),
            cwd=tmp_path,
        )
        assert done.stdout.splitlines()[-1] == loaded
