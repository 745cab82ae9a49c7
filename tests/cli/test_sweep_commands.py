import json
import shlex
import shutil
from pathlib import Path

from .conftest import Call

STORED = Path(__file__).parents[1] / "sweeps" / "formats" / "format-1"

SEARCH = ("sweep", "ff", "--data", "mnist-mini", "--over", "phases.0.epochs=1|2", "--screen")


def test_without_a_sweep_it_is_said_how_to_begin_one(call: Call) -> None:
    code, out, err = call("sweep", "list")
    assert (code, out) == (0, "")
    assert "begin one with: fftui sweep PRESET --over PATH=VALUES" in err
    assert call("sweep", "list", "--json")[1].strip() == "[]"


def test_a_screen_needs_a_terminal_and_one_process(call: Call) -> None:
    code, _, err = call(*SEARCH)
    assert code == 2
    assert err.rstrip().endswith("try: fftui " + shlex.join(SEARCH[:-1]))
    code, _, err = call(*SEARCH, "--on", "local:2")
    assert code == 2 and "leave --on out, or --screen" in err


def test_a_damaged_sweep_hides_no_other(call: Call, here: Path) -> None:
    shutil.copytree(STORED, here / "runs" / ".sweeps" / "whole")
    damaged = here / "runs" / ".sweeps" / "torn" / "sweep.json"
    damaged.parent.mkdir()
    damaged.write_text("{")
    code, out, err = call("sweep", "list")
    assert code == 0 and "whole" in out
    assert "fftui: " in err and "is damaged" in err
    code, out, _ = call("sweep", "list", "--json")
    assert code == 0 and [each["sweep"] for each in json.loads(out)] == ["whole"]


def test_a_sweep_is_shown_as_it_is_and_nothing_of_it_is_written(call: Call, here: Path) -> None:
    folder = here / "runs" / ".sweeps" / "stored"
    shutil.copytree(STORED, folder)
    journal = folder / "optuna.jsonl"
    begun = {
        "op_code": 4,
        "worker_id": "w",
        "study_id": 0,
        "datetime_start": "2026-01-01T00:00:00.000000",
    }
    note = {"op_code": 8, "worker_id": "w", "trial_id": 3, "user_attr": {"runs": {"0": "gone"}}}
    with journal.open("a") as file:
        file.write(f"{json.dumps(begun)}\n{json.dumps(note)}\n" + '{"op_code": 4, "work')
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, out, err = call("sweep", "show")
    assert code == 0 and "interrupted" in out
    assert "sweep stored: best is trial 2, validation accuracy 75.00 %" in err
    code, out, _ = call("sweep", "show", "--json")
    facts = json.loads(out)
    assert code == 0 and facts["winner"]["tests"] == [0.7]
    assert [each["trial"] for each in facts["test_looks"]] == [2]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    journal.unlink()  # no process has begun a trial yet
    assert call("sweep", "show")[0] == 0
    assert [path.name for path in folder.iterdir()] == ["sweep.json"]


def test_a_sweep_without_its_images_is_refused_each_time(call: Call) -> None:
    words = (
        "sweep ff --data cifar10 --data-dir empty --set data.validation_images=100 --trials 3"
        " --over phases.0.epochs=1|2"
    )
    for _ in range(2):
        code, _, err = call(*words.split())
        assert code == 2 and "cifar10 is not in" in err
