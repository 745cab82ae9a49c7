"""The rows of the paper's tables: accuracy on five sets, sample complexity, and what the machine is
asked for.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from fftui.data.catalogue import DataName
from fftui.data.own_sets import info_of
from fftui.studies.reported import Cell, reported, sizes
from fftui.studies.small_scale import TRAIN_IMAGES, small_scale_changes
from fftui.studies.study import Row, Scale, experiment_of

QUICK_SIZES = (5000, 1000, 250)
SAMPLE_THRESHOLD = 15.0  # the paper's sample complexity has it on every set
# of the corrected methods, on any number of images
SAMPLE_PHASE = {"phases.0.batch_size": 128, "phases.0.epochs": 30}
MEASUREMENTS = 20  # of accuracy while learning, where there are thousands of epochs


def table_1(data: DataName, scale: Scale) -> Iterator[Row]:
    """Both methods, as the paper ran them and corrected."""
    for method in ("paper/ff", "paper/backprop", "ff", "backprop"):
        paper = reported("table-1", _kind(method), data)
        yield Row(
            (("method", method),),
            method,
            small_scale_changes(method, data) if scale == "quick" else {},
            paper=paper,
        )


def sample_complexity(data: DataName, scale: Scale) -> Iterator[Row]:
    """Every number of images the paper has; of fewer than all its FF at an equal number of updates
    too.
    """
    whole = info_of(data).train_images
    own, full = experiment_of("ff", data).data, scale == "full"
    for images in _numbers_of_images(data, whole, scale):
        taken: dict[str, object] = {} if images == whole else {"data.train_images": images}
        for method in ("paper/ff", "paper/ff at equal updates", "paper/backprop", "ff", "backprop"):
            preset = method.removesuffix(" at equal updates")
            changes = {} if full else small_scale_changes(preset, data)
            if preset == "paper/ff":
                changes |= {"phases.0.threshold": SAMPLE_THRESHOLD} if full else {}
            elif preset != "paper/backprop":
                changes |= own.augmentation | {"data.shift": max(1, own.shift)}
                changes |= SAMPLE_PHASE if full else {}
            if preset != method:
                if images == whole:
                    continue
                changes |= _equal_updates(data, images, changes)
            values = (("images", images), ("method", method))
            yield Row(
                values, preset, {**changes, **taken}, paper=_sample_cell(method, data, images)
            )


def _numbers_of_images(data: DataName, whole: int, scale: Scale) -> tuple[int, ...]:
    """The numbers to learn from, largest first: the paper's where it uses the set, else all and
    those of its numbers that are fewer.
    """
    if scale == "quick":
        return tuple(dict.fromkeys(min(images, whole) for images in QUICK_SIZES))
    return sizes(data) or (whole, *(images for images in sizes("mnist") if images < whole))


def linear_vs_attention(data: DataName, scale: Scale) -> Iterator[Row]:
    """The two networks that the paper compares in time, memory and power."""
    for method in ("paper/ff", "paper/attention-metrics"):
        changes = small_scale_changes(method, data, TRAIN_IMAGES) if scale == "quick" else {}
        paper = reported("table-1", _kind(method), data)
        yield Row((("method", method),), method, changes, paper=paper)


def _kind(method: str) -> str:
    return {"ff": "forward-forward", "backprop": "backprop"}.get(
        method.removeprefix("paper/"), method
    )


def _sample_cell(method: str, data: DataName, images: int) -> Cell | None:
    if "updates" in method:
        return None
    kind = _kind(method)
    return reported(
        "table-2" if kind == "forward-forward" else "table-3-corrected", kind, data, images
    )


def _equal_updates(data: DataName, images: int, changes: Mapping[str, Any]) -> dict[str, object]:
    """As many epochs as give the optimiser steps of the full set."""
    phase = experiment_of("paper/ff", data, changes).phases[0]
    steps = phase.epochs * math.ceil(info_of(data).train_images / phase.batch_size)
    epochs = round(steps / math.ceil(images / phase.batch_size))
    return {"phases.0.epochs": epochs, "evaluation.every": max(1, epochs // MEASUREMENTS)}
