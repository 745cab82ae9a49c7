"""What a network has learned in words and rows, and as JSON values."""

import math
from dataclasses import asdict, replace
from datetime import datetime

from fftui.network_report import (
    BINS,
    Confusion,
    FilterPictures,
    GoodnessSplit,
    LayerReport,
    NetworkReport,
    Position,
    UnitActivity,
)
from fftui.text.format import MISSING, accuracy_text, columns, number, percent

HISTOGRAM_ROWS = 15
MOST_CLASSES = 20  # of a confusion matrix that is printed
MISTAKES = 5  # that are named
BAR = 30  # characters of a whole bar


def position_text(position: Position) -> str:
    """How far the network had learned: `phase 1 of 2 (forward-forward), layer 2, epoch 13 of
    60`.
    """
    phase = f"phase {position.phase} of {position.phases} " if position.phases > 1 else ""
    rule = f"{phase}({position.rule})" if phase else position.rule
    if position.ended:
        return f"{rule}, at its end"
    layer = "" if position.layer is None else f"layer {position.layer}, "
    step = f" and {position.step} steps" if position.step else ""
    return f"{rule}, {layer}after {position.epoch} of {position.epochs} epochs{step}"


def overlap_text(split: GoodnessSplit) -> str:
    """How far negatives reach into positives."""
    return (
        f"{percent(split.negatives_over_median, 1)} % of the negatives lie over the median positive"
        f" ({number(split.median_positive)}); the median negative is"
        f" {number(split.median_negative)}"
    )


def threshold_text(split: GoodnessSplit) -> str:
    """The shares over the threshold, in words; empty where there is none."""
    if split.threshold is None:
        return "the loss has no threshold"
    return (
        f"over theta ({number(split.threshold, 3)}): {percent(split.positives_over_threshold, 1)} %"
        f" of the positives, {percent(split.negatives_over_threshold, 1)} % of the negatives"
    )


def units_text(units: UnitActivity) -> tuple[str, ...]:
    """Dead and always-on units, and sparsity, a line each."""
    negative = units.active_negative
    wrong = "" if negative is None else f", {percent(negative, 1)} % with wrong labels"
    true = "with true labels" if negative is not None else "of the images"
    return (
        f"{units.units} {units.kind}",
        f"dead, active on no image: {_counted(len(units.dead), units.units)}",
        f"always on, active on every image: {_counted(len(units.always_on), units.units)}",
        f"active at a time: {percent(units.active_positive, 1)} % {true}{wrong}",
    )


def _counted(count: int, of: int) -> str:
    return f"{count} ({percent(count / max(1, of), 1)} %)"


def mistakes_text(confusion: Confusion, report: NetworkReport) -> tuple[str, ...]:
    """How many images were labelled rightly, the commonest mistakes, and the label that is most
    often predicted wrongly, a line each.
    """
    wrong = confusion.images - confusion.correct
    lines = [
        f"{confusion.correct} of {confusion.images} right"
        f" ({accuracy_text(confusion.accuracy)}), {wrong} wrong"
    ]
    if wrong:
        named = [
            f"{report.name(each.label)} as {report.name(each.predicted)} {each.images}"
            for each in confusion.mistakes[:MISTAKES]
        ]
        label, images = confusion.winners[0]
        lines.append(f"most often: {', '.join(named)}")
        lines.append(f"{report.name(label)} wins most: {images} of the {wrong} mistakes")
    return tuple(lines)


def confusion_text(confusion: Confusion, report: NetworkReport) -> str:
    """The matrix as columns, a row for each true label; of many labels the mistakes
    alone.
    """
    lines = "".join(f"{line}\n" for line in mistakes_text(confusion, report))
    classes = len(confusion.counts)
    if classes > MOST_CLASSES:
        return f"{lines}the matrix of {classes} labels is in --json\n"
    head = ("true \\ predicted", *map(str, range(classes)))
    rows = [
        (_label(label, report), *(str(count) if count else MISSING for count in row))
        for label, row in enumerate(confusion.counts)
    ]
    return lines + columns(head, rows)


def _label(label: int, report: NetworkReport) -> str:
    name = report.name(label)
    return name if name == str(label) else f"{label} {name}"


def histogram_text(split: GoodnessSplit) -> str:
    """Both histograms as rows: goodness from, share of the positives, share of the negatives."""
    each = BINS // HISTOGRAM_ROWS
    width = (split.high - split.low) / HISTOGRAM_ROWS
    merged = [
        (sum(split.positive[at : at + each]), sum(split.negative[at : at + each]))
        for at in range(0, BINS, each)
    ]
    totals = [max(1, sum(split.positive)), max(1, sum(split.negative))]
    shares = [tuple(n / total for n, total in zip(row, totals, strict=True)) for row in merged]
    largest = max(max(row) for row in shares)
    rows = [
        (
            number(split.low + at * width),
            percent(positive, 1),
            percent(negative, 1),
            f"{_bar('+', positive / largest):<{BAR}}  {_bar('-', negative / largest)}",
        )
        for at, (positive, negative) in enumerate(shares)
    ]
    return columns(("goodness from", "positive %", "negative %", "positive, negative"), rows)


