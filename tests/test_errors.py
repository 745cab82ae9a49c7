"""Messages are lines that can be read, whatever people wrote."""

import pytest

from fftui.errors import (
    LONGEST_MESSAGE,
    FFTUIError,
    RequestError,
    in_one_line,
    nearest,
    one_of,
    shown,
    unwritable,
)


def test_a_long_message_keeps_its_beginning_and_what_to_do() -> None:
    message = str(FFTUIError(f"there is no {'x' * 10_000}; fftui runs lists all"))
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("there is no xxx")
    assert message.endswith("fftui runs lists all")
    assert str(FFTUIError("short")) == "short"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("mnist", "'mnist'"),
        (3.5, "3.5"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_values_are_quoted(value: object, said: str) -> None:
    assert shown(value) == said


def test_an_integer_too_large_to_write_is_quoted_by_its_size() -> None:
    for value in (10**5_000, -(10**5_000)):
        assert shown(value) == "an integer of about 5,000 digits"


def test_no_value_is_long_to_quote() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in ("x" * 100_000, list(range(10**6)), deep, {"k" * 10_000: ["v" * 10_000] * 9}):
        assert len(shown(value)) < 200


def test_the_nearest_is_looked_for_among_names() -> None:
    assert nearest("minst", ["mnist", "svhn"]) == "mnist"
    assert nearest("mnist" * 100, ["mnist"]) is None
    with pytest.raises(RequestError, match=r"no set is called 'xxx.*; there are mnist"):
        one_of("set", "x" * 10_000, ["mnist"])


def test_what_no_text_can_have() -> None:
    assert unwritable("two\nlines\tand é\u200d") is None
    assert unwritable("a\x1b[2J") == "'\\x1b'"
    assert unwritable("a\udcff") == "'\\udcff'"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RequestError("cannot make a run\nat all"), "cannot make a run"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (ValueError(), "ValueError"),
        (RuntimeError("\n"), "RuntimeError"),
        (KeyError("units"), "KeyError: 'units'"),
    ],
    ids=str,
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert in_one_line(error) == line
