"""Lines of conditions: means of seeds in their band."""

import math
from collections.abc import Callable

from fftui.comparison.compared import compared_runs, conditions_of
from fftui.comparison.lines import ConditionLine, lines_of
from fftui.runs.curve_metrics import RunCurve
from fftui.runs.folder import RunFolder


def curve(epochs: tuple[float, ...], values: tuple[float, ...], pace: float = 1.0) -> RunCurve:
    return RunCurve(
        epochs, tuple(10 * each for each in epochs), tuple(pace * each for each in epochs), values
    )


def folded(new_run: Callable[..., RunFolder], *curves: RunCurve | None) -> list[ConditionLine]:
    runs = compared_runs([new_run(seed=seed) for seed in range(len(curves))])
    return list(lines_of(conditions_of(runs, folded=True), runs, curves))


def test_seeds_fold_into_their_mean_and_its_range(new_run) -> None:
    (line,) = folded(new_run, curve((1, 2), (1.0, 4.0), pace=1), curve((1, 2), (3.0, 2.0), pace=3))
    assert line.seeds == 2
    assert line.curve.values == (2.0, 3.0)
    assert line.curve.seconds == (2.0, 4.0)
    assert line.band is not None
    assert (line.band.low, line.band.high) == ((1.0, 2.0), (3.0, 4.0))


def test_a_mean_has_the_epochs_of_all_its_seeds(new_run) -> None:
    (line,) = folded(new_run, curve((1, 2, 3), (1.0, 2.0, 3.0)), curve((2, 3, 3), (4.0, 5.0, 9.0)))
    assert line.curve.epochs == (2, 3)
    assert line.curve.values == (3.0, 6.0)


def test_the_mean_of_a_diverged_seed_is_not_finite(new_run) -> None:
    (line,) = folded(new_run, curve((1, 2), (1.0, 2.0)), curve((1, 2), (1.0, math.nan)))
    assert line.curve.values[0] == 1.0
    assert math.isnan(line.curve.values[1])
    assert line.band is not None
    assert math.isnan(line.band.high[1])


def test_a_seed_without_a_value_is_no_part_of_the_mean(new_run) -> None:
    (line,) = folded(new_run, None, curve((1, 2), (1.0, 2.0)))
    assert (line.seeds, line.band) == (1, None)
    assert folded(new_run, None, None) == []


def test_the_part_of_a_line_is_what_lies_in_the_span(new_run) -> None:
    (line,) = folded(new_run, curve((1, 2, 3), (1.0, 2.0, 3.0)), curve((1, 2, 3), (3.0, 2.0, 1.0)))
    part = line.part("step", (15, 30))
    assert part.curve.epochs == (2, 3)
    assert part.band is not None
    assert part.band.low == (2.0, 1.0)
    assert line.part("epoch", None) is line