def _bar(sign: str, share: float) -> str:
    return sign * round(BAR * share)


def inspect_text(run: str, report: NetworkReport, layer: int | None = None) -> str:
    """The network and its layers, a line each, and its mistakes; or one `layer` (from 1) in
    full.
    """
    written = "" if report.written is None else f", checkpoint of {_when(report.written)}"
    head = (
        f"run {run}: {position_text(report.position)}{written}\n"
        f"looked at: {len(report.labels)} test images, the same in every run on this data set\n"
    )
    if layer is not None:
        return f"{head}\n{_layer_text(report.layers[layer - 1], report)}"
    layers = columns(LAYER_HEAD, [_layer_row(each) for each in report.layers])
    said = f"{head}{_notes(report)}\n{layers}{_between_layers(report)}"
    if not report.confusion.images:
        return said
    whole = confusion_text(report.confusion, report)
    return f"{said}\nwhole network, by {report.scored_by}\n{whole}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _notes(report: NetworkReport) -> str:
    return (
        f"{report.problem}: layers have no positive and negative data\n" if report.problem else ""
    )


def _between_layers(report: NetworkReport) -> str:
    """How far updates agree with backprop's, and how alike layers are; empty where neither was
    asked for.
    """
    said = ""
    if any(layer.update_cosine is not None for layer in report.layers):
        cosines = ", ".join(number(layer.update_cosine) for layer in report.layers)
        said += f"\ncosine of each layer's gradient with backprop's: {cosines}\n"
    if len(report.similarity) > 1:
        numbers = [str(layer.number) for layer in report.layers]
        rows = [
            (name, *map(number, row)) for name, row in zip(numbers, report.similarity, strict=True)
        ]
        said += f"\nsimilarity of the layers (linear CKA)\n{columns(('layer', *numbers), rows)}"
    return said


LAYER_HEAD = (
    "layer",
    "inputs→units",
    "state",
    "alone",
    "median g+",
    "median g-",
    "theta",
    "g- over median g+",
    "dead",
    "always on",
    "active",
)


def _layer_row(layer: LayerReport) -> tuple[str, ...]:
    split, units = layer.goodness, layer.units
    return (
        str(layer.number),
        layer.title,
        layer.state,
        accuracy_text(layer.confusion.accuracy if layer.confusion else None),
        number(split.median_positive if split else None),
        number(split.median_negative if split else None),
        number(split.threshold if split else None, 3),
        f"{percent(split.negatives_over_median, 1)} %" if split else MISSING,
        f"{len(units.dead)} of {units.units}",
        str(len(units.always_on)),
        f"{percent(units.active_positive, 1)} %",
    )


def _layer_text(layer: LayerReport, report: NetworkReport) -> str:
    parts = [f"layer {layer.number}: {layer.title}, {layer.state}\n"]
    parts += [f"{line}\n" for line in units_text(layer.units)]
    if layer.update_cosine is not None:
        parts.append(f"cosine of its gradient with backprop's: {number(layer.update_cosine)}\n")
    if layer.goodness is not None:
        parts.append(f"\n{overlap_text(layer.goodness)}\n{threshold_text(layer.goodness)}\n")
        if layer.goodness.not_finite:
            parts.append(f"{layer.goodness.not_finite} values are not finite\n")
        parts.append(histogram_text(layer.goodness))
    else:
        parts.append(f"\n{report.problem or 'its goodness is not finite'}\n")
    if layer.confusion is not None:
        parts.append(f"\nby this layer alone\n{confusion_text(layer.confusion, report)}")
    return "".join(parts)


def inspect_facts(run: str, report: NetworkReport, layer: int | None = None) -> dict[str, object]:
    """The report as JSON values, without pictures; of one `layer` (from 1) alone if given."""
    facts = _with_nulls(asdict(replace(report, filters=FilterPictures())))
    assert isinstance(facts, dict)
    del facts["filters"]
    facts["confusion"] = _confusion_facts(report.confusion)
    for each, made in zip(report.layers, facts["layers"], strict=True):
        made["confusion"] = None if each.confusion is None else _confusion_facts(each.confusion)
    if layer is not None:
        facts["layers"] = [facts["layers"][layer - 1]]
    return {"run": run, **facts}


def _with_nulls(value: object) -> object:
    """The value with null for every number that is not finite: JSON has none."""
    if isinstance(value, dict):
        return {key: _with_nulls(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_with_nulls(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _confusion_facts(confusion: Confusion) -> dict[str, object]:
    return {"counts": confusion.counts, "images": confusion.images, "correct": confusion.correct}
