"""What a run notes when it starts."""

from typing import Any

import pytest

from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder

from .threads import executed


@pytest.mark.parametrize(("field", "notes"), [("threshold", 0), ("sharpness", 1)])
def test_a_setting_that_the_loss_does_not_have_is_noted(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, field: str, notes: int
) -> None:
    folder.write_experiment(
        experiment.changed({"phases.0.loss": "softplus", f"phases.0.{field}": 3.5})
    )
    thread = executed(
        folder, start_training=lambda *_, **__: stand_in([facts.started(), facts.finished])
    )
    said = [line.text for line in thread.view.log if "changes nothing" in line.text]
    assert (
        said == ["phases.0.sharpness changes nothing: loss = 'softplus' does not have it"] * notes
    )


@pytest.mark.parametrize(("precision", "notes"), [("float32", 0), ("bfloat16", 1)])
def test_going_on_in_another_precision_is_noted(
    folder: RunFolder, experiment: Experiment, facts: Any, stand_in: Any, precision: str, notes: int
) -> None:
    folder.write_record(
        folder.record().model_copy(update={"device": "cpu", "precision": precision})
    )
    events = [facts.started(resumed=True), facts.finished]
    thread = executed(folder, resume=True, start_training=lambda *_, **__: stand_in(events))
    said = [line.text for line in thread.view.log if "not end with the same bits" in line.text]
    assert len(said) == notes
    assert all("cpu in bfloat16" in text and "cpu in float32" in text for text in said)
