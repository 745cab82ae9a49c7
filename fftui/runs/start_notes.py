"""What a run notes when it starts: room that may be too little, and what a resumed run does
otherwise than before.
"""

from collections.abc import Iterator
from pathlib import Path

from fftui.events import RunStarted
from fftui.experiment import Experiment
from fftui.runs.disk_room import DiskRoom, room_warning
from fftui.runs.estimate import expected_seconds
from fftui.runs.run_record import RunRecord


def start_notes(
    experiment: Experiment, folder: Path, before: RunRecord, event: RunStarted
) -> Iterator[str]:
    """The notes on the run in `folder` that `event` starts and whose record was `before`. Reads the
    disk.
    """
    seconds = expected_seconds(experiment)
    if no_room := room_warning(experiment, DiskRoom.of(folder), seconds):
        yield no_room
    for number, phase in enumerate(experiment.phases):
        yield from (f"phases.{number}.{each}" for each in phase.ignored())
    then, now = (before.device, before.precision), (event.device, event.precision)
    if event.resumed and None not in then and then != now:
        yield (
            f"until now this run learned on {then[0]} in {then[1]}, from here on it"
            f" does on {now[0]} in {now[1]}: it will not end with the same bits as an"
            " uninterrupted one"
        )
