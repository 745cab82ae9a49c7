"""Whole runs beside the stand-in library: what it was scripted to say is what their journals and
tables hold.

The layers learn on the CPU; the run is result that the stand-in's board is what it learns on.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from fftui.events import MetricsUnavailable, TelemetryEnded
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.view import fold
from fftui.telemetry.nvml_calls import CALLS
from fftui.tui.system.metric_styles import metric_styles, missing_lines
from fftui.tui.system.this_machine import Machine

UUID = "5ba3ed4f-0000-4000-8000-00000000000a"
NOT_SUPPORTED = 3

RUNS = """
import json, os, threading
from functools import partial
from pathlib import Path
from fftui.events import RunStarted
from fftui.learning.training import Training
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset
from fftui.runs.run_thread import RunThread
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

SETS = ["data.train_images=256", "data.test_images=50", "phases.0.epochs=100000",
        "evaluation.every=0", "evaluation.final_train_images=0"]
script = Path(os.environ.get("NVML_SCRIPT", os.devnull))
base = script.read_text(errors="surrogateescape")

class OnTheBoard(Training):
    cuda_uuid = {uuid!r}
    is_sound = True

def execute(statements, seconds, hz, idle_s):
    if script.name != "null":
        added = "".join(line + chr(10) for line in statements)
        script.with_suffix(".next").write_text(base + added, errors="surrogateescape")
        script.with_suffix(".next").replace(script)
    sets = [*SETS, f"telemetry.hz={{hz}}", f"telemetry.idle_s={{idle_s}}"]
    workspace = Workspace(Path({runs!r}), device="cpu")
    folder = create(workspace, load_preset("quickstart", None, parse_overrides(sets), 0))
    timers = []
    def begin(_at, event):
        if isinstance(event, RunStarted):
            timers.append(threading.Timer(seconds, thread.stop))
            timers[0].start()
    thread = RunThread(folder, workspace, listener=begin, start_training=OnTheBoard)
    thread.run()
    timers[0].join()
    assert not thread.problems, thread.problems
    return folder.id

