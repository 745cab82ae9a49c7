"""`fftui run` in two processes, as torchrun starts them."""

import signal
import time
from pathlib import Path

import pytest
import torch

import fftui
from fftui.cli.ranks import join_ranks
from fftui.errors import RequestError
from fftui.learning.training import train

from ..learning.ranks.rank_processes import started
from ..warm import FFTUI

SETTINGS = (
    "data.train_images=400",
    "data.test_images=100",
    'model.layers=[{units=24, normalisation="rms"}, {units=16, normalisation="rms"}]',
    "model.head=null",
    "phases.0.negatives=random",
    "phases.0.prediction=all-layers",
    "phases.0.epochs=80",
    "precision=float32",
    "evaluation.every=0",
    "checkpoint.every_s=0.05",
    "telemetry.hz=0",
)


def wait_for(pattern: str, folder: Path, text: str) -> None:
    """Wait until a file says so."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        if any(text in path.read_text() for path in folder.glob(pattern)):
            return
        time.sleep(0.02)
    pytest.fail(f"no {text} in {pattern}")


def test_a_rank_that_dies_ends_the_run_which_goes_on_alone(tmp_path: Path) -> None:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    words = ["run", "--preset", "quickstart", "--headless", "--runs", str(tmp_path)]
    words += ["--ranks", "layers", "--device", "cpu", *settings]
    leading, other = started(FFTUI, words, tmp_path)
    wait_for("*/journal.jsonl", tmp_path, "checkpointed")
    other.send_signal(signal.SIGKILL)
    _, said = leading.communicate(600)
    assert leading.returncode == 1, said
    assert "rank 0 of 2 lost the others" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert other.communicate(600) == ("", "")

    run = fftui.open_run("latest", tmp_path)
    assert (run.record.ranks, run.record.processes, run.record.status) == ("layers", 2, "failed")
    run = fftui.resume(run)
    assert (run.record.ranks, run.record.processes) == (None, 1)
    alone = train(run.experiment, device="cpu")
    list(alone)
    for name, weight in run.network().network.state_dict().items():
        assert torch.equal(alone.network.state_dict()[name], weight), name


def test_one_process_has_nobody_to_share_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(RequestError, match="torchrun --nproc-per-node 2"):
        join_ranks("data", "cpu", None, None)
    with pytest.raises(RequestError, match="no way of sharing"):
        join_ranks("dta", "cpu", None, None)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RequestError, match="--detach is of one process"):
        join_ranks(None, "cpu", None, "--detach")
