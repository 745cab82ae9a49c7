"""What runs asked of the machine, from journals of known times."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.claims.measuring import RunTables, losses_of, measures_of
from fftui.experiment import Data, Experiment
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.studies.matching import KnownRun

PROCESSORS = 2


def events(own_percent: float = 150.0, host_percent: float = 80.0) -> Iterator[ev.Event]:
    """Two layers after each other, two epochs each of 1 and 2 s, 3 s before each first epoch."""
    yield ev.RunStarted(
        "run", "tiny", "mnist-mini", "cpu", "float32", ("784→8", "8→8"), 8, 128, 64, 64, False
    )
    yield ev.MachineDescribed(10.0, PROCESSORS, 8_000)
    for layer in (1, 2):
        yield ev.LayerStarted(1, layer, 2, 1.0)
        for epoch in (1, 2):
            yield ev.TelemetrySampled(
                phase=1,
                layer=layer,
                epoch=epoch,
                doing="learning",
                process_cpu_percent=own_percent,
                host_cpu_percent=host_percent,
                power_w=30.0 * layer + epoch,
                gpu_utilization_percent=10.0 * layer,
            )
            loss, seconds = 1.0 / epoch + layer, float(epoch)
            yield ev.EpochFinished(
                1, layer, epoch, 2 * epoch, loss, 2.5, 0.5, 1.0, None, 100.0, seconds, 0.5, 0.25
            )
            accuracy = 0.2 * layer + 0.1 * epoch
            counts = ((int(10 * accuracy),) * 2, (10, 10))
            yield ev.Evaluated(
                1, layer, epoch, "validation", False, accuracy, (accuracy,), *counts, 0.1
            )
        yield ev.LayerFinished(1, layer, 2, 6.0, False, peak_memory_bytes=1000 * layer)
        # nothing learned meanwhile: not counted
        yield ev.TelemetrySampled(None, None, None, doing="rest", power_w=500.0)


@pytest.fixture
def tables(tmp_path: Path, small: Any) -> Callable[..., RunTables]:
    """The tables of a run with these events and this record."""

    def make(*stated: ev.Event, **record: Any) -> RunTables:
        experiment: Experiment = small.experiment(
            data=Data(name="mnist-mini", train_images=128, validation_images=64, test_images=64)
        )

        folder: RunFolder = create(Workspace(tmp_path / "runs"), experiment, name="run")
        journal = JournalWriter(folder.journal)
        for event in stated or events():
            journal.append(event)
        journal.close()
        own = {"status": "finished", "train_s": 12.0, "e2e_s": 20.0, "machine": {"cores": 2}}
        folder.write_record(folder.record().model_copy(update=own | record))
        return RunTables(KnownRun(folder, folder.record()))

    return make


def test_times_of_the_whole_and_of_layers(tables: Callable[..., RunTables]) -> None:
    measures = measures_of([tables(), tables(train_s=14.0, e2e_s=21.0)])
    assert measures.train_s is not None
    assert measures.train_s.values == (12.0, 14.0)
    assert measures.e2e_s is not None
    assert measures.e2e_s.values == (20.0, 21.0)
    assert measures.data_s is not None
    assert measures.data_s.values == pytest.approx((1.0, 1.0))
    first, second = measures.layers
    assert (first.title, second.title) == ("784→8", "8→8")
    assert first.epoch_s is not None
    assert first.epoch_s.values == pytest.approx((0.5, 0.5))
    assert second.peak_memory_bytes is not None
    assert second.peak_memory_bytes.values == (2000.0, 2000.0)


def test_a_curve_counts_what_layers_need_before_their_first_epoch(
    tables: Callable[..., RunTables],
) -> None:
    (curve,) = measures_of([tables()]).curves
    assert curve.accuracy == pytest.approx((0.3, 0.4, 0.5, 0.6))
    assert curve.train_s == pytest.approx((4.0, 6.0, 10.0, 12.0))
    assert curve.data_s == pytest.approx((0.25, 0.5, 0.75, 1.0))


def test_power_is_that_of_learning_alone(tables: Callable[..., RunTables]) -> None:
    measures = measures_of([tables()])
    assert measures.power_w is not None
    assert measures.power_w.values == pytest.approx((46.5,))
    assert measures.layers[1].utilization_percent is not None
    assert measures.layers[1].utilization_percent.values == pytest.approx((20.0,))


def test_what_was_not_measured_is_none(tables: Callable[..., RunTables]) -> None:
    silent = [each for each in events() if not isinstance(each, ev.TelemetrySampled)]
    measures = measures_of([tables(*silent), tables()])
    assert measures.power_w is None
    assert measures.memory_bytes is None
    assert measures.layers[0].utilization_percent is None


@pytest.mark.parametrize(
    ("own", "host", "word"),
    [(150.0, 80.0, ""), (100.0, 90.0, "40 %"), (100.0, 30.0, "")],
)
def test_a_machine_that_others_used_is_said_to_be_disturbed(
    tables: Callable[..., RunTables], own: float, host: float, word: str
) -> None:
    disturbed = measures_of([tables(), tables(*events(own, host))]).disturbed
    assert word in disturbed
    assert bool(disturbed) == bool(word)


def test_a_run_with_one_core_of_two_says_what_others_did_on_the_other(
    tables: Callable[..., RunTables],
) -> None:
    alone, disturbed = (
        measures_of([tables(*events(100.0, host), machine={"cores": 1})]).disturbed
        for host in (52.0, 100.0)
    )
    assert not alone
    assert "up to 50 %" in disturbed


def test_what_runs_might_use_of_the_machine_is_said(tables: Callable[..., RunTables]) -> None:
    one, two = tables(machine={"cores": 1}), tables()
    shared = tables(processes=4, machine={"cores": 1})
    assert measures_of([two, two]).shares == ("2 cores",)
    assert measures_of([one, two, shared]).shares == (
        "1 core",
        "2 cores",
        "4 processes with 1 core each",
    )


def test_without_telemetry_it_is_not_known_to_be_quiet(tables: Callable[..., RunTables]) -> None:
    silent = [each for each in events() if not isinstance(each, ev.TelemetrySampled)]
    assert "not measured" in measures_of([tables(*silent)]).disturbed


def test_the_last_loss_of_each_phase(tables: Callable[..., RunTables]) -> None:
    more = ev.EpochFinished(2, None, 1, 2, 0.25, None, None, None, None, 100.0, 1.0, 0.5, 0.25)
    assert losses_of(tables(*events(), more)) == pytest.approx((2.5, 0.25))
