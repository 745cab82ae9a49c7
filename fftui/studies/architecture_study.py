"""The rows of the architectures study, and the ablation that asks what keeps the paper's CNN at
chance.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fftui.data.catalogue import DataName
from fftui.experiment import Experiment, per_layer_text
from fftui.studies.reported import Cell, reported
from fftui.studies.small_scale import CONVOLUTION_TRAIN_IMAGES, small_scale_changes
from fftui.studies.study import Row, Scale, experiment_of, is_meant_for

AS_IT_IS = "as it is"
FIRST_NORMALISATION = "model.layers.0.normalisation"
METHODS = ("ff", "cnn", "attention", "local-ce", "local-ce-cnn")
PAPER_METHODS = ("paper/cnn", "paper/attention", "paper/attention-frozen")
ABLATION_EPOCHS = 20  # a layer; the paper's CNN is as flat after 1,000


def rows(data: DataName, scale: Scale) -> Iterator[Row]:
    """Every architecture corrected and as the paper ran it, then the ablation between
    the two CNNs.
    """
    for method in METHODS + PAPER_METHODS:
        paper = (
            reported("notebooks", method.removeprefix("paper/"), data)
            if method in PAPER_METHODS
            else None
        )
        yield _row(method, AS_IT_IS, _small_scale(method, data, scale), paper)
    if is_meant_for("paper/cnn", data) and is_meant_for("cnn", data):
        yield from _ablation("paper/cnn", "cnn", data, scale)
        yield from _ablation("cnn", "paper/cnn", data, scale)


def _ablation(method: str, other: str, data: DataName, scale: Scale) -> Iterator[Row]:
    """`method` with one thing at a time as it is in `other`; `method` itself, as small as they are,
    first.
    """
    small: dict[str, Any] = _small_scale(method, data, scale)
    if scale == "full" and method == "paper/cnn":
        small = {"phases.0.epochs": ABLATION_EPOCHS}
        yield _row(method, f"{ABLATION_EPOCHS} epochs a layer", small)
    base, source = experiment_of(method, data), experiment_of(other, data)
    for change, changes in factors(base, source).items():
        yield _row(method, change, {**small, **changes})


def factors(base: Experiment, source: Experiment) -> Mapping[str, dict[str, object]]:
    """Differences between the two CNNs by name: for each the changes that give `base` the setting
    of `source`.
    """
    mine, theirs = base.phases[0].model_dump(), source.phases[0].model_dump()
    norm, new_norm = (_at(each.model_dump(), FIRST_NORMALISATION) for each in (base, source))
    convolutions = [n for n, layer in enumerate(base.model.layers) if layer.kind == "convolution"]
    goodness: dict[str, object] = {"phases.0.goodness": theirs["goodness"]}
    if theirs["goodness"] == "position-mean-square":
        goodness["phases.0.peer_normalisation"] = 0.0
    rate, new_rate = (per_layer_text(each["learning_rate"]) for each in (mine, theirs))
    labels, new_labels = base.model.label, source.model.label
    found: dict[str, dict[str, object]] = {
        f"normalisation {norm} → {new_norm}": {
            f"model.layers.{n}.normalisation": new_norm for n in convolutions
        },
        f"learning rate {rate} → {new_rate}": {
            "phases.0.learning_rate": theirs["learning_rate"],
        },
        f"goodness {mine['goodness']} → {theirs['goodness']}": goodness,
        f"loss {mine['loss']} → {theirs['loss']}": {
            f"phases.0.{name}": theirs[name] for name in ("loss", "sharpness", "threshold")
        },
        f"label {labels.encoding} → {new_labels.encoding}": {
            "model.label": new_labels.model_dump()
        },
    }
    return {
        change: changes for change, changes in found.items() if _makes_a_difference(base, changes)
    }


def _makes_a_difference(base: Experiment, changes: Mapping[str, object]) -> bool:
    values = base.model_dump()
    return any(_at(values, path) != value for path, value in changes.items())


def _at(values: Any, path: str) -> object:
    for part in path.split("."):
        values = values[int(part)] if part.isdigit() else values[part]
    return values


def _small_scale(preset: str, data: DataName, scale: Scale) -> dict[str, Any]:
    return small_scale_changes(preset, data, CONVOLUTION_TRAIN_IMAGES) if scale == "quick" else {}


def _row(method: str, change: str, changes: dict[str, Any], paper: Cell | None = None) -> Row:
    return Row((("method", method), ("change", change)), method, changes, paper=paper)
