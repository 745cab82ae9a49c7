"""The page on additions is carried out from a package outside the tree, as its readers would."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from .plugin_site import files_of_page, install_page
from .warm import FFTUI, WarmProcess

TINY = (
    "data.train_images=100",
    "data.test_images=50",
    "phases.0.epochs=1",
    "telemetry.idle_s=0",
    "evaluation.final_train_images=0",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the page, installed by its metadata alone, with its data set added."""
    site = tmp_path_factory.mktemp("site")
    install_page(site)
    done = call(site, code=files_of_page()["make_rings.py"])
    assert done.returncode == 0, done.stderr
    return site


def call(site: Path, *words: str, code: str = FFTUI) -> "subprocess.CompletedProcess[str]":
    """Runs `code` in a process for which `site` is installed."""
    beside = f"import sys, warnings; warnings.simplefilter('error'); sys.path[:0] = [{str(site)!r}]"
    environment = os.environ | {
        "FFTUI_DATA": str(site / "data"),
        "FFTUI_RUNS": str(site / "runs"),
        "OMP_NUM_THREADS": "1",
    }
    process = WarmProcess(f"{beside}\n{code}", words, folder=site, environment=environment)
    out, err = process.communicate(120.0)
    assert process.returncode is not None
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def test_layer_kind_rule_and_data_set_make_a_run(site: Path) -> None:
    run = call(site, "run", "--config", "rings.toml", "--data", "rings", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["status"] == "finished"
    assert result["test_accuracy"] > 0.6  # a third by guessing
    shown = call(site, "show", "latest")
    assert "low-rank" in shown.stdout or "256→60" in shown.stdout
    assert call(site, "export", "latest", "--table", "layers").stdout.count("\n") == 3
    again = call(site, "resume", "latest", "--headless")
    assert again.returncode == 0, again.stderr


def test_a_loss_learns_and_its_options_are_checked(site: Path) -> None:
    sets = [f"--set={each}" for each in (*TINY, "phases.0.loss=margin")]
    wide = "--set=phases.0.loss_options.margin=0.5"
    run = call(site, "run", "--preset", "quickstart", *sets, wide, "--json")
    assert run.returncode == 0, run.stderr
    wrong = "--set=phases.0.loss_options.margn=0.5"
    refused = call(site, "run", "--preset", "quickstart", *sets, wrong, "--json")
    assert refused.returncode == 2
    assert "margin" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_chart_stands_among_the_others(site: Path) -> None:
    code = """
from fftui.plugins import load_plugins
load_plugins()
import sys
from fftui.tui.charts.chart_registry import CHARTS, make_chart
from fftui.runs.layer_view import EpochView, LayerView
from fftui.runs.view import RunView
layer = LayerView(1, "9", epochs=2, history=(EpochView(1, 1, 0.5, 3.0, 1.0),))
spec = make_chart(CHARTS["separation"], RunView(layers=(layer,)), layer)
print(spec.series[0].points, spec.note, "torch" in sys.modules)
"""
    done = call(site, code=code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("((1.0, 2.0),)")


def test_an_unknown_kind_says_that_a_plugin_failed(site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text("[fftui.plugins]\nbroken = nowhere_to_be_found\n")
    words = ("run", "--preset", "quickstart", "--headless", "--set=model.layers.0.kind=odd")
    done = call(tmp_path, *words)
    assert done.returncode == 2
    assert "odd" in done.stderr
    assert "nowhere_to_be_found" in done.stderr
    assert "Traceback" not in done.stderr