print(json.dumps([execute(*asked) for asked in {asked!r}]))
"""
Asked = tuple[list[str], float, float, float]  # statements, seconds, telemetry.hz, telemetry.idle_s


def executed(
    python, tmp_path: Path, asked: list[Asked], *statements: str, before: str = ""
) -> list[RunFolder]:
    runs = tmp_path / "runs"
    ran = python(before + RUNS.format(uuid=UUID, runs=str(runs), asked=asked), *statements)
    return [RunFolder(runs / name) for name in json.loads(ran.stdout.splitlines()[-1])]


def reasons(folder: RunFolder, metric: str) -> list[str]:
    result = (
        event for _, event in read_journal(folder.journal) if isinstance(event, MetricsUnavailable)
    )
    return [event.reason for event in result if metric in event.metrics]


def square(at_s: float) -> float:
    """100 W in the first half of each second, 300 W in the second."""
    return 100.0 if at_s % 1 < 0.5 else 300.0


def joules(until_s: float) -> float:
    whole, part = divmod(until_s, 1)
    return 200 * whole + 100 * min(part, 0.5) + 300 * max(0.0, part - 0.5)


WAVE = (
    "power square 100 300 1000",
    "utilization square 20 80 1000",
    "energy integral 1700000000 0 0",
)


def test_a_square_wave_is_recorded_as_it_was_and_its_energy_is_right(python_with_gpu, tmp_path):
    refused = f"fail nvmlDeviceGetTotalEnergyConsumption {NOT_SUPPORTED}"
    asked = [([], 6.0, 20.0, 1.0), ([refused], 6.0, 20.0, 1.0)]
    by_counter, by_power = executed(python_with_gpu, tmp_path, asked, *WAVE)
    for folder, method, within in (
        (by_counter, "counter", 0.01),
        (by_power, "integrated power", 0.05),
    ):
        result = pl.read_parquet(folder.table("telemetry"))
        assert result.height > 60
        for at, power, busy in result.select(
            "time", "power_w", "gpu_utilization_percent"
        ).iter_rows():
            # A row's time is that of its writing: the look was a moment before.
            truths = {square(at.timestamp() - back) for back in (0, 0.04)}
            assert power in truths
            assert busy in {20 if truth < 200 else 80 for truth in truths}
        energy = pl.read_parquet(folder.table("energy"))
        # On a machine too busy to sample for two seconds a window is not known; every other one is.
        assert set(energy["method"].drop_nulls()) == {method}
        (run,) = energy.filter(pl.col("span") == "run").iter_rows(named=True)
        learned = (pl.col("span") == "window") & pl.col("doing").is_in(["loading", "learning"])
        known = energy.filter(learned & pl.col("energy_j").is_not_null())
        assert known.height >= 3
        truth = 0.0
        for began, seconds in known.select("began", "seconds").iter_rows():
            truth += joules(began.timestamp() + seconds) - joules(began.timestamp())
        assert known["energy_j"].sum() == pytest.approx(truth, rel=within)
        if known.height == energy.filter(learned).height:
            assert run["energy_j"] == pytest.approx(known["energy_j"].sum())
            assert run["energy_j_per_sample"] == pytest.approx(run["energy_j"] / run["images"])
        (idle,) = energy.filter(pl.col("span") == "idle").iter_rows(named=True)
        assert idle["power_w"] == pytest.approx(200, rel=0.15)
        assert run["idle_power_w"] == idle["power_w"]
        assert folder.record().energy_method == method


def test_a_board_lost_in_mid_run_ends_its_metrics_with_one_reason(python_with_gpu, tmp_path):
    (folder,) = executed(python_with_gpu, tmp_path, [(["lost after 6"], 1.0, 25.0, 0.0)])
    result = pl.read_parquet(folder.table("telemetry"))
    assert result["power_w"].drop_nulls().len() == 6
    assert result["process_memory_bytes"].null_count() == 0
    assert reasons(folder, "power_w") == ["GPU is lost"]
    assert "no GPU metrics: GPU is lost" in missing_lines(fold(read_journal(folder.journal)))
    assert folder.record().status == "interrupted"  # by us


def test_what_is_refused_costs_its_own_columns_and_one_reason(python_with_gpu, tmp_path):
    functions = [call.name.partition("(")[0] for call in CALLS]
    refused = [
        f"fail {name}{'_v3' if 'Processes' in name else ''} {NOT_SUPPORTED}" for name in functions
    ]
    others = (["init 18"], ["init 9"])
    asked = [(lines, 0.5, 25.0, 0.0) for lines in (*([line] for line in refused), *others)]
    folders = executed(python_with_gpu, tmp_path, asked, "process 1 5")
    for folder in folders:
        events = [event for _, event in read_journal(folder.journal)]
        assert [event.error for event in events if isinstance(event, TelemetryEnded)] == [None]
        assert folder.record().status == "interrupted"  # by us
        assert pl.read_parquet(folder.table("telemetry"))["process_memory_bytes"].null_count() == 0
    for name, folder in zip(functions, folders, strict=False):
        _one_call_is_missing(name, folder)
    for folder, words in zip(folders[-2:], ("reboot", "not loaded"), strict=True):
        result = pl.read_parquet(folder.table("telemetry"))
        assert result["power_w"].null_count() == result.height > 0
        (reason,) = reasons(folder, "power_w")
        assert words in reason
        assert reason in missing_lines(fold(read_journal(folder.journal)))


def _one_call_is_missing(name: str, folder: RunFolder) -> None:
    missing = {
        metric for call in CALLS if call.name.partition("(")[0] == name for metric in call.metrics
    }
    result = pl.read_parquet(folder.table("telemetry"))
    of_gpu = [column for column in result.columns if column.startswith(("gpu_", "power"))]
    empty = {column for column in of_gpu if result[column].null_count() == result.height}
    # no process of ours is on the stand-in's board
    absent = missing | {"gpu_process_memory_bytes"}
    if "gpu_memory_used_bytes" in missing:
        absent |= {"gpu_memory_used_percent"}  # made of it
    assert empty == absent
    for metric in missing:
        assert reasons(folder, metric) == ["Not Supported"]
    view = fold(read_journal(folder.journal))
    assert (
        not {metric_style.metric for metric_style in metric_styles(view, Machine(1, 1))} & missing
    )
    assert any("Not Supported" in line for line in missing_lines(view))


def test_an_absent_library_is_one_reason(python_without_gpu, tmp_path):
    (folder,) = executed(python_without_gpu, tmp_path, [([], 0.5, 20.0, 0.0)])
    (reason,) = reasons(folder, "power_w")
    assert reason.startswith("no NVIDIA GPU: NVML")
    assert reason in missing_lines(fold(read_journal(folder.journal)))
    assert folder.record().energy_j is None
