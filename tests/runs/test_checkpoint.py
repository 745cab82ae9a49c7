import errno
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch

from fftui.data.tensor_file import write_tensors
from fftui.errors import RunFailedError
from fftui.learning.state import Progress, TrainingState
from fftui.learning.stopwatch import Times
from fftui.runs.checkpoint import load_checkpoint, save_checkpoint
from fftui.runs.folder import RunFolder

Limit = Callable[[int], AbstractContextManager[None]]
PROGRESS = Progress(
    phase=0, stage=1, epoch=2, step=3, done=40, times=Times(train_s=1.1, layer_s=0.1 + 0.2)
)


def state() -> TrainingState:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(5, 3, generator=generator)
    tensors = {
        "float32": weight,
        "bfloat16": weight.bfloat16(),
        "transposed": weight.t(),
        "random": torch.get_rng_state(),
        "count": torch.tensor(7),
        "flag": torch.tensor([True, False]),
        "empty": torch.empty(0, 4),
    }
    return TrainingState(tensors, PROGRESS)


def test_what_was_saved_is_loaded_bit_by_bit(folder: RunFolder) -> None:
    save_checkpoint(folder, state())
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded.progress == PROGRESS
    expected = state().tensors
    assert loaded.tensors.keys() == expected.keys()
    for name, tensor in loaded.tensors.items():
        assert tensor.dtype == expected[name].dtype
        assert torch.equal(tensor, expected[name])


def test_a_run_without_a_checkpoint_has_none(folder: RunFolder) -> None:
    assert load_checkpoint(folder) is None


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_a_damaged_checkpoint_says_how_to_begin_again(folder: RunFolder, kept: int) -> None:
    save_checkpoint(folder, state())
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:kept])
    with pytest.raises(RunFailedError, match=r"fftui run --config .*experiment\.toml"):
        load_checkpoint(folder)


def test_a_checkpoint_of_a_newer_fftui_is_refused_by_name(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fftui.runs.checkpoint.VERSION", 2)
    save_checkpoint(folder, state())
    monkeypatch.undo()
    with pytest.raises(RunFailedError, match="written by a newer fftui: it is of version 2"):
        load_checkpoint(folder)


def test_a_checkpoint_from_before_versions_is_read(folder: RunFolder) -> None:
    header = {"position": json.dumps(PROGRESS.to_json())}
    write_tensors(folder.checkpoint, state().tensors, header)
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded.progress == PROGRESS


def test_a_failed_save_keeps_the_last_checkpoint(folder: RunFolder, file_size_limit: Limit) -> None:
    save_checkpoint(folder, state())
    before = folder.checkpoint.read_bytes()
    bigger = TrainingState({"weight": torch.ones(100_000)}, PROGRESS)
    with file_size_limit(50_000), pytest.raises(OSError, match=r".+"):
        save_checkpoint(folder, bigger)
    assert folder.checkpoint.read_bytes() == before
    assert not [path for path in folder.path.iterdir() if path.name.startswith(".")]


def test_a_checkpoint_stands_without_its_copy_for_people(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fftui.runs.checkpoint.write_bytes", full)
    save_checkpoint(folder, state())
    assert load_checkpoint(folder) is not None


def test_others_may_read_it_as_they_may_the_record(folder: RunFolder) -> None:
    save_checkpoint(folder, state())
    assert folder.checkpoint.stat().st_mode == folder.run_json.stat().st_mode
