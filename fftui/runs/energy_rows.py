"""The rows of the energy table: each window, and the sums over windows by epoch, layer, phase and
run.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from fftui.events import WindowMeasured
from fftui.runs.energy import Source, Usage, WindowEnergy

Row = dict[str, Any]
Key = tuple[object, ...]

SOURCES: tuple[Source, ...] = ("gpu", "cpu")


def energy_rows(windows: Sequence[WindowEnergy]) -> Iterator[Row]:
    """The rows of each source that was measured: its windows in order, then their sums, the widest
    span last.
    """
    learned = [each for each in windows if each.window.doing in ("loading", "learning")]
    evaluated = [each for each in windows if each.window.doing == "evaluating"]
    idle = [each for each in windows if each.window.doing == "rest"]
    for source in SOURCES:
        if not any(each.usage.partial_energy_of(source) for each in windows):
            continue
        idle_energy = _total(idle).partial_energy_of(source)
        idle_power_w = idle_energy.power_w if idle_energy else None
        for span, each in _spans(learned, evaluated, idle, windows):
            yield _row(span, source, each) | {"idle_power_w": idle_power_w}


def _spans(
    learned: Sequence[WindowEnergy],
    evaluated: Sequence[WindowEnergy],
    idle: Sequence[WindowEnergy],
    windows: Sequence[WindowEnergy],
) -> Iterator[tuple[str, Sequence[WindowEnergy]]]:
    yield from (("window", [each]) for each in windows)
    in_epochs = [each for each in learned if each.window.doing == "learning"]
    yield from _groups("epoch", in_epochs, lambda w: (w.phase, w.layer, w.epoch))
    yield from _groups("layer", learned, lambda w: (w.phase, w.layer))
    yield from _groups("phase", learned, lambda w: (w.phase,))
    for span, group in (("run", learned), ("evaluation", evaluated), ("idle", idle)):
        if group:
            yield span, group


def _groups(
    span: str, windows: Sequence[WindowEnergy], key: Callable[[WindowMeasured], Key]
) -> Iterator[tuple[str, Sequence[WindowEnergy]]]:
    groups: dict[Key, list[WindowEnergy]] = {}
    for each in windows:
        groups.setdefault(key(each.window), []).append(each)
    yield from ((span, group) for group in groups.values())


def _row(span: str, source: Source, group: Sequence[WindowEnergy]) -> Row:
    first, usage = group[0].window, _total(group)
    energy, partial = usage.energy_of(source), usage.partial_energy_of(source)
    below_run = span not in ("run", "evaluation", "idle")
    return {
        "span": span,
        "source": source,
        "phase": first.phase if below_run else None,
        "layer": first.layer if below_run and span != "phase" else None,
        "epoch": first.epoch if span in ("window", "epoch") else None,
        "doing": first.doing if span in ("window", "idle", "evaluation") else "learning",
        "began": datetime.fromtimestamp(first.began_at, UTC),
        "seconds": usage.seconds,
        "steps": usage.steps,
        "images": usage.images,
        "energy_j": energy.joules if energy else None,
        "energy_j_per_sample": energy.joules / usage.images if energy and usage.images else None,
        "power_w": partial.power_w if partial else None,
        "method": partial.method if partial else None,
        "measured_s": partial.measured_s if partial else 0.0,
    }


def _total(group: Sequence[WindowEnergy]) -> Usage:
    return sum((each.usage for each in group), Usage())
