"""Curves of runs whose layers learn one after the other, in parallel, or in several phases."""

import math
from dataclasses import replace
from typing import Any

import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.runs.curve_metrics import CURVE_METRICS, RunCurve, metric_called
from fftui.runs.curves import RunCurves, layers_of
from fftui.runs.folder import RunFolder
from fftui.runs.growing_tables import GrowingTables
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.tables import write_tables


def write(folder: RunFolder, *events: ev.Event) -> None:
    """Append events to the journal, one a second."""
    journal = JournalWriter(folder.journal)
    for event in events:
        journal.append(event)
    journal.close()


def curve(folder: RunFolder, name: str, layer: int | None = None) -> RunCurve | None:
    return RunCurves(GrowingTables(folder)).curve(CURVE_METRICS[name], layer)


def points(folder: RunFolder, name: str, layer: int | None = None) -> list[tuple[float, float]]:
    found = curve(folder, name, layer)
    return [] if found is None else list(zip(found.epochs, found.values, strict=True))


@pytest.fixture
def layer_wise(folder: RunFolder, facts: Any) -> RunFolder:
    """Two layers of three epochs each."""
    write(folder, facts.started())
    for layer in (1, 2):
        write(folder, facts.layer(layer))
        for epoch in (1, 2, 3):
            accuracy = layer / 10 + epoch / 100
            write(folder, facts.epoch(layer, epoch, loss=layer / epoch))
            write(folder, facts.evaluated(layer, epoch, accuracy, split="test"))
    write(folder, facts.evaluated(None, 3, 0.5, split="test", final=True))
    return folder


def test_epochs_of_layers_follow_one_another(layer_wise: RunFolder) -> None:
    found = curve(layer_wise, "loss")
    assert found is not None
    assert found.epochs == (1, 2, 3, 4, 5, 6)
    assert found.steps == (4, 8, 12, 16, 20, 24)
    assert found.seconds == (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
    assert found.values == pytest.approx((1, 1 / 2, 1 / 3, 2, 1, 2 / 3))


def test_one_layer_counts_from_its_first_epoch(layer_wise: RunFolder) -> None:
    found = curve(layer_wise, "loss", 2)
    assert found is not None
    assert (found.epochs, found.steps) == ((1, 2, 3), (4, 8, 12))
    assert found.seconds == (0.25, 0.5, 0.75)
    assert found.values == pytest.approx((2, 1, 2 / 3))
    assert curve(layer_wise, "loss", 3) is None
    assert layers_of(GrowingTables(layer_wise)) == 2


def test_accuracy_is_in_percent_and_does_not_mix_few_images_with_the_whole_split(
    layer_wise: RunFolder,
) -> None:
    assert points(layer_wise, "test_accuracy") == [
        (at, pytest.approx(value)) for at, value in enumerate((11, 12, 13, 21, 22, 23), 1)
    ]
    alone = points(layer_wise, "test_accuracy", 1)
    assert alone == [(at, pytest.approx(value)) for at, value in enumerate((11, 12, 13), 1)]
    assert points(layer_wise, "validation_accuracy") == []


def test_what_was_measured_at_the_end_alone_is_a_point(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started())
    write(folder, facts.layer(1))
    for epoch in (1, 2, 3):
        write(folder, facts.epoch(1, epoch))
    write(folder, facts.evaluated(None, 3, 0.5, split="test", final=True))
    assert points(folder, "test_accuracy") == [(3, pytest.approx(50))]


def test_layers_in_parallel_share_epochs_and_have_goodness_of_their_own(
    folder: RunFolder, facts: Any
) -> None:
    write(folder, facts.started(), facts.together())
    for epoch in (1, 2):
        write(folder, *facts.shared_epoch(epoch))
    assert points(folder, "loss") == [(1, 0.5), (2, 0.5)]
    assert points(folder, "loss", 2) == [(1, 0.25), (2, 0.25)]
    assert points(folder, "goodness_positive", 1) == [(1, 3.0), (2, 3.0)]
    # of all layers together: their mean
    assert points(folder, "goodness_positive") == [(1, 3.5), (2, 3.5)]
    assert points(folder, "separation") == [(1, 3.0), (2, 3.0)]
    second = curve(folder, "train_accuracy", 2)
    assert second is not None
    assert second.values == pytest.approx((62.5, 62.5))
    assert (second.steps, second.seconds) == ((4, 8), (0.25, 0.5))


def test_a_second_phase_goes_on_where_the_first_has_ended(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1), facts.epoch(1, 2))
    network = [
        replace(facts.epoch(None, n, phase=2), goodness_positive=None, goodness_negative=None)
        for n in (1, 2)
    ]
    write(folder, ev.LayerStarted(2, None, 2, None), *network)
    found = curve(folder, "loss")
    assert found is not None
    assert (found.epochs, found.steps) == ((1, 2, 3, 4), (4, 8, 12, 16))
    # backprop has no goodness: no gap, and no value
    assert points(folder, "separation") == [(1, 2.0), (2, 2.0)]


