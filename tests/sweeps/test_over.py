import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import RequestError
from fftui.sweeps.over import Choices, Over, Real, Whole, parse_over, parse_overs

REALS = st.floats(1e-6, 1e6)
WHOLES = st.integers(1, 10**9)


@given(REALS, REALS, st.booleans())
def test_a_range_of_real_numbers_is_read_as_it_is_written(a: float, b: float, log: bool) -> None:
    low, high = sorted((a, b + 1e7))
    kind = "log" if log else "uniform"
    assert parse_over(f"phases.0.x = {kind}( {low!r} , {high!r} )") == Over(
        "phases.0.x", Real(low, high, log)
    )


@given(WHOLES, st.integers(1, 1000), st.integers(1, 100))
def test_a_range_of_whole_numbers_is_read_as_it_is_written(low: int, steps: int, step: int) -> None:
    high = low + steps * step
    assert parse_over(f"a.b=int({low},{high},{step})").domain == Whole(low, high, False, step)
    assert parse_over(f"a.b=logint({low},{high})").domain == Whole(low, high, True)


@given(st.lists(st.from_regex(r"[a-z0-9.-]{1,9}", fullmatch=True), min_size=2, max_size=9))
def test_choices_keep_their_texts_and_order(texts: list[str]) -> None:
    try:
        domain = parse_over("a=" + "|".join(texts)).domain
    except RequestError as error:
        assert "twice" in str(error)
    else:
        assert domain == Choices(tuple(texts))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    for each in (text, f"a={text}", f"a=log({text})", f"a=int({text})"):
        try:
            over = parse_over(each)
        except RequestError as error:
            assert str(error).startswith("--over ")
            assert "\n" not in str(error)
        else:
            assert over.path
            assert over.domain.probes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("phases.0.epochs", "write it as"),
        ("a=5", "it has one value"),
        ("a=1|", "an empty one"),
        ("a=1|1.0|1", "twice"),
        ("a=log(0,1)", "0 has no logarithm"),
        ("a=log(1,1)", "not below the greatest"),
        ("a=log(1)", "takes two numbers"),
        ("a=log(1,nan)", "not a number that a setting can have"),
        ("a=int(1,2.5)", "'2.5' is not a whole number"),
        ("a=int(1,10,4)", "a step of 4 does not lead from 1 to 10"),
        ("a=logint(1,10,4)", "takes the least and the greatest"),
        ("a=lgo(1,2)", "did you mean 'log'"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=why) as refused:
        parse_over(text)
    assert str(refused.value).startswith("--over ")


def test_a_path_is_searched_once_and_there_is_one() -> None:
    with pytest.raises(RequestError, match="'a' is given twice"):
        parse_overs(["a=1|2", "b=1|2", "a=3|4"])
    with pytest.raises(RequestError, match="nothing to search"):
        parse_overs([])
