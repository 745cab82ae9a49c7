from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from fftui import events as ev
from fftui.runs.columns import SCHEMAS
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.table_names import IN_FOLDER, TABLE_NAMES
from fftui.runs.tables import make_table, settings_of, write_tables


def write(folder: RunFolder, *events: ev.Event, start: float = 1000.0) -> None:
    """A journal of `events`, one a second."""
    seconds = iter(range(10_000))
    journal = JournalWriter(folder.journal, clock=lambda: start + next(seconds))
    for event in events:
        journal.append(event)
    journal.close()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_every_table_has_its_schema_even_of_an_empty_journal(folder: RunFolder, name: Any) -> None:
    assert make_table(folder, name).schema == SCHEMAS[name]


def test_an_epoch_is_a_row(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1), facts.epoch(1, 2))
    table = make_table(folder, "epochs")
    assert table.row(1, named=True) == {
        "run": folder.id,
        "phase": 1,
        "layer": 1,
        "epoch": 2,
        "step": 8,
        "loss": 0.5,
        "goodness_positive": 2.5,
        "goodness_negative": 0.5,
        "threshold": 1.0,
        "accuracy": 0.75,
        "samples_per_s": 1000.0,
        "epoch_s": 0.25,
        "compute_s": 0.125,
        "data_s": None,  # this journal was written before it was measured
        "evaluation_s": 0.0,
        "dead_units": None,
        "always_on_units": None,
    }


def test_times_are_separate_and_evaluation_is_in_none_of_the_others(
    folder: RunFolder, facts: Any
) -> None:
    timed = [replace(facts.epoch(1, number), data_s=0.0625) for number in (1, 2)]
    measured = [facts.evaluated(1, number, 0.5) for number in (1, 1, 2)]
    write(folder, facts.started(), facts.layer(1), *measured, *timed, facts.layer_end(1))
    epochs = make_table(folder, "epochs").select("epoch_s", "compute_s", "data_s").rows()
    assert epochs == [(0.25, 0.125, 0.0625)] * 2
    each = measured[0].evaluation_s
    # measured twice is measured anew
    assert make_table(folder, "epochs")["evaluation_s"].to_list() == [each, each]
    layer = make_table(folder, "layers").row(0, named=True)
    assert [layer[name] for name in ("epoch_s", "compute_s", "data_s", "evaluation_s")] == [
        0.5,
        0.25,
        0.125,
        2 * each,
    ]


def test_energy_is_given_by_window_epoch_layer_phase_and_run(folder: RunFolder, facts: Any) -> None:
    ticks = iter(range(1000, 10_000))
    journal = JournalWriter(folder.journal, clock=lambda: float(next(ticks)))
    journal.append(facts.started())
    journal.append(ev.MachineDescribed(1.0, 2, None))
    for second in range(12):  # a sample each second, from 1002 on
        journal.append(ev.TelemetrySampled(1, 1, 1, gpu_energy_j=50.0 * second, power_w=50.0))
    for doing, epoch, began, ended in (
        ("rest", None, 1003, 1004),
        ("loading", None, 1004, 1005),
        ("learning", 1, 1005, 1007),
        ("learning", 1, 1007, 1008),
        ("evaluating", 1, 1008, 1009),
        ("learning", 2, 1009, 1012),
    ):
        place = (None, None) if doing == "rest" else (1, 1)
        images = 0 if epoch is None or doing == "evaluating" else 100
        journal.append(ev.WindowMeasured(doing, *place, epoch, 1, images, began, ended))
    journal.append(facts.finished)
    journal.close()
    table = make_table(folder, "energy")
    assert table.schema == SCHEMAS["energy"]
    assert table["source"].unique().to_list() == ["gpu"]
    assert table.filter(pl.col("span") != "window").select(
        "span", "layer", "epoch", "energy_j", "images"
    ).rows() == [
        ("epoch", 1, 1, 150.0, 200),
        ("epoch", 1, 2, 150.0, 100),
        ("layer", 1, None, 350.0, 300),
        ("phase", None, None, 350.0, 300),
        ("run", None, None, 350.0, 300),
        ("evaluation", None, None, 50.0, 0),
        ("idle", None, None, 50.0, 0),
    ]
    assert table.filter(pl.col("span") == "window")["doing"].to_list()[:3] == [
        "rest",
        "loading",
        "learning",
    ]
    assert set(table["method"]) == {"counter"}
    assert set(table["idle_power_w"]) == {50.0}
    assert table.filter(pl.col("span") == "run")["energy_j_per_sample"].to_list() == [
        pytest.approx(350 / 300)
    ]
    assert table.filter(pl.col("span") == "idle")["energy_j_per_sample"].to_list() == [None]


