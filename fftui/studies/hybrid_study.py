"""The rows of the hybrid study: the hybrids corrected and as the paper ran them, each beside its
controls.
"""

from collections.abc import Iterator
from typing import Any

from fftui.data.catalogue import DataName
from fftui.experiment import Experiment
from fftui.studies.reported import Cell, reported
from fftui.studies.small_scale import TRAIN_IMAGES, small_scale_changes
from fftui.studies.study import Row, Scale, experiment_of, is_meant_for

FIRST, SECOND = slice(0, 1), slice(1, 2)
AS_IT_IS = "as it is"
PAPER_METHODS = (
    "paper/hybrid",
    "paper/hybrid-raw",
    "paper/hybrid-reverse",
    "paper/hybrid-text",
    "paper/hybrid-reverse-text",
)
SMALL_BATCH_EPOCHS = (
    # epochs of small batches, at the small scale, instead of the paper's 1,000 steps with all
    # images
    25
)


def rows(data: DataName, scale: Scale) -> Iterator[Row]:
    """Corrected, then the paper's: each hybrid, its first phase alone, and its second from random
    weights.
    """
    yield from _corrected(data, scale)
    yield from _reversed(data, scale)
    if all(is_meant_for(method, data) for method in PAPER_METHODS):
        yield from _paper(data, scale)
        yield from _paper_text(data, scale)
    else:
        # One row a method, which the study leaves out and says so.
        yield from (_row(method, AS_IT_IS, {}) for method in PAPER_METHODS)


def _corrected(data: DataName, scale: Scale) -> Iterator[Row]:
    changes = _small_scale("hybrid", data, scale, 8, 3)
    hybrid = experiment_of("hybrid", data, changes)
    epochs, rate = hybrid.phases[1].epochs, experiment_of("backprop", data).phases[0].learning_rate
    total = {"phases.0.epochs": _passes(hybrid)}
    alone = _of_second(changes)
    random = "backprop from random weights, "
    yield _row("hybrid", AS_IT_IS, changes)
    yield _row("hybrid", "forward-forward alone", _of_first(changes), FIRST)
    yield _row(
        "hybrid", f"{random}equal backprop epochs", {**alone, "phases.0.epochs": epochs}, SECOND
    )
    yield _row("hybrid", f"{random}equal total epochs", {**alone, **total}, SECOND)
    own = {**alone, **total, "phases.0.learning_rate": rate}
    yield _row("hybrid", f"{random}equal total epochs, the backprop preset's rate", own, SECOND)


def _reversed(data: DataName, scale: Scale) -> Iterator[Row]:
    changes = _small_scale("hybrid-reverse", data, scale, 3, 8)
    yield _row("hybrid-reverse", AS_IT_IS, changes)
    yield _row("hybrid-reverse", "backprop alone", _of_first(changes), FIRST)
    yield _row("hybrid-reverse", "forward-forward from random weights", _of_second(changes), SECOND)


def _paper(data: DataName, scale: Scale) -> Iterator[Row]:
    """The notebooks' three runs, and their choices for backprop, one changed at a time."""
    first = _small_scale("paper/hybrid", data, scale, SMALL_BATCH_EPOCHS, 10)
    raw = _small_scale("paper/hybrid-raw", data, scale, SMALL_BATCH_EPOCHS, 10)
    back = _small_scale("paper/hybrid-reverse", data, scale, 10, SMALL_BATCH_EPOCHS)
    raw_rate = experiment_of("paper/hybrid-raw", data).phases[1].learning_rate
    normalised: dict[str, Any] = {"phases.1.inputs": "normalised"}
    reported_first = _cell("hybrid-first-phase", data)
    yield _row("paper/hybrid", AS_IT_IS, first, paper=_cell("hybrid", data))
    yield _row("paper/hybrid", "forward-forward alone", _of_first(first), FIRST, reported_first)
    yield _row("paper/hybrid", "normalised inputs", first | normalised)
    yield _row("paper/hybrid", "weights kept", first | {"phases.1.weights": "kept"})
    yield _row(
        "paper/hybrid",
        "the raw variant's learning rate",
        first | {"phases.1.learning_rate": raw_rate},
    )
    yield _row("paper/hybrid-raw", AS_IT_IS, raw, paper=_cell("hybrid-raw", data))
    yield _row("paper/hybrid-raw", "normalised inputs", raw | normalised)
    yield _row("paper/hybrid-reverse", AS_IT_IS, back, paper=_cell("hybrid-reverse", data))
    reported_first = _cell("hybrid-reverse-first-phase", data)
    yield _row("paper/hybrid-reverse", "backprop alone", _of_first(back), FIRST, reported_first)
    yield _row(
        "paper/hybrid-reverse", "forward-forward from random weights", _of_second(back), SECOND
    )


def _paper_text(data: DataName, scale: Scale) -> Iterator[Row]:
    """Both hybrids as the paper's text words them, each beside its first phase alone."""
    forward = _small_scale("paper/hybrid-text", data, scale, 8, 10)
    back = _small_scale("paper/hybrid-reverse-text", data, scale, 10, 8)
    cell = reported("text", "hybrid", data)
    yield _row("paper/hybrid-text", AS_IT_IS, forward, paper=cell)
    yield _row("paper/hybrid-text", "forward-forward alone", _of_first(forward), FIRST)
    cell = reported("text", "hybrid-reverse", data)
    yield _row("paper/hybrid-reverse-text", AS_IT_IS, back, paper=cell)
    yield _row("paper/hybrid-reverse-text", "backprop alone", _of_first(back), FIRST)


def _row(
    method: str,
    change: str,
    changes: dict[str, Any],
    phases: slice | None = None,
    paper: Cell | None = None,
) -> Row:
    return Row((("method", method), ("change", change)), method, changes, phases, paper)


def _cell(method: str, data: DataName) -> Cell | None:
    return reported("notebooks", method, data) or reported("text", method, data)


def _small_scale(
    preset: str, data: DataName, scale: Scale, first: int, second: int
) -> dict[str, Any]:
    """Changes for the small scale, with `first` and `second` epochs in the two phases; none at full
    scale.
    """
    if scale == "full":
        return {}
    changes = small_scale_changes(
        preset, data, TRAIN_IMAGES // 2 if preset.startswith("paper/") else TRAIN_IMAGES
    )
    batch_size = changes.pop("phases.*.batch_size")
    del changes["phases.*.epochs"]
    for number, epochs in enumerate((first, second)):
        changes |= {f"phases.{number}.epochs": epochs, f"phases.{number}.batch_size": batch_size}
    return changes


def _of_first(changes: dict[str, Any]) -> dict[str, Any]:
    return {path: value for path, value in changes.items() if not path.startswith("phases.1.")}


def _of_second(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes of the second phase, as paths of a preset from which the first is left out."""
    kept = {path: value for path, value in changes.items() if not path.startswith("phases.0.")}
    return {path.replace("phases.1.", "phases.0."): value for path, value in kept.items()}


def _passes(hybrid: Experiment) -> int:
    """Epochs of all phases together; of a layer-wise phase, the epochs of every layer."""
    return sum(phase.epochs * phase.stages(hybrid.model) for phase in hybrid.phases)
