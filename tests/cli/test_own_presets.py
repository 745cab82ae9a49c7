"""One's own presets and estimates on the command line."""

import json
from pathlib import Path

import pytest

from fftui.own_presets import save_preset
from fftui.presets import load_config, load_preset
from fftui.runs import estimate
from fftui.runs.estimate import Rates

from .conftest import Call


@pytest.fixture
def call(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command in this process, with a folder of own presets: exit code, stdout, stderr."""
    monkeypatch.setenv("FFTUI_PRESETS", str(tmp_path / "presets"))
    return call


def test_own_presets_are_listed_shown_and_removed(call: Call, tmp_path: Path) -> None:
    save_preset("mine", load_preset("ff", overrides={"seed": 7}), "ff")
    (line,) = [each for each in call("presets")[1].splitlines() if each.startswith("mine ")]
    assert line.split()[:3] == ["mine", "mnist", "yours"]
    own = [each["name"] for each in json.loads(call("presets", "--json")[1]) if each["is_own"]]
    assert own == ["mine"]
    assert "seed = 7" in call("presets", "show", "mine")[1]
    code, out, _ = call("presets", "remove", "mine")
    assert code == 0
    assert str(tmp_path / "presets" / "mine.toml") in out
    code, _, err = call("presets", "remove", "mine")
    assert code == 2
    assert "no preset of your own is called 'mine'" in err
    assert call("presets", "remove", "ff")[0] == 2


def test_a_damaged_file_is_said_and_skipped(call: Call, tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.toml").write_text("x = [")
    code, out, err = call("presets")
    assert code == 0
    assert "quickstart" in out
    assert "mine.toml is not valid TOML" in err


def test_an_estimate_starts_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate._Measured, "rates", Rates(1e11, 1e12, True, 1e10))
    command = ("run", "--preset", "quickstart", "--device", "cpu", "--estimate")
    code, out, _ = call(*command)
    assert code == 0
    time, memory, disk = out.splitlines()
    assert time.startswith("takes ~")
    assert "by arithmetic" in time
    assert memory.endswith(" of memory")
    assert disk.endswith(" of disk")
    facts = json.loads(call(*command, "--json")[1])
    parts = ("images_bytes", "weights_bytes", "inputs_bytes", "activities_bytes")
    assert sum(facts[part] for part in parts) < facts["memory_bytes"]
    assert 2 * facts["checkpoint_bytes"] < facts["disk_bytes"] < facts["disk_free_bytes"]
    assert not (tmp_path / "runs").exists()


def test_what_is_beyond_the_memory_is_refused_before_there_is_a_folder(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate._Measured, "rates", Rates(1e11, 1e12, True, 1e10))
    layers = ",".join(["{units=100000}"] * 20)  # 760 GB of weights alone
    wide = f"--set=model.layers=[{layers}]"
    command = ("run", "--preset", "ff", wide, "--device", "cpu", "--headless")
    code, _, err = call(*command)
    assert code == 2
    assert "make model.layers" in err
    assert not (tmp_path / "runs").exists()


def test_a_preset_is_run_by_backprop_as_a_control(call: Call, tmp_path: Path) -> None:
    few = ("data.train_images=60", "phases.0.epochs=1", "phases.0.learning_rate=0.01")
    changes = [argument for each in (*few, "telemetry.hz=0") for argument in ("--set", each)]
    command = ("run", "--preset", "quickstart", "--as-backprop", "--runs", str(tmp_path), "--json")
    code, out, said = call(*command, "--device", "cpu", *changes)
    assert code == 0, said
    (folder,) = tmp_path.glob("*/experiment.toml")
    experiment = load_config(folder)
    assert [phase.rule for phase in experiment.phases] == ["backprop"]
    assert experiment.phases[0].learning_rate == 0.01
    assert experiment.model.layers == load_preset("quickstart").model.layers
    assert json.loads(out)["test_accuracy"] is not None