def test_windows_lost_with_a_session_are_not_counted(folder: RunFolder, facts: Any) -> None:
    def window(began: float) -> ev.WindowMeasured:
        return ev.WindowMeasured("learning", 1, 1, 1, 1, 10, began, began + 1)

    sampled = [ev.TelemetrySampled(1, 1, 1, cpu_energy_j=10.0 * n) for n in range(4)]
    machine, saved = ev.MachineDescribed(1.0, 2, None), ev.Checkpointed(1, 1, 1, 0.0)
    before = [facts.started(), machine, *sampled, window(1002.0), saved, window(1007.5)]
    again = [facts.started(resumed=True), machine, *sampled, window(1011.0), facts.finished]
    write(folder, *before, *again)
    table = make_table(folder, "energy")
    assert table.filter(pl.col("span") == "run").select("energy_j", "images").rows() == [(20.0, 20)]


def test_what_a_resumed_run_did_again_counts_once_and_as_last_done(
    folder: RunFolder, facts: Any
) -> None:
    write(
        folder,
        facts.started(),
        facts.layer(1),
        facts.evaluated(1, 1, 0.1),
        facts.epoch(1, 1, loss=1.0),
        facts.evaluated(1, 2, 0.2),
        facts.epoch(1, 2, loss=2.0),
        facts.epoch(1, 3, loss=3.0),
        facts.started(resumed=True),
        facts.layer(1),
        facts.evaluated(1, 2, 0.9),
        facts.epoch(1, 2, loss=20.0),
        facts.layer_end(1, skipped=True),
        facts.layer(2),
        facts.epoch(2, 1, loss=4.0),
    )
    epochs = make_table(folder, "epochs")
    assert epochs.select("layer", "epoch", "loss").rows() == [
        (1, 1, 1.0),
        (1, 2, 20.0),
        (2, 1, 4.0),
    ]
    assert make_table(folder, "evaluations").select("epoch", "accuracy").rows() == [
        (1, 0.1),
        (2, 0.9),
    ]
    layers = make_table(folder, "layers").select("layer", "state", "epochs", "loss", "label").rows()
    assert layers == [(1, "skipped", 2, 20.0, "4→2"), (2, "learning", 1, 4.0, "2→2")]


def test_a_run_begun_again_without_a_checkpoint_forgets_the_first_try(
    folder: RunFolder, facts: Any
) -> None:
    write(
        folder, facts.started(), facts.layer(1), facts.epoch(1, 1), facts.started(), facts.layer(1)
    )
    assert make_table(folder, "epochs").is_empty()
    assert make_table(folder, "layers").height == 1


def test_layers_have_their_own_last_accuracy_on_each_split(folder: RunFolder, facts: Any) -> None:
    write(
        folder,
        facts.started(),
        facts.layer(1),
        facts.evaluated(1, 1, 0.5),
        facts.evaluated(None, 3, 0.8, split="train", final=True),
        facts.evaluated(None, 3, 0.7, split="test", final=True),
    )
    row = make_table(folder, "layers").row(0, named=True)
    assert (row["train_accuracy"], row["validation_accuracy"], row["test_accuracy"]) == (
        0.8,
        None,
        0.7,
    )


def test_backprop_is_one_row_with_no_layer(folder: RunFolder, facts: Any) -> None:
    measured = ev.Evaluated(1, None, 3, "test", True, 0.97, (), (9,), (10,), 0.1)
    write(
        folder,
        facts.started(),
        facts.layer(None),
        facts.epoch(None, 1),
        measured,
        facts.layer_end(None),
    )
    row = make_table(folder, "layers").row(0, named=True)
    assert (row["layer"], row["label"], row["test_accuracy"], row["layer_s"]) == (
        None,
        "network",
        0.97,
        0.75,
    )
    assert make_table(folder, "evaluations")["class_correct"].to_list() == [[9]]


