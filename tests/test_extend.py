"""The page on additions is carried out from a package outside the tree, as its readers would."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "extend.md"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
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
    files = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    installed = site / "fftui_rings-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: fftui-rings\nVersion: 0.1\n")
    entry = re.search(r'"fftui\.plugins"\]\n(.+)', files["pyproject.toml"])
    assert entry is not None
    name, _, module = entry.group(1).partition(" = ")
    module = json.loads(module)
    (installed / "entry_points.txt").write_text(f"[fftui.plugins]\n{name} = {module}\n")
    done = call(site, sys.executable, "make_rings.py")
    assert done.returncode == 0, done.stderr
    return site


def call(site: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "FFTUI_DATA": str(site / "data"),
        "FFTUI_RUNS": str(site / "runs"),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        command, cwd=site, env=environment, capture_output=True, text=True, check=False
    )


def fftui(site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return call(site, sys.executable, "-W", "error", "-m", "fftui", *arguments)


def test_layer_kind_rule_and_data_set_make_a_run(site: Path) -> None:
    run = fftui(site, "run", "--config", "rings.toml", "--data", "rings", "--json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["status"] == "finished"
    assert result["test_accuracy"] > 0.6  # a third by guessing
    shown = fftui(site, "show", "latest")
    assert "low-rank" in shown.stdout or "256→60" in shown.stdout
    assert fftui(site, "export", "latest", "--table", "layers").stdout.count("\n") == 3
    again = fftui(site, "resume", "latest", "--headless")
    assert again.returncode == 0, again.stderr


def test_a_loss_learns_and_its_options_are_checked(site: Path) -> None:
    sets = [f"--set={each}" for each in (*TINY, "phases.0.loss=margin")]
    wide = "--set=phases.0.loss_options.margin=0.5"
    run = fftui(site, "run", "--preset", "quickstart", *sets, wide, "--json")
    assert run.returncode == 0, run.stderr
    wrong = "--set=phases.0.loss_options.margn=0.5"
    refused = fftui(site, "run", "--preset", "quickstart", *sets, wrong, "--json")
    assert refused.returncode == 2
    assert "margin" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_chart_stands_among_the_others(site: Path) -> None:
    code = """
from fftui.plugins import load_plugins
load_plugins()
import sys
from fftui.tui.charts.chart_registry import CHARTS, make_chart
from fftui.runs.view import EpochView, LayerView, RunView
layer = LayerView(1, "9", epochs=2, history=(EpochView(1, 1, 0.5, 3.0, 1.0),))
spec = make_chart(CHARTS["separation"], RunView(layers=(layer,)), layer)
print(spec.series[0].points, spec.note, "torch" in sys.modules)
"""
    done = call(site, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("((1.0, 2.0),)")


def test_an_unknown_kind_says_that_a_plugin_failed(site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text("[fftui.plugins]\nbroken = nowhere_to_be_found\n")
    done = call(
        tmp_path,
        *(sys.executable, "-m", "fftui", "run", "--preset", "quickstart", "--headless"),
        "--set=model.layers.0.kind=odd",
    )
    assert done.returncode == 2
    assert "odd" in done.stderr
    assert "nowhere_to_be_found" in done.stderr
    assert "Traceback" not in done.stderr
