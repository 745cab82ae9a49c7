"""How far a run has come, read from the end of its journal: a list of runs cannot read all of
each.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from fftui import events as ev
from fftui.runs.files import read_own
from fftui.runs.journal import event_of

END_BYTES = 1 << 16  # about 15 seconds of samples; a step is written once a second
MOST_BYTES = 1 << 20  # a long evaluation writes samples alone


@dataclass(frozen=True)
class RunProgress:
    """Where a run is: the Unix time of its last event, the fraction of its steps that is done (None
    before the first), its phase, layer (None: all layers) and epoch, from 1, and whether the loss
    of its last epoch is no finite number (None: no epoch has ended lately).
    """

    event_at: float
    fraction: float | None = None
    phase: int | None = None
    layer: int | None = None
    epoch: int | None = None
    diverged: bool | None = None


def read_progress(journal: Path) -> RunProgress | None:
    """The progress of the run with this journal; None where it has no event yet, or cannot be
    read.
    """
    try:
        with read_own(journal) as file:
            size = file.seek(0, os.SEEK_END)
            at_most = END_BYTES
            while True:
                begin = max(0, size - at_most)
                file.seek(begin)
                found = _progress_of(file.read(size - begin).split(b"\n")[1 if begin else 0 : -1])
                if begin == 0 or at_most >= MOST_BYTES or (found and found.fraction is not None):
                    return found
                at_most *= 4
    except OSError:
        return None


def _progress_of(lines: list[bytes]) -> RunProgress | None:
    """The progress that whole lines tell, the last ones first."""
    event_at: float | None = None
    step: ev.Stepped | None = None
    epoch: ev.EpochFinished | ev.LayerDiverged | None = None
    for line in reversed(lines):
        wanted = event_at is None or _tells(line)
        if not wanted or (found := event_of(line)) is None:
            continue
        at, event = found
        event_at = at if event_at is None else event_at
        if isinstance(event, ev.Stepped) and step is None:
            step = event
        elif isinstance(event, ev.EpochFinished | ev.LayerDiverged) and epoch is None:
            epoch = event
        if step is not None and epoch is not None:
            break
    if event_at is None:
        return None
    diverged = None if epoch is None else _is_divergence(epoch)
    if step is None:
        return RunProgress(event_at, diverged=diverged)
    share = step.done / step.total
    return RunProgress(event_at, share, step.phase, step.layer, step.epoch, diverged)


def _is_divergence(event: ev.EpochFinished | ev.LayerDiverged) -> bool:
    return isinstance(event, ev.LayerDiverged) or event.loss is None


def _tells(line: bytes) -> bool:
    kind = line[line.find(b'"event":"') + 9 :]
    return kind.startswith((b'stepped"', b'epoch-finished"', b'layer-diverged"'))
