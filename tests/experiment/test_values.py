"""Values of an experiment by path: a star is every entry of a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import ExperimentError
from fftui.experiment.values import set_value, spread


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=3))
def test_stars_spread_over_lists_in_lists(lists: list[list[int]]) -> None:
    values = {"a": [{"b": [{"c": number} for number in inner]} for inner in lists]}
    paths = [f"a.{i}.b.{j}.c" for i, inner in enumerate(lists) for j in range(len(inner))]
    assert spread(values, "a.*.b.*.c") == paths
    assert spread(values, "a.0.b") == ["a.0.b"]
    assert spread(values, "nowhere.*.b") == []


def test_a_value_is_set_in_every_entry_where_the_path_has_a_star() -> None:
    values = {"layers": [{"units": 1}, {"units": 2, "extra": 3}]}
    set_value(values, "layers.*.units", 7)
    set_value(values, "layers.*.list", [])
    first, second = values["layers"]
    assert (first, second) == ({"units": 7, "list": []}, {"units": 7, "extra": 3, "list": []})
    assert first["list"] is not second["list"]


@pytest.mark.parametrize(
    "path", ["nowhere.*.units", "layers.x.*.units", "name.*.units", "layers.*"]
)
def test_a_star_without_a_list_is_refused(path: str) -> None:
    with pytest.raises(ExperimentError, match=r"\*"):
        set_value({"layers": [{"units": 1}], "name": "text"}, path, 7)
