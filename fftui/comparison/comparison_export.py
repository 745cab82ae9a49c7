"""A comparison as text, Markdown, CSV, JSON or SVG: exactly what is shown of it."""

import csv
import json
import math
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Literal, get_args

from fftui.comparison.shown_comparison import NOTHING_DIFFERS, ShownComparison, TextTable
from fftui.inert import inert, inert_json, markdown_cell, one_line, spreadsheet_cell
from fftui.runs.smoothing import smoothed
from fftui.text.format import columns

ComparisonFormat = Literal["text", "markdown", "csv", "json", "svg"]
COMPARISON_FORMATS: tuple[ComparisonFormat, ...] = get_args(ComparisonFormat)
SUFFIXES: Mapping[str, ComparisonFormat] = {
    ".txt": "text",
    ".md": "markdown",
    ".csv": "csv",
    ".json": "json",
    ".svg": "svg",
}
NOTES = (
    "An interval of one run is that of its test images alone; of several seeds that of images and"
    " seeds. * the difference was not taken image by image."
)


def format_of_file(output: str) -> ComparisonFormat:
    """The format of a file by its name's suffix; text if it is unknown."""
    return SUFFIXES.get(Path(output).suffix.lower(), "text")


def rendered(shown: ShownComparison, to: ComparisonFormat) -> bytes:
    """The content of a file with what is shown."""
    return _WRITERS[to](shown)


def _text(shown: ShownComparison) -> bytes:
    parts = [
        f"{table.title}\n{columns(table.head, table.rows) if table.rows else _nothing(table)}"
        for table in shown.tables()
    ]
    return inert("\n".join([*parts, f"{NOTES}\n"])).encode()


def _markdown(shown: ShownComparison) -> bytes:
    parts = ["# Comparison\n"]
    for table in shown.tables():
        rows = [table.head, ["---"] * len(table.head), *table.rows]
        body = "".join(f"| {' | '.join(map(markdown_cell, row))} |\n" for row in rows)
        parts.append(f"## {table.title}\n\n{body if table.rows else _nothing(table)}")
    return inert("\n".join([*parts, f"{NOTES}\n"])).encode()


def _nothing(table: TextTable) -> str:
    return f"{NOTHING_DIFFERS if table.head[0] == 'setting' else 'no run has a value of it'}\n"


def _csv(shown: ShownComparison) -> bytes:
    """The points of the lines, one a row."""
    name = shown.metric.exported_name
    head = ["letter", "run", "seeds", "layer", "epoch", "step", "seconds", name]
    head += [f"{name}_low", f"{name}_high"] if shown.folded else []
    head += [f"{name}_smoothed"] if shown.smoothing else []
    content = StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(head)
    for point in _points(shown):
        writer.writerow([_csv_cell(each) for each in point])
    return content.getvalue().encode()


def _csv_cell(value: object) -> object:
    return spreadsheet_cell(value) if isinstance(value, str) else "" if value is None else value


def _points(shown: ShownComparison) -> list[list[object]]:
    """The cells of each point; what is not finite or not known is None."""
    found: list[list[object]] = []
    whole = {line.number: line for line in shown.lines}
    for line in shown.shown_lines():
        condition, curve = shown.conditions[line.number], line.curve
        own = [condition.letter, " ".join(run.folder.id for run in condition.runs), line.seeds]
        cells = [curve.epochs, curve.steps, curve.seconds, curve.values]
        if shown.folded:
            cells += [line.band.low, line.band.high] if line.band else [curve.values] * 2
        if shown.smoothing:
            full = whole[line.number].curve
            means = dict(zip(full.epochs, smoothed(full.values, shown.smoothing), strict=True))
            cells.append(tuple(means[epoch] for epoch in curve.epochs))
        found += [
            [*own, shown.layer, *(_number(value) for value in point)]
            for point in zip(*cells, strict=True)
        ]
    return found


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _json(shown: ShownComparison) -> bytes:
    text = json.dumps(comparison_facts(shown), ensure_ascii=False, indent=1)
    return (inert_json(text) + "\n").encode()


def comparison_facts(shown: ShownComparison) -> dict[str, object]:
    """What is shown as JSON values; accuracies as fractions but for those of lines."""
    letter = shown.conditions[shown.reference].letter
    return {
        "metric": shown.metric.name,
        "title": shown.metric.title,
        "layer": shown.layer,
        "conditions": [_condition_facts(shown, number) for number in range(len(shown.conditions))],
        "reference": letter,
        "differing": {
            each.path: {
                condition.letter: value
                for condition, value in zip(shown.conditions, each.values, strict=True)
            }
            for each in shown.differing
        },
        "lines": [
            {
                "letter": shown.conditions[line.number].letter,
                "epoch": [*map(_number, line.curve.epochs)],
                "step": [*map(_number, line.curve.steps)],
                "seconds": [*map(_number, line.curve.seconds)],
                "values": [*map(_number, line.curve.values)],
                "low": None if line.band is None else [*map(_number, line.band.low)],
                "high": None if line.band is None else [*map(_number, line.band.high)],
            }
            for line in shown.shown_lines()
        ],
    }


def _condition_facts(shown: ShownComparison, number: int) -> dict[str, object]:
    condition, outcome = shown.conditions[number], shown.outcomes.rows[number]
    difference = shown.outcomes.difference(number, shown.reference)
    return {
        "letter": condition.letter,
        "title": shown.titles[number],
        "runs": [run.folder.id for run in condition.runs],
        "status": [run.record.status for run in condition.runs],
        "test_accuracy": outcome.accuracy,
        "half_interval": outcome.half,
        "train_s": outcome.train_s,
        "energy_j": outcome.energy_j,
        "peak_memory_bytes": outcome.memory_bytes,
        "difference": None
        if difference is None
        else {
            "test_accuracy": difference.difference,
            "half_interval": difference.half,
            "image_by_image": difference.paired,
        },
    }


def _svg(shown: ShownComparison) -> bytes:
    # Matplotlib, which only this format needs
    from fftui.studies.figures.line_figure import FigureLine, line_figure  # noqa: PLC0415

    lines = []
    for line in shown.lines:
        condition, band = shown.conditions[line.number], line.band
        name = one_line(f"{condition.letter}  {shown.titles[line.number]}")
        means = smoothed(line.curve.values, shown.smoothing) if shown.smoothing else ()
        ends = (band.low, band.high) if band else None
        xs, values = line.curve.xs(shown.x), line.curve.values
        place = condition.number
        lines.append(FigureLine(condition.letter, name, place, xs, values, ends, means))
    return line_figure(lines, (shown.heading, shown.x, shown.metric.title), shown.span, shown.log)


_WRITERS: Mapping[ComparisonFormat, Callable[[ShownComparison], bytes]] = {
    "text": _text,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
    "svg": _svg,
}
