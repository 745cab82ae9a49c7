"""One bit an image as text: nothing is lost, and what is damaged is refused."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.bits import checked_bits, contradiction_of_bits, pack_bits, unpack_bits

FLAGS = st.lists(st.booleans(), max_size=40)
RIGHT = [True, False, True, True, False, False, False, True, True, False]  # of ten images


def array(flags: list[bool]) -> Any:
    return np.array(flags, np.bool_)


@given(FLAGS)
def test_what_is_packed_is_unpacked(flags: list[bool]) -> None:
    text = pack_bits(array(flags))
    assert checked_bits(text) == text
    assert unpack_bits(text, len(flags)).tolist() == flags
    if flags:
        assert contradiction_of_bits(len(flags), text, sum(flags) / len(flags)) is None


def test_the_first_image_is_the_highest_bit() -> None:
    assert base64.b64decode(pack_bits(array(RIGHT))) == bytes([0b10110001, 0b10000000])


@given(FLAGS.filter(bool), st.integers(-20, 20).filter(bool))
def test_bits_of_another_number_of_images_are_refused(flags: list[bool], more: int) -> None:
    """Where the bytes are as many, only the bits behind the last image tell."""
    text, images = pack_bits(array(flags)), max(0, len(flags) + more)
    same_bytes = (images + 7) // 8 == (len(flags) + 7) // 8
    if same_bytes and not any(flags[images:]):
        assert unpack_bits(text, images).tolist() == (flags + [False] * more)[:images]
        return
    with pytest.raises(ValueError, match="images"):
        unpack_bits(text, images)


@given(FLAGS.filter(bool), st.data())
def test_bits_of_another_accuracy_are_refused(flags: list[bool], data: st.DataObject) -> None:
    right = data.draw(st.integers(0, len(flags)).filter(lambda count: count != sum(flags)))
    problem = contradiction_of_bits(len(flags), pack_bits(array(flags)), right / len(flags))
    assert problem is not None
    assert f"{sum(flags)} of {len(flags)} bits" in problem


def evaluated(**changes: Any) -> str:
    """The journal line of ten images, seven of them right by the first layer alone."""
    one = [True] * 7 + [False] * 3
    event = ev.Evaluated(
        1, None, 2, "test", True, 0.5, (0.7, 0.4), (2, 3), (5, 5), 0.1, None,
        pack_bits(array(RIGHT)),
        (pack_bits(array(one)), pack_bits(array(RIGHT))),
        (0.7, 0.5),
    )  # fmt: skip
    return json.dumps(json.loads(ev.to_json(1.0, event)) | changes)


def test_an_evaluation_with_its_images_is_read_back() -> None:
    _, event = ev.from_json(evaluated())
    assert isinstance(event, ev.Evaluated)
    assert event.correct is not None
    assert unpack_bits(event.correct, event.images).tolist() == RIGHT
    assert ev.from_json(ev.to_json(1.0, event)) == (1.0, event)


@given(st.text(max_size=12) | st.text("AQg=/+", max_size=12))
def test_text_that_packing_does_not_write_is_no_event(text: str) -> None:
    try:
        flags = unpack_bits(text, 10)
    except ValueError:
        flags = array([])
    if pack_bits(flags) == text and flags.sum() == 5:
        assert ev.from_json(evaluated(correct=text))
        return
    with pytest.raises(ValueError, match="evaluated event"):
        ev.from_json(evaluated(correct=text))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"correct": "sYA"}, "no value of the field 'correct'"),  # its padding is cut off
        ({"correct": "sYB="}, "no byte has"),
        ({"correct": "sYA=\n"}, "no value of the field 'correct'"),
        ({"correct": "sQ=="}, "1 bytes"),
        ({"correct": "sYE="}, "behind that of the last"),
        ({"correct": "8YA="}, "6 of 10 bits are set"),
        ({"accuracy": 0.6}, "5 of 10 bits are set"),
        ({"depth_correct": ["/oA=", "sYA="]}, "8 of 10 bits are set"),
        ({"depth_correct": ["/gA="]}, "differ in length"),
        ({"depth_accuracies": []}, "differ in length"),
        ({"class_images": [5, 50]}, "2 bytes of bits"),
    ],
)
def test_bits_at_odds_with_the_rest_are_no_event(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        ev.from_json(evaluated(**changes))
    assert "\n" not in str(refused.value)
