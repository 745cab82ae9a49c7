"""What is expected of an experiment: one answer, by a run of it, by runs like it, by arithmetic."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.presets import load_preset
from fftui.runs import estimate, expectation
from fftui.runs.estimate import Rates, expected_seconds
from fftui.runs.expectation import FinishedRuns, warning_of
from fftui.runs.listing import list_runs
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.starting import new_run, waiting_run
from fftui.runs.workspace import Workspace
from fftui.telemetry import machine_memory as memory
from fftui.text.expectation_text import takes_text, time_text

RATES = Rates(1e11, 1e12, True, 1e10)


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate._Measured, "rates", RATES)
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda *_: 10_000_000_000)
    monkeypatch.setattr(memory, "memory_left_bytes", lambda *_: None)


@pytest.fixture
def finished(tmp_path: Path) -> Callable[..., str]:
    """Makes a run that finished."""

    def make(experiment: Experiment, train_s: float, **record: object) -> str:
        folder = create(Workspace(tmp_path, device="cpu"), experiment)
        done = {"status": "finished", "train_s": train_s, **record}
        folder.write_record(folder.record().model_copy(update=done))
        return folder.id

    return make


def read(runs_dir: Path, known: FinishedRuns | None = None) -> FinishedRuns:
    return FinishedRuns.of(runs_dir, list_runs(runs_dir), "cpu", known)


def test_without_runs_it_is_arithmetic() -> None:
    experiment = load_preset("ff")
    expected = FinishedRuns().expectation(experiment)
    assert expected.seconds == expected_seconds(experiment, RATES)
    assert "by arithmetic" in takes_text(expected)
    assert time_text(expected).startswith("~")


def test_a_run_of_the_same_experiment_says_it(tmp_path: Path, finished: Callable[..., str]) -> None:
    run = finished(load_preset("ff", seed=3), 12.5)
    expected = read(tmp_path).expectation(load_preset("ff"))
    assert (expected.seconds, expected.same_run) == (12.5, run)
    assert takes_text(expected) == "takes 12 s here, as the last run of it"


def test_runs_like_it_scale_the_arithmetic(tmp_path: Path, finished: Callable[..., str]) -> None:
    like = [load_preset("ff", overrides={"phases.0.epochs": n}) for n in (2, 3, 4)]
    for each, times in zip(like, (2.0, 3.0, 40.0), strict=True):
        finished(each, times * (expected_seconds(each, RATES) or 0.0))
    finished(load_preset("backprop"), 1000.0)
    expected = read(tmp_path).expectation(load_preset("ff"))
    assert expected.compared == 3
    assert expected.seconds == pytest.approx(3 * (expected_seconds(load_preset("ff"), RATES) or 0))
    assert "by 3 runs like it" in takes_text(expected)


def test_a_given_time_is_the_most_and_corrects_nothing(
    tmp_path: Path, finished: Callable[..., str]
) -> None:
    slow = load_preset("ff", overrides={"phases.0.epochs": 2})
    finished(slow, 3 * (expected_seconds(slow, RATES) or 0.0))
    finished(slow.changed({"budget_s": 2.0, "phases.0.epochs": 3}), 2.0)
    whole = expected_seconds(load_preset("ff"), RATES) or 0.0
    runs = read(tmp_path)
    for budget_s, wanted in ((1.5, 1.5), (9 * whole, 3 * whole)):
        expected = runs.expectation(load_preset("ff", overrides={"budget_s": budget_s}))
        assert expected.compared == 1
        assert expected.seconds == pytest.approx(wanted)


@pytest.mark.parametrize(
    "record", [{"status": "failed"}, {"machine": {"host": "elsewhere"}}, {"device_asked": "cuda"}]
)
def test_runs_that_say_nothing_of_this_device_are_left_out(
    tmp_path: Path, finished: Callable[..., str], record: dict[str, object]
) -> None:
    finished(load_preset("ff"), 12.5, **record)
    assert read(tmp_path).runs == ()


def test_what_was_read_is_not_read_again(
    tmp_path: Path, finished: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(load_preset("ff"), 12.5)
    known = read(tmp_path)
    monkeypatch.setattr(expectation, "_finished", lambda *_: pytest.fail("read again"))
    assert read(tmp_path, known) == known


@pytest.fixture
def too_large() -> Experiment:
    units = {"model.layers.0.units": 20_000, "model.layers.1.units": 90_000}
    return load_preset("ff", overrides=units)


def test_what_takes_several_times_the_memory_is_refused(
    too_large: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectation, "measure", lambda device: RATES)
    expected = FinishedRuns().expectation(too_large)
    assert expected.costliest.startswith("model.layers")
    assert expected.is_beyond_reason
    said = r"10 GB are there: make model\.layers\.\d\.units smaller"
    with pytest.raises(RequestError, match=said):
        warning_of(too_large, "cpu")
    warning_of(load_preset("ff"), "cpu")


def test_a_gpu_has_memory_of_its_own(
    too_large: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_gpu = Rates(1e14, 1e15, True, 1e12, memory_bytes=80_000_000_000)

    def measure(device: str) -> Rates:
        monkeypatch.setattr(estimate._Measured, "rates", on_gpu)
        return on_gpu

    monkeypatch.setattr(expectation, "measure", measure)
    warning_of(too_large, "cuda")


def test_what_may_not_fit_is_warned_of() -> None:
    large = load_preset("ff", overrides={"model.layers.0.units": 20_000})
    large = large.changed({"model.layers.1.units": 20_000})
    expected = FinishedRuns().expectation(large)
    assert expected.is_much
    assert not expected.is_beyond_reason
    assert "may not fit into memory" in expected.warning
    assert not FinishedRuns().expectation(load_preset("ff")).warning


SINGLE_PIXELS = {"kind": "self-attention", "patch": 1}
WIDE_KERNELS = {"kind": "convolution", "channels": 4096, "kernel": 15, "padding": 7}


def layers(count: int, **fields: object) -> dict[str, object]:
    return {"model.layers": [dict(fields)] * count}


@pytest.mark.parametrize(
    ("preset", "changes", "field"),
    [
        ("ff", {"phases.0.epochs": 10**18}, "phases.0.epochs"),
        ("backprop", {"phases.0.epochs": 10**18}, "phases.0.epochs"),
        ("ff", layers(2, units=100_000), "model.layers"),
        ("ff", layers(64, units=20_000), "model.layers"),
        ("cnn", layers(2, **WIDE_KERNELS), "model.layers"),
        ("attention", {"data.name": "stl10"} | layers(1, **SINGLE_PIXELS), ""),
    ],
)
def test_what_is_beyond_reason_is_refused_with_the_field_that_costs_most(
    preset: str, changes: dict[str, object], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectation, "measure", lambda device: RATES)
    experiment = load_preset(preset).changed(changes)
    with pytest.raises(RequestError, match=rf"make {field}[a-z_.0-9]* smaller"):
        warning_of(experiment, "cpu")


def test_many_years_are_refused_before_the_device_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimate._Measured, "rates", None)
    with pytest.raises(RequestError, match=r"years: make phases\.0\.epochs smaller"):
        warning_of(load_preset("ff", overrides={"phases.0.epochs": 10**18}), "cpu")


def test_many_days_are_warned_of() -> None:
    per_epoch = expected_seconds(load_preset("ff", overrides={"phases.0.epochs": 1}), RATES)
    assert per_epoch
    days = round(100 * 86_400 / per_epoch)
    warning = warning_of(load_preset("ff", overrides={"phases.0.epochs": days}), "cpu")
    assert warning == "it takes about 100 days: make phases.0.epochs smaller"


def test_what_is_kept_of_inputs_is_what_the_memory_leaves() -> None:
    """Eight gigabytes of kept inputs alone are no reason to refuse a run: less is kept."""
    deep = load_preset("paper/ff", "mnist").changed({"cache_bytes": 10**11})
    deep = deep.changed({f"model.layers.{n}.units": 20_000 for n in (0,)})
    expected = FinishedRuns().expectation(deep)
    assert expected.memory.inputs < 10**10
    assert not expected.is_beyond_reason


@pytest.mark.parametrize("start", ["new", "waiting", "thread"])
def test_every_way_to_start_refuses_it(
    tmp_path: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectation, "measure", lambda device: RATES)
    monkeypatch.setattr("fftui.runs.disk_room.free_bytes", lambda folder: 1e15)  # memory is short
    experiment = load_preset("ff", "mnist-mini").changed(layers(2, units=100_000))
    workspace = Workspace(tmp_path, device="cpu")
    if start == "thread":  # of a study, of the queue, of a run that is resumed
        thread = RunThread(create(workspace, experiment), workspace)
        thread.run()
        assert thread.refused is not None
        assert "smaller" in str(thread.refused)
    else:
        with pytest.raises(RequestError, match="smaller"):
            if start == "new":
                new_run(experiment, workspace)
            else:
                waiting_run(experiment, workspace, None)
    assert not list(tmp_path.iterdir())
