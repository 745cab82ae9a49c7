"""Studies made smaller: by sets that are here, and by conditions."""

from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.studies.narrowing import only, sets_for, without
from fftui.studies.study import Study
from fftui.studies.study_catalogue import STUDIES


@pytest.fixture
def study() -> Study:
    return STUDIES["table-1"].build("quick", {"mnist-mini"}, 2)


def methods(study: Study) -> list[str]:
    return [str(dict(each.values)["method"]) for each in study.conditions]


def test_conditions_are_left_out_at_every_seed(study: Study) -> None:
    left = without(study, {study.conditions[0].text})
    assert methods(left) == methods(study)[1:]
    assert len(left.trials) == len(study.trials) - 2
    assert left.scale == "quick"


def test_only_conditions_with_the_text_are_kept(study: Study) -> None:
    assert methods(only(study, ["BACKPROP"])) == ["paper/backprop", "backprop"]
    assert methods(only(study, ["paper/ff", "paper/backprop"])) == ["paper/ff", "paper/backprop"]
    assert only(study, []) == study


def test_a_text_that_no_condition_contains_is_refused_with_those_there_are(study: Study) -> None:
    with pytest.raises(RequestError, match=r"contains cnn; it has: mnist-mini, paper/ff;"):
        only(study, ["cnn"])


def test_own_sets_come_first_with_those_that_are_absent(tmp_path: Path) -> None:
    here = sets_for(STUDIES["table-1"], "full", tmp_path)
    assert [each.name for each in here[:2]] == ["mnist", "fashion-mnist"]
    assert not here[0].present
    assert (here[-1].name, here[-1].present) == ("mnist-mini", True)
