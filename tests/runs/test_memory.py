from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from fftui import events as ev
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.memory import MemoryAccount
from fftui.runs.tables import make_table, while_learning
from fftui.runs.view import fold

GB = 10**9


def test_above_is_what_the_largest_layer_took() -> None:
    account = MemoryAccount(100).with_peak(150).with_peak(400).with_peak(None).with_peak(300)
    assert account == MemoryAccount(100, 400, 300)
    assert MemoryAccount().with_peak(400) == MemoryAccount(None, 400, None)


def test_a_resumed_run_is_held_against_what_its_own_session_began_with(facts: Any) -> None:
    first = replace(facts.started(), memory_before_bytes=100)
    again = replace(facts.started(resumed=True), memory_before_bytes=500)
    events = [
        first,
        replace(facts.layer_end(1), peak_memory_bytes=300),
        again,
        replace(facts.layer_end(2), peak_memory_bytes=600),
    ]
    assert fold(enumerate(events)).memory == MemoryAccount(500, 600, 200)
    assert fold(enumerate([*events, first])).memory == MemoryAccount(100)  # began anew


def sampled(doing: ev.Doing | None, used: int, layer: int | None = 1) -> ev.TelemetrySampled:
    return ev.TelemetrySampled(
        layer and 1,
        layer,
        layer and 1,
        doing=doing,
        gpu_memory_used_bytes=used * GB,
        gpu_memory_total_bytes=80 * GB,
        host_memory_used_bytes=used * GB,
        process_cpu_percent=float(used),
    )


MACHINE = ev.MachineDescribed(10.0, 2, 160 * GB)
SAMPLES = [
    sampled("rest", 1, None),
    sampled("loading", 2),
    sampled("learning", 20),
    sampled("evaluating", 70),
    sampled("rest", 1),
    sampled("learning", 40),
    sampled("evaluating", 60, None),
]


@pytest.fixture
def journal(folder: RunFolder, facts: Any) -> RunFolder:
    writer = JournalWriter(folder.journal)
    for event in (facts.started(), MACHINE, facts.layer(1), *SAMPLES, facts.finished):
        writer.append(event)
    writer.close()
    return folder


def test_memory_used_is_a_share_of_what_there_is_and_its_mean_is_of_learning(
    journal: RunFolder,
) -> None:
    telemetry = make_table(journal, "telemetry")
    assert telemetry["doing"].to_list() == [each.doing for each in SAMPLES]
    learned = while_learning(telemetry)
    assert learned["gpu_memory_used_percent"].to_list() == [25.0, 50.0]
    assert learned["host_memory_used_percent"].to_list() == [12.5, 25.0]
    view = fold(enumerate([MACHINE, *SAMPLES]))
    assert view.memory_summary() == {
        "memory_before_bytes": None,
        "peak_memory_bytes": None,
        "memory_above_bytes": None,
        "gpu_memory_used_percent": 37.5,
        "host_memory_used_percent": 18.75,
    }


def test_means_of_a_layer_are_of_learning(journal: RunFolder) -> None:
    view = fold(enumerate([MACHINE, *SAMPLES]))
    seen = view.history.of((1, 1), "process_cpu_percent")
    assert seen is not None
    assert (seen.low, seen.high, seen.mean, seen.count) == (20.0, 40.0, 30.0, 2)


def test_an_older_journal_counts_the_samples_of_its_phases(folder: RunFolder, facts: Any) -> None:
    writer = JournalWriter(folder.journal)
    old = [replace(each, doing=None) for each in SAMPLES]
    for event in (facts.started(), *old):
        writer.append(event)
    writer.close()
    telemetry = make_table(folder, "telemetry")
    assert telemetry["doing"].is_null().all()
    assert while_learning(telemetry).height == sum(each.phase is not None for each in SAMPLES)
    # a journal that does not describe its host has no share of it
    assert telemetry["host_memory_used_percent"].is_null().all()
    assert telemetry["gpu_memory_used_percent"].to_list()[2] == 25.0


def test_the_peak_of_a_layer_is_in_its_row_and_of_parallel_layers_in_the_networks(
    folder: RunFolder, facts: Any
) -> None:
    writer = JournalWriter(folder.journal)
    end = replace(facts.layer_end(None), peak_memory_bytes=300)
    for event in (facts.started(), facts.together(), *facts.shared_epoch(1), end):
        writer.append(event)
    writer.close()
    layers = make_table(folder, "layers").select("layer", "peak_memory_bytes")
    assert layers.rows() == [(1, None), (2, None), (None, 300)]
    assert layers.schema["peak_memory_bytes"] == pl.Int64()
