"""A run whose loss or weights are no finite numbers any more."""

from pathlib import Path

import polars as pl
import pytest

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.run_progress import read_progress
from fftui.runs.workspace import Workspace

from .threads import executed


@pytest.fixture
def diverging(tmp_path: Path, experiment: Experiment) -> RunFolder:
    changes = {"phases.0.learning_rate": [0.02, 1e30]}
    return create(Workspace(tmp_path / "runs"), experiment.changed(changes))


def test_a_run_that_diverges_fails_with_its_last_good_weights_and_its_tables(
    diverging: RunFolder,
) -> None:
    thread = executed(diverging)
    assert thread.view.divergence is not None
    assert thread.view.divergence.layer == 2
    assert [layer.state for layer in thread.view.layers] == ["learned", "diverged"]
    record = diverging.record()
    assert (record.status, record.diverged) == ("failed", True)
    assert record.error == thread.view.divergence.text
    assert thread.problems == ()
    layers = pl.read_parquet(diverging.table("layers"))
    assert layers["state"].to_list() == ["learned", "diverged"]
    state = load_checkpoint(diverging)
    assert state is not None
    assert all(tensor.isfinite().all() for tensor in state.tensors.values())
    assert any(name.startswith("network.") for name in state.tensors)
    assert listing_says_diverged(diverging)


def listing_says_diverged(folder: RunFolder) -> bool:
    progress = read_progress(folder.journal)
    return progress is not None and progress.diverged is True


def test_a_run_that_diverged_is_not_resumed(diverging: RunFolder) -> None:
    executed(diverging)
    before = diverging.journal.read_bytes()
    again = executed(diverging, resume=True)
    assert again.refused is not None
    assert "phases.0.learning_rate below 1e+30" in str(again.refused)
    assert diverging.journal.read_bytes() == before
    assert diverging.record().status == "failed"


def test_a_checkpoint_of_a_diverged_epoch_replaces_no_good_one(
    tmp_path: Path, experiment: Experiment
) -> None:
    changes = {"phases.0.learning_rate": 1e30, "checkpoint.every_s": 1e-9}
    folder = create(Workspace(tmp_path / "runs"), experiment.changed(changes))
    saved = []

    def look(_at: float, event: ev.Event) -> None:
        if isinstance(event, ev.Checkpointed) and (state := load_checkpoint(folder)):
            saved.append(all(tensor.isfinite().all() for tensor in state.tensors.values()))

    executed(folder, listener=look)
    assert saved
    assert all(saved)
    assert folder.record().status == "failed"
