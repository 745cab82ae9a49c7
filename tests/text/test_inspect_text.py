"""What a network has learned, in words."""

import json
import math
from dataclasses import replace

from fftui.network_report import Confusion, NetworkReport, Position
from fftui.text.inspect_text import (
    confusion_text,
    histogram_text,
    inspect_facts,
    mistakes_text,
    position_text,
)

from ..tui.look.reports import report, split


def named(counts: tuple[tuple[int, ...], ...]) -> tuple[Confusion, NetworkReport]:
    made = report(classes=len(counts), class_names=("ant", "bee", "cat"))
    return Confusion(counts), made


def test_places_in_an_experiment() -> None:
    assert position_text(Position(1, 1, "forward-forward", 2, 3, 10, 5)) == (
        "forward-forward, layer 2, after 3 of 10 epochs and 5 steps"
    )
    assert position_text(Position(2, 2, "backprop", None, 1, 4, 0)) == (
        "phase 2 of 2 (backprop), after 1 of 4 epochs"
    )
    assert position_text(Position(1, 1, "backprop", None, 4, 4, 0, ended=True)) == (
        "backprop, at its end"
    )


def test_mistakes_are_named_the_commonest_first() -> None:
    said = mistakes_text(*named(((5, 3, 0), (0, 4, 1), (2, 3, 6))))
    assert said == (
        "15 of 24 right (62.50 %), 9 wrong",
        "most often: ant as bee 3, cat as bee 3, cat as ant 2, bee as cat 1",
        "bee wins most: 6 of the 9 mistakes",
    )
    assert mistakes_text(*named(((5, 0, 0), (0, 4, 0), (0, 0, 6)))) == (
        "15 of 15 right (100.00 %), 0 wrong",
    )


def test_the_matrix_has_a_row_for_each_true_label() -> None:
    rows = confusion_text(*named(((5, 3, 0), (0, 4, 1), (2, 3, 6)))).splitlines()
    assert rows[-3].split() == ["0", "ant", "5", "3", "–"]
    many = Confusion(tuple((1,) * 30 for _ in range(30)))
    assert "the matrix of 30 labels is in --json" in confusion_text(many, report())


def test_json_has_no_number_that_is_not_finite() -> None:
    made = report()
    nan = replace(made, scores=((math.nan, 1.0, math.inf, 0.0), *made.scores[1:]))
    facts = inspect_facts("r", nan, 2)
    assert json.loads(json.dumps(facts, allow_nan=False))["scores"][0] == [None, 1.0, None, 0.0]
    assert [layer["number"] for layer in facts["layers"]] == [2]  # type: ignore[attr-defined]
    assert "filters" not in facts


def test_a_histogram_adds_up() -> None:
    rows = [row.split() for row in histogram_text(split()).splitlines()[1:]]
    assert sum(float(row[1]) for row in rows) == 100.0
    assert sum(float(row[2]) for row in rows) == 100.0
