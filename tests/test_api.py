"""The API from Python: one import, the pages' own code, and what it refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import fftui
from fftui.events import EpochFinished

DOCS = Path(__file__).parents[1] / "docs"
SMALL: dict[str, object] = {
    "phases.0.epochs": 1,
    "data.train_images": 200,
    "data.test_images": 50,
    "model.layers.0.units": 20,
    "telemetry.hz": 0.0,
    "evaluation.images": 50,
    "evaluation.final_train_images": 50,
}


def code_of(page: str) -> str:
    """The Python of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FFTUI_RUNS", raising=False)
    return tmp_path


# so small that no weight but zero changes, of the layers and of the head
UNTRAINED: dict[str, object] = {
    "phases.0.learning_rate": 1e-30,
    "phases.0.head_learning_rate": 1e-30,
}


def alike(one: fftui.Run, other: fftui.Run) -> bool:
    """Whether both have the same weights."""
    pairs = zip(one.network().parameters(), other.network().parameters(), strict=True)
    return all(bool(((a - b).abs() < 1e-20).all()) for a, b in pairs)


@pytest.fixture
def small() -> fftui.Experiment:
    return fftui.load_preset("quickstart", overrides=SMALL)


def test_the_page_on_the_api_runs_as_it_stands(here: Path) -> None:
    script = here / "api.py"
    script.write_text(code_of("api.md"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "finished" in done.stdout


def test_importing_fftui_loads_nothing_heavy() -> None:
    code = (
        "import sys, fftui; fftui.__all__, dir(fftui); "
        "print([m for m in ('torch', 'polars', 'textual', 'numpy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_learning_loads_neither_the_compiler_of_torch_nor_sympy() -> None:
    code = (
        "import sys, fftui\n"
        "small = {'data.train_images': 64, 'data.test_images': 32, 'evaluation.every': 0,"
        " 'phases.0.epochs': 1, 'telemetry.idle_s': 0}\n"
        "for name in ('ff', 'backprop', 'cnn', 'attention'):\n"
        "    experiment = fftui.load_preset(name, data='mnist-mini', overrides=small)\n"
        "    list(fftui.train(experiment))\n"
        "print([m for m in ('torch._dynamo', 'torch._inductor', 'sympy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", fftui.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    value = getattr(fftui, name)
    assert value.__doc__ and value.__doc__.strip(), name


def test_a_run_is_what_the_command_makes(small: fftui.Experiment, here: Path) -> None:
    heard: list[object] = []
    run = fftui.run(small, name="half width", device="cpu", on_event=heard.append)
    assert run.record.status == "finished"
    assert run.record.name == "half width"
    assert run.path.parent == here / "runs"
    assert any(isinstance(event, EpochFinished) for event in heard)
    assert run.experiment == small
    assert [event.kind for _, event in run.events()][-1] == "run-finished"
    assert run.table("epochs")["layer"].to_list() == [1, 2, None]  # in parallel, then the network
    assert fftui.open_run("half width").id == run.id
    assert [each.id for each in fftui.list_runs()] == [run.id]
    assert fftui.resume(run) == run  # finished: left alone


def test_a_network_predicts_as_its_run_was_measured(small: fftui.Experiment) -> None:
    every_image = small.changed({"data.test_images": None})
    run = fftui.run(every_image, device="cpu")
    images, labels = fftui.load_data("mnist-mini", "test")
    network = run.network()
    accuracy = (network.predict(images) == labels).double().mean().item()
    assert accuracy == pytest.approx(run.record.test_accuracy)
    goodness = network.goodness(images[:7], labels[:7])
    assert goodness.shape == (len(small.model.layers), 7)


def test_changed_is_a_checked_copy(small: fftui.Experiment) -> None:
    assert small.changed({}) == small
    wider = small.changed({"model.layers.0.units": 30})
    assert (small.model.layers[0], wider.model.layers[0]) != (wider.model.layers[0],) * 2
    with pytest.raises(fftui.ExperimentError, match=r"'unitz' in model\.layers\.0; .*'units'"):
        small.changed({"model.layers.0.unitz": 30})


def test_a_refused_run_leaves_nothing_behind(small: fftui.Experiment, here: Path) -> None:
    with pytest.raises(fftui.RequestError, match="cuda:99"):
        fftui.run(small, device="cuda:99")
    assert not list((here / "runs").iterdir())


def test_a_phase_starts_from_another_run(small: fftui.Experiment) -> None:
    first = fftui.run(small, device="cpu")
    still = small.changed({"phases.0.init_from": first.id, **UNTRAINED})
    second = fftui.run(still, device="cpu")
    assert alike(first, second)
    with pytest.raises(fftui.RunNotFoundError, match="nowhere"):
        fftui.run(small.changed({"phases.0.init_from": "nowhere"}), device="cpu")
    narrow = still.changed({"model.layers.0.units": 19})
    with pytest.raises(fftui.ExperimentError, match="layer 1"):
        fftui.run(narrow, device="cpu")


def test_a_phase_starts_from_a_run_of_another_folder(small: fftui.Experiment, here: Path) -> None:
    first = fftui.run(small, device="cpu", runs_dir="elsewhere")
    still = small.changed({"phases.0.init_from": f"elsewhere/{first.id}", **UNTRAINED})
    second = fftui.run(still, device="cpu")
    assert alike(first, second)
    assert second.experiment.phases[0].init_from == str(here / "elsewhere" / first.id)


def test_weights_that_a_later_phase_cannot_take_are_refused_at_once(
    small: fftui.Experiment, here: Path
) -> None:
    first = fftui.run(small.changed({"model.layers.0.units": 19}), device="cpu", runs_dir="first")
    phase = small.phases[0].model_dump(mode="json")
    later = {**phase, "init_from": str(first.path)}
    with pytest.raises(fftui.ExperimentError, match=r"phases\.1\.init_from.*layer 1"):
        fftui.run(small.changed({"phases": [phase, later]}), device="cpu")
    assert not list((here / "runs").iterdir())


def test_other_splits_and_tables_are_refused(small: fftui.Experiment) -> None:
    with pytest.raises(fftui.RequestError, match="no split is called 'tset'; did you mean 'test'"):
        fftui.load_data("mnist-mini", "tset")  # type: ignore[arg-type]
    run = fftui.run(small, device="cpu")
    with pytest.raises(fftui.RequestError, match="no table is called 'epoch'; did you mean"):
        run.table("epoch")  # type: ignore[arg-type]


def test_folders_may_be_text(small: fftui.Experiment, here: Path) -> None:
    run = fftui.run(small, device="cpu", runs_dir="there", data_folder="data")
    assert run.path.parent == here / "there"
    assert fftui.open_run("latest", "there") == run == fftui.list_runs("there")[0]
    assert len(fftui.load_data("mnist-mini", "test", "data")) == 2
    assert fftui.load_preset("ff", data="mnist", data_folder="data").data.name == "mnist"
    with pytest.raises(fftui.ExperimentError, match="no data set is called 'mine'"):
        small.changed({"data.name": "mine"}, "data")
