"""A run's stages, layers, energy and result in words and rows, from its view."""

from fftui import events as ev
from fftui.runs.layer_view import LayerView
from fftui.runs.view import RunView
from fftui.text.format import MISSING, accuracy_text, duration, energy, number

LAYER_HEAD = ("layer", "inputs→units", "epochs", "time", "g+", "g-", "theta")


def stage_name(view: RunView, phase: int, layer: int | None) -> str:
    """`layer 2/4`; where several learn together `4 layers in parallel`, or `network` (backprop)."""
    if layer is not None:
        return f"layer {layer}/{sum(row.number is not None for row in view.layers)}"
    stage = view.stage(phase, layer)
    return f"{len(stage.parallel)} layers in parallel" if stage and stage.parallel else "network"


def accuracy_head(view: RunView) -> str:
    """The head over the layers' accuracies, with the split they are of; where they differ, each row
    says its own.
    """
    splits = _accuracy_splits(view)
    return f"accuracy ({splits.pop()})" if len(splits) == 1 else "accuracy"


def layer_rows(view: RunView) -> list[tuple[str, ...]]:
    """One row a layer: number, label, epochs, time, g+, g-, theta, accuracy (see `accuracy_head`).

    Layers that learned in parallel have no time of their own: one more row has it.
    """
    several = len(_accuracy_splits(view)) > 1
    rows: list[tuple[str, ...]] = [
        (
            "all" if row.number is None else str(row.number),
            row.label,
            _epochs(row),
            duration(_layer_s(row, view)),
            number(row.last.goodness_positive if row.last else None),
            number(row.last.goodness_negative if row.last else None),
            number(row.threshold),
            accuracy_text(row.accuracy)
            + (f" {row.accuracy_split}" if several and row.accuracy_split else ""),
        )
        for row in view.layers
    ]
    for stage in view.stages:
        together = parallel_rows(view, stage.phase, stage.layer)
        if together:
            took_s = stage.layer_s if stage.layer_s is not None else _epochs_s(together[0])
            rows.append(
                ("all", "in parallel", _epochs(together[0]), duration(took_s), *[MISSING] * 3, "")
            )
    return rows


def head_text(view: RunView) -> str | None:
    """The softmax head's accuracy in one pass, in words; None where there is no head."""
    if view.head is None:
        return None
    return f"softmax head, one pass: {accuracy_text(view.head.head_accuracy)} ({view.head.split})"


def end_text(result: ev.RunFinished) -> str:
    """A run's final status, its accuracy, and its learning and total time."""
    text = (
        f"{result.status}: test accuracy {accuracy_text(result.test_accuracy)}, learned for"
        f" {duration(result.train_s)}"
    )
    return text if result.e2e_s is None else f"{text}; end to end {duration(result.e2e_s)}"


def energy_text(view: RunView) -> str | None:
    """Energy of learning, in all and per image, its method, and the idle power; None where it is
    not available.
    """
    summary = view.energy.summary()
    joules, each, idle_w = (
        summary["energy_j"],
        summary["energy_j_per_sample"],
        summary["idle_power_w"],
    )
    if not isinstance(joules, float):
        return None
    of = "the GPU" if summary["energy_source"] == "gpu" else "the CPU's packages"
    text = f"{energy(joules)} drawn by {of} while learning ({summary['energy_method']})"
    text += f", {energy(each)} a training image" if isinstance(each, float) else ""
    return f"{text}; {idle_w:.0f} W at rest" if isinstance(idle_w, float) else text


def parallel_rows(view: RunView, phase: int, layer: int | None) -> list[LayerView]:
    """The rows that learned together under `layer` = None in `phase`; none under backprop."""
    stage = view.stage(phase, layer)
    return [
        row for row in view.layers if stage and row.number in stage.parallel and row.phase == phase
    ]


def _accuracy_splits(view: RunView) -> set[str]:
    return {row.accuracy_split for row in view.layers if row.accuracy_split is not None}


def _epochs(row: LayerView) -> str:
    return f"{row.epoch}/{row.epochs}" if row.epochs else "0"


def _layer_s(row: LayerView, view: RunView) -> float | None:
    """Seconds a row took by itself; None where it shared them."""
    if row.layer_s is not None:
        return row.layer_s
    shared = row.phase is not None and any(
        row.number in s.parallel for s in view.stages if s.phase == row.phase
    )
    return None if shared else _epochs_s(row)


def _epochs_s(row: LayerView) -> float | None:
    times = [
        epoch.epoch_s
        for epoch in row.history
        if epoch.phase == row.phase and epoch.epoch_s is not None
    ]
    return sum(times) if times else None
