"""Comparisons of measures: what leaves them open, and how they are written."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.claims import Measures, Outcome, Outcomes, Platform, Repeats
from fftui.claims.amounts import (
    LEARNING_TIME,
    MEMORY,
    Amount,
    compared,
    is_more,
    mean_of_layers,
    of_first_layer,
)
from fftui.claims.attention_claims import ON_ATTENTION
from fftui.claims.memory_claims import ON_MEMORY
from fftui.claims.outcomes import AbsentError, Curve, LayerMeasures
from fftui.claims.power_claims import ON_POWER
from fftui.claims.time_claims import ON_TIME

from .machine import layers, measured, repeats

HERE, THERE = Platform("a", "cpu", "float32"), Platform("b", "cpu", "float32")


def taking(seconds: float, count: int = 3, **figures: object) -> Outcome:
    return measured(train_s=repeats(seconds, count), **figures)


def answer(one: Outcome, other: Outcome) -> str:
    return compared(Amount(LEARNING_TIME, one), Amount(LEARNING_TIME, other), is_more).answer


def test_repeats_on_a_quiet_machine_give_an_answer() -> None:
    assert answer(taking(20.0), taking(10.0)) == "yes"
    assert answer(taking(10.0), taking(20.0)) == "no"
    assert answer(taking(11.0), taking(10.0)) == "open"


@pytest.mark.parametrize(
    ("one", "hint"),
    [
        (taking(20.0, disturbed="others used 40 % of it"), "quiet machine would tell .*40 %"),
        (taking(20.0, count=2), "3 repeats would tell more: here are 2"),
        (replace(taking(20.0), platform=THERE), "only runs of one platform are compared"),
        (taking(20.0, shares=("1 core",)), "as many cores would tell: these had 1 core or 2 cores"),
        (taking(20.0, shares=("1 core", "2 cores")), "these had 1 core or 2 cores"),
    ],
    ids=["disturbed", "two repeats", "another host", "other cores", "repeats with other cores"],
)
@pytest.mark.parametrize("swapped", [False, True], ids=["first", "second"])
def test_what_hinders_leaves_a_comparison_open_and_is_said(
    one: Outcome, hint: str, swapped: bool
) -> None:
    other = replace(taking(10.0, shares=("2 cores",)), platform=HERE)
    pair = (other, one) if swapped else (one, other)
    found = compared(*(Amount(LEARNING_TIME, each) for each in pair), is_more)
    assert found.answer == "open"
    assert re.search(hint, found.would_tell)


def test_what_other_processes_do_is_no_matter_to_a_runs_own_memory() -> None:
    one, other = (
        measured(memory_bytes=repeats(1e6 * each), disturbed="others used 40 % of it")
        for each in (20.0, 10.0)
    )
    assert compared(Amount(MEMORY, one), Amount(MEMORY, other), is_more).answer == "yes"


def test_both_amounts_and_their_ratio_are_written() -> None:
    one = replace(taking(20.0), label="one")
    text = compared(
        Amount(LEARNING_TIME, one), Amount(LEARNING_TIME, taking(10.0), "other"), is_more
    ).text
    assert text == "one 20 s (20 s to 20 s); other 10 s (9.9 s to 10 s) (2.00 times)"


def test_what_was_not_measured_is_absent() -> None:
    with pytest.raises(AbsentError, match=r"a run: not measured \(needs telemetry\)"):
        compared(Amount(MEMORY, measured()), Amount(MEMORY, measured()), is_more)


def test_layers_are_read_as_the_first_and_as_their_mean_in_each_run() -> None:
    found = Measures(
        layers=layers(power_w=(Repeats((90.0, 96.0)), Repeats((60.0, 66.0)), Repeats((72.0, 60.0))))
    )
    assert of_first_layer(lambda layer: layer.power_w)(found) == Repeats((90.0, 96.0))
    assert mean_of_layers(lambda layer: layer.power_w)(found) == Repeats((74.0, 74.0))
    assert mean_of_layers(lambda layer: layer.power_w, begin=1)(found) == Repeats((66.0, 63.0))


@pytest.mark.parametrize(
    "odd",
    [LayerMeasures("b"), LayerMeasures("b", power_w=Repeats((1.0,)))],
    ids=["unmeasured", "measured in fewer runs"],
)
def test_the_mean_over_layers_needs_each_of_them_in_each_run(odd: LayerMeasures) -> None:
    whole = LayerMeasures("a", power_w=Repeats((1.0, 2.0)))
    read = mean_of_layers(lambda layer: layer.power_w)
    assert read(Measures(layers=(whole, odd))) is None
    assert read(Measures()) is None
    assert of_first_layer(lambda layer: layer.power_w)(Measures()) is None


fractions, amounts = st.floats(0.0, 1.0), st.floats(0.0, 1e9)
some_repeats = st.none() | st.lists(amounts, max_size=4).map(lambda values: Repeats(tuple(values)))
curves = st.lists(st.tuples(fractions, amounts, amounts), max_size=4).map(
    lambda points: (
        Curve(*(tuple(each) for each in zip(*points, strict=True))) if points else Curve((), (), ())
    )
)
one_layer = st.builds(
    LayerMeasures, st.just("a layer"), some_repeats, some_repeats, some_repeats, some_repeats
)
measures = st.builds(
    Measures,
    **dict.fromkeys(("train_s", "memory_bytes", "power_w", "power_spread_w"), some_repeats),
    layers=st.lists(one_layer, max_size=3).map(tuple),
    curves=st.lists(curves, max_size=4).map(tuple),
    disturbed=st.sampled_from(["", "", "others used 40 % of it"]),
)


UNMEASURED = measured()


@given(st.data())
def test_a_rule_has_a_finding_for_any_measures(data: st.DataObject) -> None:
    claim = data.draw(st.sampled_from((*ON_TIME, *ON_MEMORY, *ON_POWER, *ON_ATTENTION)))
    each = measures.map(lambda found: replace(UNMEASURED, measures=found))
    seen = data.draw(st.fixed_dictionaries(dict.fromkeys(claim.needs, each)))
    finding = claim.judge(Outcomes(seen, {}))
    assert finding.why
