"""The rows of the energy table: every window, and what windows come to by epoch, layer, phase and run."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from fftui.events import WindowMeasured
from fftui.runs.energy import Settled, Source, Spent

Row = dict[str, Any]
Key = tuple[object, ...]

SOURCES: tuple[Source, ...] = ("gpu", "cpu")


def energy_rows(settled: Sequence[Settled]) -> Iterator[Row]:
    """For each source that told anything: windows in order, then what they come to, the widest span last."""
    learned = [each for each in settled if each.window.doing in ("preparing", "learning")]
    evaluated = [each for each in settled if each.window.doing == "evaluating"]
    idle = [each for each in settled if each.window.doing == "idle"]
    for source in SOURCES:
        if not any(each.spent.known(source) for each in settled):
            continue
        rest = _together(idle).known(source)
        idle_power_w = rest.power_w if rest else None
        for span, each in _spans(learned, evaluated, idle, settled):
            yield _row(span, source, each) | {"idle_power_w": idle_power_w}


def _spans(
    learned: Sequence[Settled], evaluated: Sequence[Settled], idle: Sequence[Settled], settled: Sequence[Settled]
) -> Iterator[tuple[str, Sequence[Settled]]]:
    yield from (("window", [each]) for each in settled)
    in_epochs = [each for each in learned if each.window.doing == "learning"]
    yield from _groups("epoch", in_epochs, lambda w: (w.phase, w.layer, w.epoch))
    yield from _groups("layer", learned, lambda w: (w.phase, w.layer))
    yield from _groups("phase", learned, lambda w: (w.phase,))
    for span, group in (("run", learned), ("evaluation", evaluated), ("idle", idle)):
        if group:
            yield span, group


def _groups(
    span: str, windows: Sequence[Settled], key: Callable[[WindowMeasured], Key]
) -> Iterator[tuple[str, Sequence[Settled]]]:
    groups: dict[Key, list[Settled]] = {}
    for each in windows:
        groups.setdefault(key(each.window), []).append(each)
    yield from ((span, group) for group in groups.values())


def _row(span: str, source: Source, group: Sequence[Settled]) -> Row:
    first, spent = group[0].window, _together(group)
    energy, known = spent.of(source), spent.known(source)
    below_run = span not in ("run", "evaluation", "idle")
    return {
        "span": span,
        "source": source,
        "phase": first.phase if below_run else None,
        "layer": first.layer if below_run and span != "phase" else None,
        "epoch": first.epoch if span in ("window", "epoch") else None,
        "doing": first.doing if span in ("window", "idle", "evaluation") else "learning",
        "began": datetime.fromtimestamp(first.began_at, UTC),
        "seconds": spent.seconds,
        "steps": spent.steps,
        "images": spent.images,
        "energy_j": energy.joules if energy else None,
        "energy_j_per_sample": energy.joules / spent.images if energy and spent.images else None,
        "power_w": known.power_w if known else None,
        "method": known.method if known else None,
        "measured_s": known.measured_s if known else 0.0,
    }


def _together(group: Sequence[Settled]) -> Spent:
    return sum((each.spent for each in group), Spent())
