"""Draw docs/img/*.svg from the running app, on a recorded run and a recorded sweep: README and docs
show what the app draws.

    python docs/make_screenshots.py

The run is docs/sample/journal.jsonl, folded up to the beginning of its third layer; the sweep, in
docs/sample/sweeps, is thirty trials of `quickstart` on 1,000 images of mnist-mini. Clock zone,
machine and rates are fixed, so that the same code draws the same pictures everywhere.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from fftui.events import EpochFinished
from fftui.experiment import Experiment
from fftui.presets import Preset, preset_experiment
from fftui.runs.estimate import Rates
from fftui.runs.expectation import Expectation, FinishedRuns, LikelyTime
from fftui.runs.journal import read_journal
from fftui.runs.run_record import RunRecord
from fftui.runs.view import RunView
from fftui.runs.workspace import Workspace
from fftui.tui.app import FFTUIApp
from fftui.tui.backend import Backend
from fftui.tui.run_sources import LiveSource
from fftui.tui.system.this_machine import Machine

HERE = Path(__file__).resolve().parent
JOURNAL = HERE / "sample" / "journal.jsonl"
SWEEPS = HERE / "sample" / "sweeps"
RUN = "20261124-102119-ff-mnist-7946"
STOP_AT = (3, 4)  # layer, epoch
RATES = Rates(
    float32_flops_per_s=1.5e11, bfloat16_flops_per_s=6e11, auto_is_bfloat16=True, bytes_per_s=4e10
)


class FixedBackend(Backend):
    """A backend without recent runs whose device has fixed rates."""

    def runs(self) -> list[RunRecord]:
        """No runs."""
        return []

    def expectation(self, experiment: Experiment) -> Expectation:
        """The likely time and memory by the fixed rates."""
        return FinishedRuns().expectation(experiment, RATES)

    def likely_time(self, preset: Preset, data: str) -> LikelyTime:
        """The likely time of a preset by the fixed rates."""
        return FinishedRuns().time(preset_experiment(preset, data), RATES)


@dataclass
class FrozenControl:
    """A control whose view never changes."""

    view: RunView
    paused: bool = False

    def pause(self) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def skip_layer(self) -> None:
        """Do nothing."""

    def is_alive(self) -> bool:
        """True."""
        return True

    def join(self, timeout: float | None = None) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Picture:
    """One file: its name, the size in cells, the theme and the keys that are pressed."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: tuple[str, ...] = ()


PICTURES = (
    Picture("live", (120, 36), "fftui-dark", ("home",)),
    Picture("live-light", (120, 36), "fftui-light", ("home",)),
    Picture("live-small", (80, 24), "fftui-dark", ("home",)),
    Picture("system", (120, 36), "fftui-dark", ("g",)),
    Picture("sweep", (120, 36), "fftui-dark", ("S", "enter")),
    Picture("presets", (100, 24), "fftui-dark", ("b",)),
    Picture("form", (100, 30), "fftui-dark", ("b", *4 * ("down",), "enter", *12 * ("down",))),
)


def recorded_view(stop_at: tuple[int, int] = STOP_AT) -> RunView:
    """The recorded run after the epoch `stop_at`."""
    view = RunView()
    reached = False
    for at, event in read_journal(JOURNAL):
        if reached and isinstance(event, EpochFinished):
            break
        view = view.after(at, event)
        reached = reached or (
            isinstance(event, EpochFinished) and (event.layer, event.epoch) == stop_at
        )
    return view


async def draw(picture: Picture, folder: Path) -> Path:
    """Draw one picture into `folder`."""
    path = folder.resolve() / f"{picture.name}.svg"
    with tempfile.TemporaryDirectory() as elsewhere, chdir(elsewhere):
        shutil.copytree(SWEEPS, Path("runs") / ".sweeps")
        path.write_text(await drawn(picture), encoding="utf-8")
    return path


async def drawn(picture: Picture) -> str:
    """The picture as SVG."""
    backend = FixedBackend(Workspace(Path("runs"), None, "cpu"))
    backend.ready.set()
    app = FFTUIApp(
        backend,
        source=LiveSource(RUN, FrozenControl(recorded_view())),
        machine=Machine(cores=2, memory_bytes=16_000_000_000),
        ascii_only=False,
        load_torch=False,
    )
    async with app.run_test(size=picture.size) as pilot:
        app.theme = picture.theme
        await pilot.pause()
        for key in picture.keys:
            await pilot.press(key)
            await pilot.pause()
            await app.workers.wait_for_complete()  # what is read from the disk
            await pilot.pause()
        await pilot.pause(0.3)
        return app.export_screenshot(title="fftui")


def main(folder: Path = HERE / "img") -> None:
    """Draw them all."""
    for name in ("NO_COLOR", "COLORFGBG", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    os.environ["TZ"] = "UTC"
    time.tzset()
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        sys.stderr.write(f"{asyncio.run(draw(picture, folder))}\n")


if __name__ == "__main__":
    main()
