"""What a network has learned as tables: layers, histograms of goodness, mistakes, similarity."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, get_args

import polars as pl

from fftui.network_report import BINS, Confusion, NetworkReport

InspectTable = Literal["layers", "goodness", "confusion", "similarity"]
INSPECT_TABLES: tuple[InspectTable, ...] = get_args(InspectTable)
Row = Mapping[str, object]

LAYERS = {
    "layer": pl.Int64,
    "title": pl.String,
    "state": pl.String,
    "units": pl.Int64,
    "dead": pl.Int64,
    "always_on": pl.Int64,
    "active_positive": pl.Float64,
    "active_negative": pl.Float64,
    "threshold": pl.Float64,
    "median_goodness_positive": pl.Float64,
    "median_goodness_negative": pl.Float64,
    "negatives_over_median": pl.Float64,
    "accuracy": pl.Float64,
    "update_cosine": pl.Float64,
}
GOODNESS = {
    "layer": pl.Int64,
    "goodness_from": pl.Float64,
    "goodness_to": pl.Float64,
    "positive": pl.Int64,
    "negative": pl.Int64,
}
CONFUSION = {
    "layer": pl.Int64,
    "label": pl.Int64,
    "label_name": pl.String,
    "predicted": pl.Int64,
    "predicted_name": pl.String,
    "images": pl.Int64,
}
SIMILARITY = {"layer": pl.Int64, "other_layer": pl.Int64, "cka": pl.Float64}


def inspect_table(report: NetworkReport, name: InspectTable) -> pl.DataFrame:
    """One table of the report. Shares and accuracies are fractions of 1; in `confusion` the layer
    of the whole network is null, in `goodness` every row is a bin of a layer's histograms.
    """
    rows, schema = _TABLES[name]
    return pl.DataFrame(list(rows(report)), schema=schema, orient="row")


def _layers(report: NetworkReport) -> Iterator[Row]:
    for layer in report.layers:
        split, units = layer.goodness, layer.units
        yield {
            "layer": layer.number,
            "title": layer.title,
            "state": layer.state,
            "units": units.units,
            "dead": len(units.dead),
            "always_on": len(units.always_on),
            "active_positive": units.active_positive,
            "active_negative": units.active_negative,
            "threshold": split.threshold if split else None,
            "median_goodness_positive": split.median_positive if split else None,
            "median_goodness_negative": split.median_negative if split else None,
            "negatives_over_median": split.negatives_over_median if split else None,
            "accuracy": layer.confusion.accuracy if layer.confusion else None,
            "update_cosine": layer.update_cosine,
        }


def _goodness(report: NetworkReport) -> Iterator[Row]:
    for layer in report.layers:
        split = layer.goodness
        if split is None:
            continue
        width = (split.high - split.low) / BINS
        for bin_, counts in enumerate(zip(split.positive, split.negative, strict=True)):
            yield {
                "layer": layer.number,
                "goodness_from": split.low + bin_ * width,
                "goodness_to": split.low + (bin_ + 1) * width,
                "positive": counts[0],
                "negative": counts[1],
            }


def _confusion(report: NetworkReport) -> Iterator[Row]:
    matrices: Sequence[tuple[int | None, Confusion | None]] = [
        (None, report.confusion),
        *((layer.number, layer.confusion) for layer in report.layers),
    ]
    for layer, confusion in matrices:
        for label, row in enumerate(confusion.counts if confusion else ()):
            for predicted, images in enumerate(row):
                yield {
                    "layer": layer,
                    "label": label,
                    "label_name": report.name(label),
                    "predicted": predicted,
                    "predicted_name": report.name(predicted),
                    "images": images,
                }


def _similarity(report: NetworkReport) -> Iterator[Row]:
    for layer, row in enumerate(report.similarity, 1):
        for other, cka in enumerate(row, 1):
            yield {"layer": layer, "other_layer": other, "cka": cka}


_TABLES: Mapping[
    InspectTable, tuple[Callable[[NetworkReport], Iterator[Row]], Mapping[str, type[pl.DataType]]]
] = {
    "layers": (_layers, LAYERS),
    "goodness": (_goodness, GOODNESS),
    "confusion": (_confusion, CONFUSION),
    "similarity": (_similarity, SIMILARITY),
}
