"""What a run was asked to do, in words: its phases in short, and what differs from its preset."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from fftui.errors import ExperimentError
from fftui.experiment import Experiment, Phase, layers_text
from fftui.presets import load_preset

NOT_SETTINGS = ("name", "description")


@dataclass(frozen=True)
class Setting:
    """One value of an experiment, as text; `preset` is the preset's where it differs, else None."""

    path: str
    text: str
    preset: str | None = None


@dataclass(frozen=True)
class Asked:
    """What a run was asked to do: its preset, if it has one, and its settings."""

    preset: str | None
    settings: tuple[Setting, ...]


def settings(experiment: Experiment, preset: str | None) -> tuple[Setting, ...]:
    """Every setting of `experiment` in order, compared with `preset` on the same data set.

    Where the preset is None or gone, there is nothing to compare.
    """
    asked = dict(_flat(experiment.model_dump(mode="json")))
    base = _preset_values(preset, experiment.data.name)
    return tuple(
        Setting(path, text, base.get(path, "none") if base and base.get(path) != text else None)
        for path, text in asked.items()
        if path not in NOT_SETTINGS
    )


def differences(experiment: Experiment, preset: str | None) -> tuple[str, ...]:
    """What differs from `preset`: `phases.0.epochs 5 (preset 60)`, ..."""
    return tuple(
        f"{each.path} {each.text} (preset {each.preset})"
        for each in settings(experiment, preset)
        if each.preset is not None
    )


def phase_text(phase: Phase) -> str:
    """A phase in short: rule, epochs, batch size, learning rate."""
    rate = json.dumps(phase.model_dump(mode="json")["learning_rate"])
    return f"{phase.rule}, {phase.epochs} epochs, batch {phase.batch_size}, learning rate {rate}"


def summary(experiment: Experiment) -> tuple[str, ...]:
    """An experiment in short: its layers, each phase, the seed."""
    return (
        f"layers {layers_text(experiment.model.layers)}",
        *map(phase_text, experiment.phases),
        f"seed {experiment.seed}",
    )


def _preset_values(preset: str | None, data: str) -> dict[str, str]:
    if preset is None:
        return {}
    try:
        return dict(_flat(load_preset(preset, data).model_dump(mode="json")))
    except ExperimentError:
        return {}


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The values inside `value` by path; a list of plain values is one."""
    inside: Iterator[tuple[object, object]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        inside = iter(enumerate(value))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)
    for key, each in inside:
        yield from _flat(each, f"{path}.{key}" if path else str(key))
