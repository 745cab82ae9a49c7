"""What a run notes when it starts."""

from typing import Any

import pytest

from fftui.experiment import Experiment
from fftui.runs.folder import RunFolder

from .threads import executed


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
