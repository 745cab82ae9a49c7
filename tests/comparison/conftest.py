"""Runs on disk that have ended, to be compared."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fftui import events as ev
from fftui.bits import pack_bits
from fftui.events import to_json
from fftui.presets import load_preset
from fftui.runs.folder import RunFolder
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace

IMAGES = 200


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a run of the quickstart on the whole of mnist-mini: `losses` are its epochs', the first
    `wrong` of its test images were labelled wrongly.
    """

    def make(
        name: str = "tiny",
        *,
        seed: int = 0,
        losses: Sequence[float] = (0.5, 0.25),
        wrong: int = 20,
        status: ev.Status = "finished",
        changes: dict[str, Any] | None = None,
        keeps_bits: bool = True,
    ) -> RunFolder:
        whole = {"data.test_images": None, "seed": seed, **(changes or {})}
        experiment = load_preset("quickstart").changed(whole)
        folder = create(Workspace(tmp_path / "runs"), experiment, name=name)
        correct = np.arange(IMAGES) >= wrong
        accuracy = float(correct.mean())
        found: list[ev.Event] = [
            ev.RunStarted(
                folder.id, name, "mnist-mini", "cpu", "float32", ("784→8",),
                10 * len(losses), 4000, 0, IMAGES, False,
            ),
            ev.LayerStarted(1, 1, len(losses), 2.0),
        ]  # fmt: skip
        for epoch, loss in enumerate(losses, 1):
            found.append(
                ev.EpochFinished(
                    1, 1, epoch, 10 * epoch, loss, 3.0, 1.0, 2.0, None, 100.0, 0.5, 0.25
                )
            )
            found.append(
                ev.Evaluated(1, 1, epoch, "test", False, accuracy / 2, (0.25,), (1,), (2,), 0.125)
            )
        if status == "finished":
            bits = pack_bits(correct) if keeps_bits else None
            right = int(correct.sum())
            found.append(
                ev.Evaluated(
                    1, None, len(losses), "test", True, accuracy, (0.75,), (right,), (IMAGES,),
                    0.5, correct=bits,
                )
            )  # fmt: skip
        lines = [to_json(1000.0 + second, event) for second, event in enumerate(found)]
        folder.journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
        over = {"status": status, "train_s": 1.5, "peak_memory_bytes": 10**9 + wrong}
        over |= {"test_accuracy": accuracy} if status == "finished" else {}
        folder.write_record(folder.record().model_copy(update=over))
        return folder

    return make
