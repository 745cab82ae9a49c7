from pathlib import Path

from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.text.run_text import run_text
from fftui.text.settings_text import differences, settings, summary


def test_every_value_that_differs_from_the_preset_is_named_with_the_presets() -> None:
    experiment = load_preset("quickstart", None, {"phases.0.epochs": 5}, seed=3)
    assert differences(experiment, "quickstart") == (
        "seed 3 (preset 0)",
        "phases.0.epochs 5 (preset 20)",
    )


def test_without_a_preset_nothing_differs() -> None:
    experiment = load_preset("quickstart")
    for preset in (None, "gone", "quickstart"):
        assert differences(experiment, preset) == ()


def test_a_setting_that_the_preset_lacks_differs() -> None:
    layers = [{"units": 8}, {"units": 8}, {"units": 4}]
    experiment = load_preset("quickstart", None, {"model.layers": layers})
    assert "model.layers.2.units 4 (preset none)" in differences(experiment, "quickstart")


def test_settings_are_complete_and_plain() -> None:
    texts = {each.path: each.text for each in settings(load_preset("paper/ff"), None)}
    assert texts["phases.0.learning_rate"] == "0.02"
    assert texts["data.train_images"] == "null"
    assert texts["model.layers.3.units"] == "2000"


def test_show_says_what_a_run_was_asked_to_do(tmp_path: Path) -> None:
    experiment = load_preset("quickstart", None, {"phases.0.batch_size": 64}, seed=7)
    folder = create(Workspace(tmp_path, device="cpu"), experiment, preset="quickstart")
    folder.journal.touch()
    text = run_text(folder)
    assert "; ".join(summary(experiment)) in text
    assert "forward-forward, 20 epochs, batch 64, learning rate 0.003; seed 7" in text
    assert "changed: phases.0.batch_size 64 (preset 128)" in text
    folder.experiment_path.unlink()
    assert "settings: " in run_text(folder)
