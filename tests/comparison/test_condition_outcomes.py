"""Intervals of accuracies and of their differences."""

from collections.abc import Callable

import pytest

from fftui.comparison.compared import conditions_of
from fftui.comparison.outcome_rows import Outcomes
from fftui.comparison.reader import ComparisonReader
from fftui.runs.folder import RunFolder

NewRun = Callable[..., RunFolder]


def outcomes(*folders: RunFolder, folded: bool = False) -> Outcomes:
    reader = ComparisonReader(folders)
    return reader.outcomes(conditions_of(reader.runs, folded=folded))


def test_a_single_run_has_the_interval_of_its_images(new_run: NewRun) -> None:
    one, other = outcomes(new_run("a", wrong=20), new_run("b", wrong=100)).rows
    assert one.accuracy == pytest.approx(0.9)
    assert other.accuracy == pytest.approx(0.5)
    # 1.96 standard errors of a proportion of 200 images
    assert one.half == pytest.approx(1.96 * (0.9 * 0.1 / 199) ** 0.5, rel=1e-3)
    assert other.half == pytest.approx(1.96 * (0.5 * 0.5 / 199) ** 0.5, rel=1e-3)
    assert one.memory_bytes == 10**9 + 20


def test_a_difference_is_taken_image_by_image(new_run: NewRun) -> None:
    """The images that both label wrongly do not count: the interval is of 10 images in 200."""
    paired = outcomes(new_run("a", wrong=20), new_run("b", wrong=30)).difference(0, 1)
    assert paired is not None
    assert paired.difference == pytest.approx(0.05)
    assert paired.paired
    assert paired.half == pytest.approx(1.96 * (0.05 * 0.95 / 199) ** 0.5, rel=1e-3)
    assert paired.is_clear
    unpaired = outcomes(
        new_run("a", wrong=20), new_run("b", wrong=30, keeps_bits=False)
    ).difference(0, 1)
    assert unpaired is not None
    assert not unpaired.paired
    assert unpaired.half is not None
    assert unpaired.half > 1.5 * paired.half


def test_other_test_images_are_not_paired(new_run: NewRun) -> None:
    """Subsets drawn by two seeds are other images, though as many."""
    subset = {"data.test_images": 200}
    found = outcomes(new_run(seed=0, changes=subset), new_run(seed=1, changes=subset))
    assert found.differences[0][1] is not None
    assert not found.differences[0][1].paired
    same = outcomes(new_run("a", changes=subset), new_run("b", changes=subset, wrong=21))
    assert same.differences[0][1] is not None
    assert same.differences[0][1].paired


def test_seeds_count_where_there_are_several(new_run: NewRun) -> None:
    runs = [new_run(seed=seed, wrong=wrong) for seed, wrong in enumerate((10, 20, 60))]
    wide = [
        new_run(seed=seed, wrong=wrong, changes={"model.layers.0.units": 9})
        for seed, wrong in enumerate((11, 21, 61))
    ]
    found = outcomes(*runs, *wide, folded=True)
    assert [row.seeds for row in found.rows] == [3, 3]
    assert found.rows[0].accuracy == pytest.approx(0.85)
    assert found.rows[0].half is not None
    assert found.rows[0].half > 0.3  # Student's of three seeds
    assert found.rows[0].memory_bytes == 10**9 + 60
    # of one run and several seeds it is not known what the seeds would change
    mixed = outcomes(*runs, wide[0], folded=True).difference(0, 1)
    assert mixed is not None
    assert mixed.half is None
    assert not mixed.is_clear


def test_a_run_that_learns_has_no_accuracy_yet(new_run: NewRun) -> None:
    found = outcomes(new_run("a"), new_run("b", status="interrupted"))
    assert found.rows[1].accuracy is None
    assert found.difference(0, 1) is None
    assert found.difference(0, 0) is None
