from pathlib import Path

import pytest

from fftui import events as ev
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs import journal
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace
from fftui.text.run_text import run_facts


def test_facts_do_not_depend_on_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "OUTLINE_END_BYTES", 0)
    folder = create(Workspace(tmp_path), load_preset("ff", "mnist", seed=0))
    kept: list[ev.Event] = [
        ev.RunStarted("r", "ff", "mnist", "cpu", "float32", ("4→2",), 9, 9, 0, 9, False),
        ev.PhaseStarted(1, "forward-forward", 1),
        ev.LayerStarted(1, 1, 1, 2.0),
        ev.EpochFinished(1, 1, 1, 9, 0.5, 3.0, 1.0, 2.0, 0.9, 1.0, 1.0, 1.0),
        ev.LayerFinished(1, 1, 1, 1.0, False),
        ev.Evaluated(1, 1, 1, "test", True, 0.9, (0.9,), (9,) * 10, (10,) * 10, 0.1),
    ]
    facts = []
    for events in (kept, [each for one in kept for each in (one, ev.TelemetrySampled(1, 1, 1))]):
        lines = [to_json(1.8e9, event) + "\n" for event in events]
        folder.journal.write_text("".join(lines), encoding="utf-8")
        facts.append(run_facts(folder))
    assert facts[0] == facts[1]
    assert facts[1]["layers"][0]["goodness_positive"] == 3.0  # type: ignore[index]
    assert facts[1]["evaluations"][0]["accuracy"] == 0.9  # type: ignore[index]


def test_layers_of_a_run_whose_process_is_gone_do_not_learn(tmp_path: Path) -> None:
    folder = create(Workspace(tmp_path), load_preset("ff", "mnist", seed=0))
    told: list[ev.Event] = [
        ev.RunStarted("r", "ff", "mnist", "cpu", "float32", ("4→2",), 9, 9, 0, 9, False),
        ev.PhaseStarted(1, "forward-forward", 1),
        ev.LayerStarted(1, 1, 1, 2.0),
        ev.StatusChanged("paused"),
    ]
    folder.write_record(folder.record().model_copy(update={"status": "paused"}))
    writer = JournalWriter(folder.journal)
    for event in told:
        writer.append(event)
    alive = run_facts(folder)
    writer.close()  # as its process ends
    gone = run_facts(folder)
    states = [(each["status"], each["layers"][0]["state"]) for each in (alive, gone)]  # type: ignore[index]
    assert states == [("paused", "paused"), ("interrupted", "interrupted")]


def test_what_cannot_be_read_of_its_experiment_is_a_problem_beside_the_rest(tmp_path: Path) -> None:
    folder = create(Workspace(tmp_path), load_preset("ff", "mnist", seed=0))
    assert run_facts(folder)["problem"] is None
    text = folder.experiment_path.read_text()
    folder.experiment_path.write_text(text.replace('"swish"', '"margin"'))
    facts = run_facts(folder)
    assert facts["experiment"] is None
    assert facts["name"] == folder.record().name
    assert "not 'margin'; one of your own is known once its package is installed" in str(
        facts["problem"]
    )
