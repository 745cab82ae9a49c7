import json
import os
import resource
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fftui import waiting
from fftui.presets import list_presets
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace
from fftui.text.run_result import resume_command


def test_how_threads_wait_is_chosen_before_torch_is_loaded(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in waiting.NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    call("--version")
    assert waiting.CHOSEN.items() <= os.environ.items()


@pytest.fixture
def folder(here: Path) -> RunFolder:
    """A run that is over."""
    from fftui import events as ev  # noqa: PLC0415
    from fftui.presets import load_preset  # noqa: PLC0415

    made = create(Workspace(here / "runs"), load_preset("quickstart"), preset="quickstart")
    journal = JournalWriter(made.journal)
    for event in (
        ev.RunStarted(
            made.id,
            "quickstart",
            "mnist-mini",
            "cpu",
            "float32",
            ("784→9", "9→8"),
            4,
            5,
            0,
            5,
            False,
        ),
        ev.LayerStarted(1, 1, 2, 2.0),
        ev.EpochFinished(1, 1, 1, 4, 0.5, 3.0, 1.0, 2.0, 0.75, 1000.0, 0.25, 0.125),
        ev.LayerFinished(1, 1, 2, 0.5, False),
        ev.Evaluated(1, None, 2, "test", True, 0.9, (0.8, 0.9), (4, 5), (5, 5), 0.1),
        ev.RunFinished("finished", 0.9, (0.8, 0.9), 1.5, None),
    ):
        journal.append(event)
    journal.close()
    made.write_record(
        made.record().model_copy(
            update={"status": "finished", "test_accuracy": 0.9, "train_s": 1.5, "device": "cpu"}
        )
    )
    return made


HEAVY = ("torch", "textual", "polars")
# runs commands one after the other in one process, and states after each what it has loaded
LOOKS = f"""
import sys
from fftui.cli.main import main
for words in (
    ["runs"], ["show", "latest"], ["presets"], ["data", "list", "--help"], ["doctor", "--help"]
):
    sys.argv = ["fftui", *words]
    try: main()
    except SystemExit as left: assert not left.code, words
    assert not set({HEAVY!r}) & set(sys.modules), words
"""


def test_help_loads_no_heavy_library_and_is_quick() -> None:
    code = (
        "import sys; sys.argv = ['fftui', '--help']\nfrom fftui.cli.main import main\ntry:"
        " main()\nexcept SystemExit: pass\n"
    )
    code += (
        "print([m for m in ('torch', 'textual', 'polars', 'numpy', 'pydantic', 'rich', 'jinja2',"
        " 'matplotlib', 'tensorboardX', 'wandb', 'mlflow', 'trackio', 'marimo', 'optuna',"
        " 'submitit', 'ray') if m in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    quickest = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        quickest = min(quickest, taken)
        if quickest < 1.0:
            break
    assert done.stdout.splitlines()[-1] == "[]"
    assert quickest < 1.0  # of a processor: torch alone takes longer, a busy machine does not


def test_looking_at_runs_loads_no_torch(folder: RunFolder, here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=here,
    )
    assert done.returncode == 0, done.stderr
    assert folder.id in done.stdout


def test_version(call: Any) -> None:
    assert call("--version") == (0, "fftui 0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ([], "try: fftui run --preset quickstart --headless"),
        (
            ["run", "--preset", "paper/ff", "--name", "my run"],
            "--preset paper/ff --name 'my run' --headless",
        ),
    ],
)
def test_a_screen_without_a_terminal_is_refused(
    call: Any, here: Path, arguments: list[str], advice: str
) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.rstrip().endswith(advice)
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--headless"], "either --preset NAME"),
        (["run", "--headless", "--preset", "ff", "--config", "x"], "either --preset NAME"),
        (["run", "--headless", "--preset", "quickstar"], "did you mean 'quickstart'"),
        (["run", "ff", "--preset", "cnn"], "name one preset: ff or --preset cnn"),
        (["run", "quickstar", "--headless"], "did you mean 'quickstart'"),
        (["--runs", "a", "runs"], "--runs stands behind the command: fftui runs --runs a"),
        (["--device", "cpu", "run"], "--device stands behind the command: fftui run --device cpu"),
        (["run", "--headless", "--preset", "ff", "--data", "minst"], "did you mean 'mnist'"),
        (
            ["run", "--headless", "--preset", "ff", "--set", "phases.0.epoch=2"],
            "did you mean 'epochs'",
        ),
        (["run", "--headless", "--config", "absent.toml"], "absent.toml cannot be read"),
        (["resume", "latest"], "/runs; start one with: fftui run"),
        (["show", "2026"], "/runs; start one with: fftui run"),
        (["export", "latest"], "/runs; start one with: fftui run"),
        (["presets", "show", "quickstar"], "did you mean 'quickstart'"),
        (["data", "get", "minst"], "did you mean 'mnist'"),
        (["data", "get", "nope"], "no data set is called 'nope'; there are"),
        (
            ["run", "--headless", "--config", "."],
            "is a folder; a run's experiment is the file experiment.toml",
        ),
        (
            ["study", "hybrid", "--quick", "-o", "absent/a.txt"],
            "cannot write absent/a.txt: there is no folder",
        ),
        (
            ["reproduce", "--quick", "-o", "absent/a.txt"],
            "cannot write absent/a.txt: there is no folder",
        ),
    ],
)
def test_wrong_requests_are_one_line_and_exit_2(call: Any, arguments: list[str], said: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("fftui: ")
    assert err.count("\n") == 1
    assert said in err


def test_wrong_options_exit_2(call: Any) -> None:
    code, out, err = call("runs", "--jason")
    assert (code, out) == (2, "")
    assert "--json" in err


def test_presets_are_listed_and_shown_as_a_file_that_runs(call: Any, here: Path) -> None:
    code, out, _ = call("presets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == [
        preset.name for preset in list_presets()
    ]
    code, out, _ = call("presets", "show", "paper/ff", "--data", "cifar10")
    values = tomllib.loads(out)
    assert code == 0
    assert values["data"]["name"] == "cifar10"
    assert values["phases"][0]["threshold"] == 10.0
    assert "train_images" not in values["data"]
    assert "# data.train_images = null" in out.splitlines()
    assert "49.24" in out


def test_data_list_names_every_set(call: Any) -> None:
    code, out, _ = call("data", "list", "--data-dir", "nowhere")
    assert code == 0
    assert out.splitlines()[1].split()[:3] == ["mnist-mini", "present", "verified"]
    assert [line.split()[1] for line in out.splitlines()[2:7]] == ["missing"] * 5
    assert "is damaged" not in out


def test_data_list_says_what_is_damaged(call: Any, here: Path) -> None:
    (here / "cifar-10-batches-py").mkdir()
    for name in ("data_batch_1", "batches.meta"):
        (here / "cifar-10-batches-py" / name).write_bytes(b"not it")
    _, out, _ = call("data", "list", "--data-dir", str(here))
    said = [line for line in out.splitlines() if line.startswith("cifar10 is damaged: ")]
    assert len(said) == 1
    assert "does not have the published MD5 sum" in said[0]


def test_the_shipped_set_needs_no_fetching(call: Any) -> None:
    assert call("data", "get", "mnist-mini") == (0, "mnist-mini comes with fftui, verified\n", "")


def test_runs_are_listed_as_text_and_json(call: Any, folder: RunFolder, here: Path) -> None:
    code, out, _ = call("runs")
    assert code == 0
    assert out.splitlines()[1].split()[:3] == [folder.id, "finished", "mnist-mini"]
    listed = json.loads(call("runs", "--json")[1])
    assert [(run["id"], run["test_accuracy"]) for run in listed] == [(folder.id, 0.9)]
    assert call("runs", "--runs", "elsewhere")[1] == f"no runs in {here / 'elsewhere'} yet\n"
    (here / "file").write_text("")
    assert call("runs", "--runs", "file") == (
        2,
        "",
        "fftui: cannot read the runs in file: Not a directory\n",
    )


def test_a_run_is_listed_by_its_own_name(call: Any, folder: RunFolder) -> None:
    folder.write_record(folder.record().model_copy(update={"name": "θ und\nmehr"}))
    head, row = call("runs")[1].splitlines()
    assert row[head.index("name") :].startswith("θ und mehr  ")


def test_a_run_is_shown_in_plain_words_and_json(call: Any, folder: RunFolder) -> None:
    _, out, _ = call("show", folder.id[:20])
    assert f"run: {folder.id}\nstatus: finished\n" in out
    assert "test accuracy: 90.00 %" in out
    # no boxes, blocks or braille
    assert all(not 0x2500 <= ord(character) < 0x2900 for character in out)
    facts = json.loads(call("show", "latest", "--json")[1])
    assert (facts["status"], facts["test_accuracy"], facts["layers"][0]["goodness_positive"]) == (
        "finished",
        0.9,
        3.0,
    )
    assert facts["experiment"]["phases"][0]["rule"] == "forward-forward"
    assert facts["evaluations"][0]["split"] == "test"


def test_tables_are_exported_to_stdout_and_files(call: Any, folder: RunFolder, here: Path) -> None:
    code, out, _ = call("export", "latest", folder.id, "--table", "epochs", "--to", "csv")
    assert code == 0
    assert out.splitlines()[0].startswith("run,phase,layer,epoch,step,loss,")
    assert len(out.splitlines()) == 2  # one run by two names is one run
    assert call("export", "latest", "--table", "layers", "--to", "xlsx", "-o", "layers.xlsx") == (
        0,
        "",
        "",
    )
    assert (here / "layers.xlsx").read_bytes().startswith(b"PK")
    code, _, err = call("export", "latest", "--table", "epoch")
    assert code == 2
    assert "did you mean 'epochs'" in err


def test_a_finished_run_is_not_carried_on(call: Any, folder: RunFolder) -> None:
    code, out, err = call("resume", "latest", "--json")
    assert code == 0
    assert json.loads(out) == {
        "run": folder.id,
        "path": str(folder.path),
        "status": "finished",
        "test_accuracy": 0.9,
        "head_accuracy": None,
        "layers": [0.8, 0.9],
        "train_s": 1.5,
    }
    assert err == f"run {folder.id} has already finished\n"


def test_a_run_at_work_is_not_resumed(call: Any, folder: RunFolder) -> None:
    folder.write_record(folder.record().model_copy(update={"status": "running"}))
    journal = JournalWriter(folder.journal)
    code, out, err = call("resume", "latest", "--headless")
    journal.close()
    assert (code, out) == (2, "")
    assert f"is in use by process {os.getpid()}" in err


def test_a_resume_without_a_terminal_says_how_to_go_on(call: Any, folder: RunFolder) -> None:
    folder.write_record(folder.record().model_copy(update={"status": "interrupted"}))
    code, _, err = call("resume", "latest")
    assert code == 2
    assert err.rstrip().endswith("try: fftui resume latest --headless")


def test_the_hint_to_resume_can_be_pasted(folder: RunFolder) -> None:
    elsewhere = RunFolder(folder.path.parents[1] / "my runs" / folder.id)
    words = shlex.split(resume_command(elsewhere))
    assert words == [
        "fftui",
        "resume",
        folder.id,
        "--runs",
        str(elsewhere.path.parent),
        "--headless",
    ]


def test_force_takes_over_what_another_machine_seems_to_carry_out(
    call: Any, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = folder.record().model_copy(update={"status": "running", "machine": {"host": "another"}})
    folder.write_record(lost)
    carried: list[RunFolder] = []

    def run_experiment(given: RunThread, *, as_json: bool) -> int:
        carried.append(given.folder)
        return 0

    monkeypatch.setattr("fftui.text.headless.run_experiment", run_experiment)
    code, _, err = call("resume", "latest", "--headless")
    assert (code, carried) == (2, [])
    assert "resume --force" in err
    assert call("resume", "latest", "--headless", "--force")[0] == 0
    assert carried == [folder]


def test_figures_of_nothing_are_refused(call: Any) -> None:
    code, out, err = call("figures", "threshold", "--quick", "-o", "figs")
    assert (code, out) == (2, "")
    assert err.endswith("fftui: nothing was drawn; the reasons are given above\n")
    assert "none of its runs has finished" in err


def test_damaged_runs_and_journals_are_said(call: Any, folder: RunFolder) -> None:
    assert call("export", "latest", "-o", "epochs.md")[0] == 0
    assert Path("epochs.md").read_text().startswith("| run |")
    folder.journal.write_text("no event\n" + folder.journal.read_text())
    code, out, err = call("export", "latest")
    assert (code, out.startswith("run,")) == (0, True)
    assert "line 1 is cut off, damaged" in err
    folder.run_json.write_text("{")
    code, out, err = call("runs")
    assert code == 0
    assert out.splitlines()[1].split()[:2] == [folder.id, "damaged"]
    assert err.startswith(f"fftui: run {folder.id}: run.json is damaged")


def test_lists_are_json_too(call: Any) -> None:
    presets, sets = (
        json.loads(call(*command, "--json")[1]) for command in (["presets"], ["data", "list"])
    )
    assert [preset["name"] for preset in presets] == [preset.name for preset in list_presets()]
    assert (
        next(preset for preset in presets if preset["name"] == "paper/ff")["reports"]["mnist"]
        == 97.14
    )
    assert sets["sets"][0]["state"] == "present"