def test_a_diverged_loss_is_a_gap_in_all_its_curves(folder: RunFolder, facts: Any) -> None:
    diverged = facts.epoch(1, 2, loss=math.nan)
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1), diverged)
    for name in ("loss", "goodness_positive"):
        found = curve(folder, name)
        assert found is not None
        assert math.isnan(found.values[1])


def test_what_was_sampled_is_a_mean_of_each_epoch(folder: RunFolder, facts: Any) -> None:
    def sample(epoch: int, used: int, doing: ev.Doing = "learning") -> ev.TelemetrySampled:
        return ev.TelemetrySampled(1, 1, epoch, doing=doing, process_memory_bytes=used)

    write(folder, facts.started(), facts.layer(1))
    write(folder, sample(1, 1_000_000_000), sample(1, 3_000_000_000), facts.epoch(1, 1))
    write(folder, sample(2, 9_000_000_000, "evaluating"), facts.epoch(1, 2))
    assert points(folder, "process_memory_bytes") == [(1, 2.0)]
    assert points(folder, "power_w") == []


def test_a_run_that_learns_is_read_on(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1))
    tables = GrowingTables(folder)
    loss, curves = CURVE_METRICS["loss"], RunCurves(tables)
    assert curves.curve(loss, None) is not None
    assert not tables.read("epochs")
    write(folder, facts.epoch(1, 2), ev.TelemetrySampled(1, 1, 1))
    assert tables.read("epochs")
    found = curves.curve(loss, None)
    assert found is not None
    assert found.epochs == (1, 2)
    # resumed from a checkpoint before the second epoch, which it repeats
    write(folder, facts.started(resumed=True), facts.epoch(1, 2, loss=9.0))
    tables.read("evaluations")
    found = curves.curve(loss, None)
    assert found is not None
    assert found.values == (0.5, 9.0)


def test_a_curve_is_made_once_until_its_tables_change(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1), facts.evaluated(1, 1, 0.5))
    curves = RunCurves(GrowingTables(folder))
    loss, accuracy = CURVE_METRICS["loss"], CURVE_METRICS["train_accuracy"]
    found = curves.curve(loss, None)
    assert curves.curve(loss, None) is found
    assert found is not None and (other := curves.curve(accuracy, None)) is not None
    assert other.epochs is found.epochs  # the places of all epochs, once
    write(folder, facts.epoch(1, 2))
    curves.tables.read("epochs")
    assert curves.curve(loss, None) != found


def test_tables_of_before_a_run_was_resumed_do_not_count(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.layer(1), facts.epoch(1, 1))
    write_tables(folder)
    folder.write_record(folder.record().model_copy(update={"status": "finished"}))
    assert points(folder, "loss") == [(1, 0.5)]
    write(folder, facts.epoch(1, 2))
    assert points(folder, "loss") == [(1, 0.5), (2, 0.5)]


def test_every_metric_has_a_name_and_an_empty_run_no_curve(folder: RunFolder) -> None:
    for name, metric in CURVE_METRICS.items():
        assert metric_called(name) is metric
        assert metric.title
        assert curve(folder, name) is None
    with pytest.raises(RequestError, match="did you mean 'separation'"):
        metric_called("seperation")


def test_exported_names_say_the_unit() -> None:
    names = ("test_accuracy", "loss", "process_memory_bytes", "power_w")
    assert [CURVE_METRICS[name].exported_name for name in names] == [
        "test_accuracy_percent",
        "loss",
        "process_memory_gb",
        "power_w",
    ]
