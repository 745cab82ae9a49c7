"""The rows of the studies that change one setting: what the paper leaves to future work."""

from collections.abc import Iterator
from typing import Any

from fftui.data.catalogue import DataName
from fftui.studies.small_scale import CONVOLUTION_TRAIN_IMAGES, TRAIN_IMAGES, small_scale_changes
from fftui.studies.study import Row, Scale, Value

PAPER_THRESHOLDS = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)
THRESHOLDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
ACTIVATIONS = ("relu", "leaky-relu", "gelu", "tanh")
SCALES = (1.0, 3.0, 5.0)
TOKENS = ("every-token", "first-token", "label-token", "overlay")


def threshold(data: DataName, scale: Scale) -> Iterator[Row]:
    """θ of the paper's recipe; of `ff` with the paper's loss instead of its own; and `ff`, which
    has none.
    """
    paper, own = (0.5, 2.0, 5.0, 15.0, 30.0), (0.5, 2.0, 8.0)
    for value in paper if scale == "quick" else PAPER_THRESHOLDS:
        yield _row(
            "paper/ff", data, scale, {"phases.0.threshold": value}, loss="softplus", threshold=value
        )
    for value in own if scale == "quick" else THRESHOLDS:
        changes = {"phases.0.loss": "softplus", "phases.0.threshold": value}
        yield _row("ff", data, scale, changes, loss="softplus", threshold=value)
    yield _row("ff", data, scale, {}, loss="swish", threshold=None)


def activation(data: DataName, scale: Scale) -> Iterator[Row]:
    """The activation function of every layer, in the paper's recipe and in `ff`."""
    for method in ("paper/ff", "ff"):
        for name in ACTIVATIONS:
            yield _row(method, data, scale, {"model.layers.*.activation": name}, activation=name)


def label_encoding(data: DataName, scale: Scale) -> Iterator[Row]:
    """Where the label goes in, for each kind of layer that comes first."""

    def row(
        method: str, encoding: str, scale_: float | None = None, planes: str | None = None
    ) -> Row:
        asked = {"encoding": encoding, "scale": scale_, "planes": planes}
        label: dict[str, object] = {
            name: value for name, value in asked.items() if value is not None
        }
        return _row(
            method,
            data,
            scale,
            {"model.label": label},
            encoding=encoding,
            scale_=scale_,
            planes=planes,
        )

    yield row("ff", "overlay")
    for scale_ in SCALES:
        yield row("ff", "appended", scale_)
    yield row("cnn", "overlay")
    for encoding in ("random-plane", "one-hot-plane"):
        for planes in ("first", "every"):
            yield row("cnn", encoding, 1.0, planes)
    for encoding in TOKENS:
        yield row("attention", encoding)


def parallel_layers(data: DataName, scale: Scale) -> Iterator[Row]:
    """Layer after layer and all in parallel, for as many epochs each, otherwise the same.

    A layer that learns alone has no head beside it: `ff` takes random negatives and summed goodness
    in both orders.
    """
    even: dict[str, object] = {
        "model.head": None,
        "phases.0.negatives": "random",
        "phases.0.prediction": "all-layers",
    }
    for method in ("ff", "local-ce", "paper/ff"):
        for order in ("layer-wise", "parallel"):
            changes: dict[str, object] = even if method == "ff" else {}
            yield _row(method, data, scale, {**changes, "phases.0.order": order}, order=order)


def _row(
    method: str, data: DataName, scale: Scale, changes: dict[str, Any], **columns: Value
) -> Row:
    """A preset with `changes`; its columns are the method and `columns`, whose names may end in
    `_`.
    """
    images = CONVOLUTION_TRAIN_IMAGES if method in ("cnn", "attention") else TRAIN_IMAGES
    small = small_scale_changes(method, data, images) if scale == "quick" else {}
    values = (("method", method), *((name.rstrip("_"), value) for name, value in columns.items()))
    return Row(values, method, {**small, **changes})
