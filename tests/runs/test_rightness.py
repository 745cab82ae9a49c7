"""Which images a run labelled rightly, read from its journal."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from fftui import events as ev
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.rightness import correct_at_depths, correct_images
from fftui.runs.tables import make_table

RIGHT = np.array([1, 0, 1, 1, 0, 0, 0, 1, 1, 1], np.bool_)
DEPTHS = np.stack([~RIGHT, RIGHT])


def write(folder: RunFolder, *events: ev.Event) -> None:
    journal = JournalWriter(folder.journal)
    for event in events:
        journal.append(event)
    journal.close()


def test_a_splits_images_are_those_of_its_last_measurement(folder: RunFolder, facts: Any) -> None:
    others = np.roll(RIGHT, 1)
    write(
        folder,
        facts.started(),
        facts.measured(others, split="train"),
        facts.evaluated(1, 1, 0.5),
        facts.measured(others),
    )
    write(folder, facts.started(resumed=True), facts.measured(RIGHT), facts.finished)
    assert np.array_equal(correct_images(folder), RIGHT)  # type: ignore[arg-type]
    assert np.array_equal(correct_at_depths(folder), DEPTHS)  # type: ignore[arg-type]
    assert np.array_equal(correct_images(folder, "train"), others)  # type: ignore[arg-type]
    assert correct_images(folder, "validation") is None
    assert correct_at_depths(folder, "validation") is None


def test_a_run_that_started_over_has_none_of_before(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.measured(RIGHT), facts.started())
    assert correct_images(folder) is None


def test_a_run_of_before_this_was_kept_has_none(folder: RunFolder, facts: Any) -> None:
    write(folder, facts.started(), facts.evaluated(None, 3, 0.7, split="test", final=True))
    assert correct_images(folder) is None
    assert correct_at_depths(folder) is None
    assert make_table(folder, "images").height == 0
    assert make_table(folder, "evaluations")["depth_accuracies"].to_list() == [[]]


def test_backprop_has_images_and_no_depths(folder: RunFolder, facts: Any) -> None:
    write(
        folder,
        facts.started(),
        replace(facts.measured(RIGHT), depth_correct=(), depth_accuracies=()),
    )
    assert np.array_equal(correct_images(folder), RIGHT)  # type: ignore[arg-type]
    assert correct_at_depths(folder) is None
    assert make_table(folder, "images")["depth_correct"].to_list() == [[]] * 10


def test_the_table_of_images_has_a_row_for_each(folder: RunFolder, facts: Any) -> None:
    write(
        folder,
        facts.started(),
        facts.evaluated(1, 1, 0.5),
        facts.measured(~RIGHT, split="train"),
        facts.measured(RIGHT),
    )
    table = make_table(folder, "images")
    assert table["split"].to_list() == ["train"] * 10 + ["test"] * 10
    assert table["image"].to_list() == [*range(10), *range(10)]
    assert table["correct"].to_list() == [*(~RIGHT).tolist(), *RIGHT.tolist()]
    assert table["depth_correct"].to_list()[10:] == DEPTHS.T.tolist()
    accuracies = make_table(folder, "evaluations")["depth_accuracies"].to_list()
    assert accuracies == [[], [0.6, 0.4], [0.4, 0.6]]


def test_a_damaged_line_is_no_measurement(folder: RunFolder, facts: Any) -> None:
    body = json.loads(ev.to_json(1.0, facts.measured(RIGHT)))
    write(folder, facts.started())
    with folder.journal.open("a") as journal:
        journal.write(json.dumps(body | {"correct": body["correct"][:-4]}) + "\n")
    assert correct_images(folder) is None
