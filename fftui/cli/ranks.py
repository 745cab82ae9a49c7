"""A command that torchrun has started in several processes: rank 0 carries it out, others follow.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

import atexit
import signal
from functools import partial
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fftui.errors import RequestError, one_of
from fftui.runs.end_signals import END_SIGNALS

if TYPE_CHECKING:
    from fftui.learning.sharing import RanksMode
    from fftui.runs.run_thread import StartTraining

MODES: "tuple[RanksMode, ...]" = ("data", "layers", "blocks")


def join_ranks(
    ranks: str | None, device: str, data_folder: Path | None, alone: str | None
) -> "StartTraining":
    """How the command starts its training: among the ranks of torchrun, if there are several. All
    but rank 0 follow it here, print nothing and exit. `alone` is an option given that is of one
    process.

    Raises RequestError where `ranks` is no way of sharing, or there is nobody to share with.
    """
    mode = None if ranks is None else one_of("way of sharing among ranks", ranks, MODES)
    started = "WORLD_SIZE" in environ
    if mode is not None and not started:
        msg = (
            f"--ranks {mode} shares a run among the processes that torchrun starts: torchrun"
            f" --nproc-per-node 2 -m fftui run --ranks {mode} …"
        )
        raise RequestError(msg)
    if not started or (environ["WORLD_SIZE"] == "1" and mode != "blocks"):
        from fftui.runs.run_thread import start_training

        return start_training
    if alone is not None:
        msg = f"{alone} is of one process: without torchrun"
        raise RequestError(msg)
    from fftui.learning.ranks.channel import RankLostError
    from fftui.learning.ranks.joining import Place, Team

    place = Place.here()
    if place.rank > 0:
        _leave_signals_to_rank_0()
    team = Team(place, device)
    atexit.register(team.leave)
    if place.rank > 0:
        try:
            team.follow(data_folder)
        except RankLostError:
            raise typer.Exit(1) from None  # rank 0 says so, or torchrun if it is the one
        raise typer.Exit
    return partial(team.start, mode or "data")


def _leave_signals_to_rank_0() -> None:
    """Ctrl-C and what a batch system sends reach all processes of a job: rank 0 ends them all."""
    for number in (signal.SIGINT, *END_SIGNALS):
        signal.signal(number, signal.SIG_IGN)
