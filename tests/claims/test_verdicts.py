"""Comparisons of outcomes, and the rule that joins two observations to a verdict."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.claims import Claim, Outcomes, Platform, Setup, Verdict
from fftui.claims.estimates import Answer
from fftui.claims.outcomes import AbsentError
from fftui.claims.verdicts import (
    MARGIN,
    Comparison,
    Finding,
    Observation,
    at_chance,
    concluded,
    decide_both,
    decide_one,
    estimate_text,
    is_behind,
    observed,
)

from .evidence import accuracies, outcome

percents = st.floats(0.0, 100.0)
spreads = st.floats(0.0, 5.0)


@given(percents, percents, spreads)
def test_of_two_outcomes_at_most_one_is_behind(one: float, other: float, spread: float) -> None:
    pair = outcome("one", one, spread=spread), outcome("other", other, spread=spread)
    assert [is_behind(*pair).answer, is_behind(*reversed(pair)).answer].count("yes") <= 1
    assert is_behind(pair[0], pair[0]).answer != "yes"


@pytest.mark.parametrize(
    ("percent", "spread", "answer"),
    [(96.9, 0.05, "yes"), (97.9, 0.05, "no"), (96.9, 1.0, "open"), (97.9, 1.0, "open")],
)
def test_behind_is_told_where_the_whole_interval_is_on_one_side(
    percent: float, spread: float, answer: Answer
) -> None:
    behind = is_behind(outcome("ff", percent, spread=spread), outcome("backprop", 98.2))
    assert behind.answer == answer
    low, high = behind.difference.low, behind.difference.high
    assert (low > MARGIN, high < MARGIN) == (answer == "yes", answer == "no")


def test_on_par_needs_a_difference_that_is_known() -> None:
    equal_but_few_images = outcome("ff", 97.0, images=200), outcome("backprop", 97.0, images=200)
    assert is_behind(*equal_but_few_images).answer == "open"
    assert is_behind(*equal_but_few_images).would_tell.startswith("more test images")


def test_several_comparisons_widen_the_interval_of_each() -> None:
    pair = outcome("ff", 96.7, spread=0.2), outcome("backprop", 98.3, spread=0.2)
    assert is_behind(*pair).answer == "yes"
    assert is_behind(*pair, comparisons=20).answer == "open"


def test_only_runs_of_one_platform_are_compared() -> None:
    here, there = (Platform(host, "cpu", "float32") for host in ("here", "there"))
    one, other = outcome("ff", 97.0, platform=here), outcome("backprop", 97.5, platform=there)
    with pytest.raises(
        AbsentError, match=r"ff ran on cpu, float32, here, backprop .*, there: only runs of one"
    ):
        is_behind(one, other)
    assert is_behind(one, replace(other, platform=here)).answer == "no"
    assert is_behind(one, replace(other, platform=None)).answer == "no"


def test_chance_depends_on_the_number_of_classes() -> None:
    failed = outcome("cnn", 15.43)
    assert at_chance(failed).answer == "yes"
    assert at_chance(replace(failed, chance=0.01)).answer == "no"
    assert at_chance(outcome("cnn", 19.5, spread=5.0)).answer == "open"


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [(10.0, 10.0, "open"), (10.0, 18.0, "open"), (10.0, 22.0, "yes"), (22.0, 10.0, "no")],
)
def test_two_networks_at_chance_say_nothing_of_one_another(
    one: float, other: float, answer: Answer
) -> None:
    behind = is_behind(outcome("one", one), outcome("other", other))
    assert behind.answer == answer
    assert behind.would_tell == ("longer training might: none is above chance" * (answer == "open"))
    near = outcome("near", 18.5, spread=3.0)
    assert is_behind(near, near).would_tell.endswith("seeds would probably tell")


def test_a_difference_is_written_with_the_interval_that_decides() -> None:
    pair = outcome("ff", 96.0), outcome("backprop", 98.0)
    behind = is_behind(*pair)
    assert behind.text == is_behind(*reversed(pair)).text
    low, high = behind.difference.low, behind.difference.high
    assert behind.text == f"2.0 points apart ({100 * low:.1f} to {100 * high:.1f})"
    assert is_behind(*pair, comparisons=9).text != behind.text
    alone = is_behind(outcome("ff", [96.0]), outcome("backprop", [98.0]))
    assert alone.text == "2.0 points apart"


def test_what_would_tell_is_said_only_where_it_is_open() -> None:
    difference = accuracies(97.0, spread=0.5) - accuracies(95.2, spread=0.5)
    undecided, answered = Comparison(difference), Comparison(difference, bound=-0.5)
    assert concluded("open", "", undecided, answered).would_tell == undecided.would_tell
    assert undecided.would_tell.endswith("seeds would probably tell")
    assert answered.would_tell == ""
    assert concluded("yes", "", undecided).would_tell == ""


def test_of_several_open_comparisons_the_greatest_number_of_seeds_is_said() -> None:
    near, far = (
        Comparison(accuracies(97.0, spread=0.5) - accuracies(other, spread=0.5))
        for other in (95.4, 95.2)
    )
    needed = [each.seeds_to_tell or 0 for each in (near, far)]
    assert needed[0] > needed[1] > 0
    hint = f"{needed[0]} seeds would probably tell"
    assert concluded("open", "", far, near).would_tell == hint
    hindered = Comparison(near.difference, hindrance="longer training would")
    assert concluded("open", "", hindered, far, near).would_tell == f"longer training would; {hint}"


def test_what_would_tell_names_the_experiment_that_is_open() -> None:
    images, seeds = (Observation("open", "", hint) for hint in ("more images", "9 seeds"))
    no = Observation("no", "")
    joined = {
        (images, seeds): "the paper's recipe: more images; corrected: 9 seeds",
        (no, seeds): "corrected: 9 seeds",
        (seeds, no): "the paper's recipe: 9 seeds",
        (seeds, seeds): "9 seeds",
    }
    for (as_paper, corrected), why in joined.items():
        assert decide_both(as_paper, corrected, **ONLY_ONE).why == why


ONLY_ONE: dict[str, str] = {"only_as_paper": "one", "only_corrected": "two"}


@pytest.mark.parametrize(
    ("as_paper", "corrected", "verdict"),
    [
        ("yes", "yes", "holds"),
        ("no", "no", "does not hold"),
        ("yes", "no", "only as the paper ran it"),
        ("no", "yes", "not as the paper ran it, but with care"),
        ("open", "yes", "cannot tell"),
        ("no", "open", "cannot tell"),
        ("absent", "yes", "not run here"),
        ("open", "absent", "not run here"),
    ],
)
def test_two_answers_make_a_verdict(as_paper: Answer, corrected: Answer, verdict: Verdict) -> None:
    found = decide_both(
        Observation(as_paper, "p", "5 seeds"), Observation(corrected, "c", "9 seeds"), **ONLY_ONE
    )
    assert (found.verdict, found.as_paper, found.corrected) == (verdict, "p", "c")
    reasons = {
        "only as the paper ran it": "one",
        "not as the paper ran it, but with care": "two",
        "cannot tell": "the paper's recipe: 5 seeds"
        if as_paper == "open"
        else "corrected: 9 seeds",
        "not run here": "p" if as_paper == "absent" else "c",
    }
    assert found.why == reasons.get(verdict, found.why)


@pytest.mark.parametrize(
    ("answer", "verdict", "why"),
    [
        ("yes", "holds", "it does"),
        ("no", "does not hold", "it does not"),
        ("open", "cannot tell", "9 seeds"),
        ("absent", "not run here", "measured"),
    ],
)
def test_one_answer_makes_a_verdict(answer: Answer, verdict: Verdict, why: str) -> None:
    observation = Observation(answer, "measured", "9 seeds")
    for corrected, texts in ((True, ("", "measured")), (False, ("measured", ""))):
        found = decide_one(observation, yes="it does", no="it does not", corrected=corrected)
        assert found == Finding(verdict, *texts, why)


def test_an_experiment_that_is_absent_does_not_hide_the_other() -> None:
    def missing() -> Observation:
        raise AbsentError("svhn is not on this machine")

    found = decide_both(observed(missing), Observation("yes", "seen"), **ONLY_ONE)
    assert found == Finding(
        "not run here", "svhn is not on this machine", "seen", "svhn is not on this machine"
    )


def test_a_claim_sees_only_the_setups_that_it_needs() -> None:
    ff, other = Setup("ff"), Setup("cnn")

    def decide(outcomes: Outcomes) -> Finding:
        assert other not in outcomes
        return decide_one(Observation("yes", outcomes[ff].label), yes="it does", no="it does not")

    claim = Claim("it", "it does", "", "", (ff,), decide)
    both = Outcomes({ff: outcome("ff", 97.0), other: outcome("cnn", 97.0)}, {})
    assert claim.judge(both).verdict == "holds"
    assert claim.judge(Outcomes({}, {ff: "too large"})).why == "ff on mnist: too large"
    assert claim.judge(Outcomes({}, {})).why == "ff on mnist: not run"


def test_estimates_in_words() -> None:
    assert estimate_text(accuracies(97.04, images=5_000)) == "97.0 ± 0.5 %"
    assert estimate_text(accuracies([97.0])) == "97.0 % (one seed)"
