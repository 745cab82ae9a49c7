"""Frozen values: the next one shares what it can, and the one before stays as it was."""

from dataclasses import dataclass, replace
from functools import cached_property

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.runs.frozen import Recent, changed


@dataclass(frozen=True)
class Point:
    x: int = 0
    y: int = 0

    @cached_property
    def total(self) -> int:
        return self.x + self.y


class NamedPoint(Point):
    @cached_property
    def name(self) -> str:
        return f"{self.x}, {self.y}"


def test_a_changed_value_is_that_of_replace() -> None:
    point = Point(1, 2)
    assert changed(point, y=3) == replace(point, y=3) == Point(1, 3)
    assert point == Point(1, 2)


def test_a_changed_value_computes_its_cached_properties_itself() -> None:
    point = NamedPoint(1, 2)
    assert (point.total, point.name) == (3, "1, 2")
    following = changed(point, y=3)
    assert (following.total, following.name) == (4, "1, 3")
    assert (point.total, point.name) == (3, "1, 2")


@given(st.lists(st.integers()), st.integers(1, 5))
def test_the_newest_items_stay(items: list[int], kept: int) -> None:
    recent: Recent[int] = Recent()
    seen = []
    for item in items:
        recent = recent.after(item, kept)
        seen.append(recent)
    for count, each in enumerate(seen, 1):  # the earlier ones, too, are as they were
        expected = tuple(items[:count][-kept:])
        assert each == expected
        assert (len(each), each[-1], each[0]) == (len(expected), expected[-1], expected[0])
        assert each[-2:] == expected[-2:]
        assert each[::2] == expected[::2]


def test_two_may_follow_one() -> None:
    one = Recent([1, 2])
    assert one.after(3, 5) == (1, 2, 3)
    assert one.after(4, 5) == (1, 2, 4)
    assert one == (1, 2)
    with pytest.raises(IndexError):
        one[2]