def test_layers_in_parallel_have_rows_of_their_own_and_their_time_counts_once(
    folder: RunFolder, facts: Any
) -> None:
    end = facts.layer_end(None)
    write(
        folder,
        facts.started(),
        facts.together(),
        *facts.shared_epoch(1),
        *facts.shared_epoch(2),
        end,
    )
    epochs = make_table(folder, "epochs")
    assert epochs.select("layer", "epoch", "loss", "goodness_positive", "epoch_s").rows() == [
        (1, 1, 0.25, 3.0, None),
        (2, 1, 0.25, 4.0, None),
        (None, 1, 0.5, None, 0.25),
        (1, 2, 0.25, 3.0, None),
        (2, 2, 0.25, 4.0, None),
        (None, 2, 0.5, None, 0.25),
    ]
    assert epochs["compute_s"].sum() == 0.25
    layers = make_table(folder, "layers")
    assert layers.select(
        "layer", "label", "epochs", "layer_s", "epoch_s", "train_accuracy"
    ).rows() == [
        (1, "4→2", 2, None, None, 0.5),
        (2, "2→2", 2, None, None, 0.625),
        (None, "network", 2, 0.75, 0.5, 0.75),
    ]
    assert make_table(folder, "evaluations")["head_accuracy"].to_list() == [0.875, 0.875]


def test_a_parallel_run_resumed_states_each_epoch_once(folder: RunFolder, facts: Any) -> None:
    lost = (*facts.shared_epoch(2), facts.means(1, 3))
    again = (facts.started(resumed=True), facts.together(), *facts.shared_epoch(2))
    write(folder, facts.started(), facts.together(), *facts.shared_epoch(1), *lost, *again)
    rows = make_table(folder, "epochs").select("epoch", "layer").rows()
    assert rows == [(e, layer) for e in (1, 2) for layer in (1, 2, None)]


def test_missing_metrics_are_null_and_never_zero(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.telemetry(), facts.epoch(1, 1, loss=float("nan")))
    row = make_table(folder, "telemetry").row(0, named=True)
    assert row["time"] == datetime.fromtimestamp(1001.0, UTC)
    assert (row["elapsed_s"], row["process_cpu_percent"], row["power_w"]) == (1.0, 99.0, None)
    assert make_table(folder, "epochs")["loss"].to_list() == [None]


def test_samples_of_other_ranks_have_a_table_of_their_own(folder: RunFolder) -> None:
    machine = ev.MachineDescribed(1.0, 4, 8_000)
    sample = ev.TelemetrySampled(1, 1, 1, process_cpu_percent=99.0, host_memory_used_bytes=2_000)
    with_ranks = (ev.RankDescribed(2, "node", machine), ev.RankSampled(2, sample))
    journal = JournalWriter(folder.journal)
    for event in with_ranks:
        journal.append(event)
    journal.close()
    (row,) = make_table(folder, "ranks").iter_rows(named=True)
    assert (row["rank"], row["host"], row["process_cpu_percent"]) == (2, "node", 99.0)
    assert row["host_memory_used_percent"] == 25.0
    assert make_table(folder, "telemetry").is_empty()


def test_the_folder_gets_its_tables_as_parquet(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1))
    write_tables(folder)
    for name in IN_FOLDER:
        assert pl.read_parquet(folder.table(name)).equals(make_table(folder, name))


def test_the_table_of_runs_holds_the_record(folder: RunFolder) -> None:
    row = make_table(folder, "runs").row(0, named=True)
    assert (row["run"], row["preset"], row["status"], row["path"]) == (
        folder.id,
        "quickstart",
        "running",
        str(folder.path),
    )


def test_settings_are_named_as_set_names_them(folder: RunFolder) -> None:
    settings = settings_of(folder)
    assert settings["experiment.phases.0.epochs"] == 3
    assert settings["experiment.model.layers.1.units"] == 16
    assert settings["experiment.data.name"] == "mnist-mini"
