"""Every rule gives each of its verdicts, from invented outcomes, and none where outcomes is missing
or too coarse.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.claims import (
    CLAIMS,
    MARGINS,
    Claim,
    Estimate,
    Outcome,
    Outcomes,
    Setup,
    Verdict,
    of_accuracies,
)
from fftui.claims.verdicts import (
    MARGIN,
    RESOLUTION,
    Answer,
    Observation,
    at_chance,
    decide_both,
    exceeds,
    is_behind,
)

HOLDS, FALSE, OTHER, UNTESTED = get_args(Verdict)
assert (HOLDS, FALSE, OTHER, UNTESTED) == (
    "holds",
    "does not hold",
    "holds for another reason",
    "not tested here",
)

BY_ID = {claim.id: claim for claim in CLAIMS}
FAITHFUL_FF, FAITHFUL_BP, FF, BP = (
    Setup(setup) for setup in ("paper/ff", "paper/backprop", "ff", "backprop")
)


def outcome(
    percent: float, *, train: float | None = None, half: float = 0.3, **figures: object
) -> Outcome:
    """Test and train accuracy in percent; a tenth of the images is labelled right by guessing."""
    test, learned = Estimate(percent / 100, half / 100), (percent if train is None else train) / 100
    return replace(Outcome("", test, Estimate(learned, 0.001), 0.1, 10.0), **figures)  # type: ignore[arg-type]


def make_outcomes(outcomes: Mapping[Setup, Outcome | float]) -> Outcomes:
    """Numbers are test accuracies in percent."""
    made = {
        setup: one if isinstance(one, Outcome) else outcome(one) for setup, one in outcomes.items()
    }
    return Outcomes({setup: replace(one, label=setup.name) for setup, one in made.items()}, {})


def on(*setups: Setup, values: tuple[Outcome | float, ...]) -> Outcomes:
    return make_outcomes(dict(zip(setups, values, strict=True)))


def of_setups(*setups: str) -> Callable[..., Outcomes]:
    return lambda *values: on(*map(Setup, setups), values=values)


def four(data: str) -> Callable[..., Outcomes]:
    """Paper's FF and backprop, FF and backprop corrected."""
    return lambda *values: on(
        *(replace(setup, data=data) for setup in (FAITHFUL_FF, FAITHFUL_BP, FF, BP)), values=values
    )


def sizes(
    *rows: tuple[int, Outcome | float, Outcome | float, Outcome | float, Outcome | float],
) -> Outcomes:
    return make_outcomes(
        {
            replace(setup, images=images): value
            for images, *values in rows
            for setup, value in zip((FAITHFUL_FF, FAITHFUL_BP, FF, BP), values, strict=True)
        }
    )


def gap(percent: float) -> Outcome:
    return outcome(90.0, train=90.0 + percent)


def seconds(value: float) -> Outcome:
    return outcome(95.0, train_s=value)


def memory(megabytes: float) -> Outcome:
    return outcome(95.0, memory_bytes=1e6 * megabytes)


def power(watts: float) -> Outcome:
    return outcome(95.0, power_w=watts)


def layers(*each: float) -> Outcome:
    return outcome(95.0, layer_s=each)


def timed(percent: float, value: float) -> Outcome:
    return outcome(percent, train_s=value)


pairs = of_setups("paper/ff, timed", "paper/backprop, timed", "ff, plain", "backprop, plain")
forward = of_setups("paper/hybrid", "hybrid", "hybrid, second phase alone")
lifted = of_setups(
    "paper/hybrid", "hybrid", "hybrid, second phase alone", "paper/hybrid, weights kept"
)
backward = of_setups("paper/hybrid-reverse", "hybrid-reverse", "hybrid-reverse, second phase alone")
cnn = of_setups("paper/cnn", "cnn", "paper/cnn, normalisation", "paper/cnn, label")
attention = of_setups(
    "paper/attention", "paper/ff", "attention, label in every patch", "attention, label overlaid"
)
above = of_setups("paper/attention", "paper/cnn", "attention", "cnn")
thresholds = of_setups(
    "paper/ff, threshold 2",
    "paper/ff, threshold 15",
    "ff, softplus, threshold 1",
    "ff, softplus, threshold 8",
)
encodings = of_setups(
    "ff, label appended", "ff, label overlaid", "cnn, label plane", "cnn, label overlaid"
)
orders = of_setups("ff, plain", "ff, plain, layer after layer")
LAYERS, COLOUR_LAYERS = Setup("paper/ff, timed"), Setup("paper/ff, timed", "cifar10")

CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("on-par-mnist", four("mnist")(97.1, 97.9, 98.9, 98.8), "holds"),
    ("on-par-mnist", four("mnist")(96.0, 97.9, 97.0, 98.8), "does not hold"),
    ("on-par-mnist", four("mnist")(97.1, 97.9, 97.0, 98.8), "holds for another reason"),
    ("on-par-mnist", four("mnist")(96.0, 97.9, 98.9, 98.8), "holds for another reason"),
    (
        "on-par-mnist",
        four("mnist")(97.0, 97.0, outcome(96, half=3), outcome(96, half=3)),
        "not tested here",
    ),
    (
        "on-par-fashion-mnist",
        four("fashion-mnist")(85.8, 89.4, 89.9, 90.2),
        "holds for another reason",
    ),
    ("on-par-fashion-mnist", four("fashion-mnist")(85.8, 89.4, 85.9, 90.2), "does not hold"),
    ("on-par-fashion-mnist", four("fashion-mnist")(89.0, 89.4, 89.9, 90.2), "holds"),
    ("lags-on-complex-sets", four("cifar10")(49.2, 53.9, 54.0, 58.0), "holds"),
    ("lags-on-complex-sets", four("cifar10")(49.2, 53.9, 58.0, 58.0), "holds for another reason"),
    ("lags-on-complex-sets", four("svhn")(80.0, 80.5, 85.0, 85.1), "does not hold"),
    ("overfits-less", four("mnist")(gap(0.2), gap(1.9), gap(0.5), gap(2.0)), "holds"),
    (
        "overfits-less",
        four("mnist")(gap(0.2), gap(1.9), gap(0.9), gap(1.0)),
        "holds for another reason",
    ),
    ("overfits-less", four("svhn")(gap(6.0), gap(5.9), gap(9.0), gap(9.0)), "does not hold"),
    ("as-efficient", pairs(*map(seconds, (470.0, 660.0, 10.0, 12.0))), "holds"),
    ("as-efficient", pairs(*map(seconds, (1200.0, 5.0, 30.0, 12.0))), "does not hold"),
    ("as-efficient", pairs(*map(seconds, (1200.0, 5.0, 13.0, 12.0))), "holds for another reason"),
    ("more-memory", pairs(*map(memory, (900.0, 600.0, 900.0, 600.0))), "holds"),
    ("more-memory", pairs(*map(memory, (600.0, 600.0, 600.0, 600.0))), "does not hold"),
    ("more-memory", pairs(*map(memory, (900.0, 600.0, 620.0, 600.0))), "holds for another reason"),
    ("more-memory", pairs(*map(seconds, (1.0, 1.0, 1.0, 1.0))), "not tested here"),
    ("similar-power", pairs(*map(power, (70.0, 72.0, 150.0, 151.0))), "holds"),
    ("similar-power", pairs(*map(power, (70.0, 100.0, 150.0, 90.0))), "does not hold"),
    ("similar-power", pairs(*map(power, (70.0, 72.0, 150.0, 90.0))), "holds for another reason"),
    ("similar-power", pairs(*map(seconds, (1.0, 1.0, 1.0, 1.0))), "not tested here"),
    (
        "attention-draws-more",
        of_setups("paper/attention-frozen", "paper/ff, timed")(power(120), power(70)),
        "holds",
    ),
    (
        "attention-draws-more",
        of_setups("paper/attention-frozen", "paper/ff, timed")(power(70), power(70)),
        "does not hold",
    ),
    (
        "first-layer-slowest",
        on(COLOUR_LAYERS, LAYERS, values=(layers(1.5, 1, 1), layers(0.5, 1, 1))),
        "holds",
    ),
    (
        "first-layer-slowest",
        on(COLOUR_LAYERS, LAYERS, values=(layers(1, 1, 1), layers(1, 1, 1))),
        "does not hold",
    ),
    (
        "first-layer-slowest",
        on(COLOUR_LAYERS, LAYERS, values=(layers(2, 1), layers(1, 1))),
        "holds for another reason",
    ),
    (
        "first-layer-slowest",
        on(COLOUR_LAYERS, LAYERS, values=(layers(1, 1), layers(1))),
        "not tested here",
    ),
    ("first-layer-slowest", on(LAYERS, values=(layers(1, 1),)), "not tested here"),
    ("parallel-layers", orders(timed(98, 10), timed(98, 15)), "holds"),
    ("parallel-layers", orders(timed(98, 15), timed(98, 15)), "does not hold"),
    ("parallel-layers", orders(timed(96, 10), timed(98, 15)), "does not hold"),
    ("ff-then-backprop", forward(11.0, 11.0, 98.0), "holds"),
    ("ff-then-backprop", forward(11.0, 95.0, 98.0), "holds"),
    ("ff-then-backprop", forward(11.0, 98.5, 98.0), "holds for another reason"),
    ("ff-then-backprop", forward(94.0, 98.5, 98.0), "does not hold"),
    ("ff-then-backprop", forward(94.0, 95.0, 98.0), "holds for another reason"),
    ("backprop-then-ff", backward(15.4, 98.0, 97.8), "holds for another reason"),
    ("backprop-then-ff", backward(15.4, 15.0, 97.8), "holds"),
    ("backprop-then-ff", backward(90.0, 98.0, 97.8), "does not hold"),
    ("cnn-weight-sharing", cnn(10.8, 98.9, 95.0, 10.0), "holds for another reason"),
    ("cnn-weight-sharing", cnn(10.8, 98.9, 10.0, 10.0), "holds for another reason"),
    ("cnn-weight-sharing", cnn(10.8, 10.0, 10.0, 10.0), "holds"),
    ("cnn-weight-sharing", cnn(90.0, 98.9, 95.0, 92.0), "does not hold"),
    ("attention-label-in-one-patch", attention(60.0, 97.0, 97.5, 92.0), "holds"),
    ("attention-label-in-one-patch", attention(60.0, 97.0, 97.5, 97.4), "holds for another reason"),
    ("attention-label-in-one-patch", attention(97.0, 97.0, 97.5, 97.4), "does not hold"),
    ("attention-above-cnn", above(60.0, 10.0, 98.8, 96.0), "holds"),
    ("attention-above-cnn", above(60.0, 10.0, 97.5, 98.9), "holds for another reason"),
    ("attention-above-cnn", above(60.0, 60.0, 97.5, 98.9), "does not hold"),
    (
        "fewer-samples",
        sizes((1000, 11.2, 88.9, 92.5, 88.0), (5000, 38.0, 94.0, 97.4, 97.2)),
        "holds for another reason",
    ),
    (
        "fewer-samples",
        sizes((1000, 11.2, 88.9, 92.5, 92.0), (5000, 38.0, 94.0, 97.4, 97.2)),
        "does not hold",
    ),
    ("fewer-samples", sizes((1000, 90.0, 88.0, 92.5, 88.0)), "holds"),
    (
        "fewer-samples",
        sizes((1000, 90.0, 88.0, 92.5, 88.0), (10000, 90.0, 95.0, 96.0, 98.0)),
        "does not hold",
    ),
    (
        "more-stable",
        sizes((1000, gap(1), gap(9), gap(2), gap(8)), (5000, gap(1), gap(2), gap(1), gap(1))),
        "holds",
    ),
    (
        "more-stable",
        sizes((1000, 11.2, gap(9), gap(9), gap(9)), (5000, 38.0, gap(2), gap(1), gap(2))),
        "does not hold",
    ),
    ("more-stable", sizes((1000, 11.2, gap(9), gap(3), gap(9))), "holds for another reason"),
    ("threshold-tunes", thresholds(80.0, 95.0, 96.0, 92.0), "holds"),
    ("threshold-tunes", thresholds(80.0, 95.0, 96.0, 96.1), "holds for another reason"),
    ("threshold-tunes", thresholds(95.0, 95.1, 96.0, 96.1), "does not hold"),
    (
        "four-layers",
        on(FAITHFUL_FF, values=(outcome(97.0, layers=(0.95, 0.952, 0.96, 0.94)),)),
        "holds",
    ),
    (
        "four-layers",
        on(FAITHFUL_FF, values=(outcome(97.0, layers=(0.95, 0.972, 0.96, 0.94)),)),
        "does not hold",
    ),
    (
        "four-layers",
        on(FAITHFUL_FF, values=(outcome(97.0, layers=(0.95, 0.972)),)),
        "not tested here",
    ),
    ("other-encodings", encodings(98.0, 98.0, 97.0, 92.0), "holds"),
    ("other-encodings", encodings(98.0, 98.0, 92.0, 92.0), "does not hold"),
    ("other-encodings", encodings(98.0, 98.0, 92.0, outcome(92, half=5)), "not tested here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why
    if verdict != "not tested here":
        assert finding.faithful or finding.corrected


ONE_SIDED = {"attention-draws-more", "parallel-layers", "four-layers", "other-encodings"}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_verdict_that_a_rule_can_give_is_among_the_cases(claim: Claim) -> None:
    given_ = {verdict for name, _, verdict in CASES if name == claim.id}
    assert given_ >= {HOLDS, FALSE} | (set() if claim.id in ONE_SIDED else {OTHER})


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_without_runs_nothing_is_tested_and_the_reason_is_said(claim: Claim) -> None:
    reason = "svhn is not on this machine"
    finding = claim.judge(Outcomes({}, dict.fromkeys(claim.needs, reason)))
    assert finding.verdict == "not tested here"
    assert reason in finding.why


def test_claims_are_told_apart_and_say_everything() -> None:
    assert len(BY_ID) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.statement
        assert claim.paper
        assert claim.rule.startswith(("Yes", "Faithful, yes"))
        assert claim.needs


def test_the_factor_that_lifts_the_papers_networks_is_named() -> None:
    assert (
        "(paper/hybrid, weights kept)"
        in BY_ID["ff-then-backprop"].judge(lifted(11.0, 98.5, 98.0, 94.0)).why
    )
    assert "(normalisation)" in BY_ID["cnn-weight-sharing"].judge(cnn(10.8, 98.9, 95.0, 10.0)).why
    assert "no single change" in BY_ID["cnn-weight-sharing"].judge(cnn(10.8, 98.9, 10.0, 10.0)).why


def test_a_set_where_runs_are_missing_does_not_keep_another_from_being_judged() -> None:
    both = four("cifar10")(49.2, 53.9, 54.0, 58.0)
    more = Outcomes({**both.by_setup, Setup("paper/ff", "svhn"): outcome(90.0)}, {})
    assert BY_ID["lags-on-complex-sets"].judge(more).verdict == "holds"


accuracies = st.floats(0.0, 1.0)
estimates = st.builds(Estimate, accuracies, st.floats(0.0, 0.2))
outcomes = st.builds(
    Outcome,
    st.just("something"),
    estimates,
    estimates,
    st.sampled_from([0.1, 0.01]),
    st.floats(0.01, 1e5),
    st.lists(accuracies, max_size=4).map(tuple),
    st.lists(st.floats(0.01, 10.0), max_size=4).map(tuple),
    st.none() | st.floats(1e6, 1e10),
    st.none() | st.floats(1.0, 500.0),
)


@given(st.data())
def test_a_rule_has_an_answer_to_any_make_outcomes(data: st.DataObject) -> None:
    claim = data.draw(st.sampled_from(CLAIMS))
    found = data.draw(st.dictionaries(st.sampled_from(claim.needs), outcomes))
    finding = claim.judge(Outcomes(found, {}))
    assert finding.verdict in get_args(Verdict)
    assert finding.why


@given(outcomes, outcomes)
def test_of_two_outcomes_at_most_one_is_behind(one: Outcome, other: Outcome) -> None:
    assert [is_behind(one, other), is_behind(other, one)].count("yes") <= 1
    assert is_behind(one, one) != "yes"


@given(estimates)
def test_a_difference_that_counts_is_larger_than_the_margin_and_its_interval(
    difference: Estimate,
) -> None:
    answer = exceeds(difference)
    assert (answer == "yes") == (difference.mean > MARGIN and difference.mean > difference.half)
    if answer == "no":
        assert difference.half <= RESOLUTION or difference.high < MARGIN


@pytest.mark.parametrize(
    ("faithful", "corrected", "verdict"),
    [
        ("yes", "yes", "holds"),
        ("no", "no", "does not hold"),
        ("yes", "no", "holds for another reason"),
        ("no", "yes", "holds for another reason"),
        ("open", "yes", "not tested here"),
        ("no", "open", "not tested here"),
    ],
)
def test_two_answers_make_a_verdict(faithful: Answer, corrected: Answer, verdict: Verdict) -> None:
    found = decide_both(
        Observation(faithful, "f"),
        Observation(corrected, "c"),
        only_faithful="one",
        only_corrected="two",
    )
    assert (found.verdict, found.faithful, found.corrected) == (verdict, "f", "c")
    if verdict == "holds for another reason":
        assert found.why == ("one" if faithful == "yes" else "two")


@given(st.lists(accuracies, min_size=1, max_size=6), st.integers(10, 10_000))
def test_an_estimate_lies_among_its_accuracies(values: list[float], images: int) -> None:
    estimate = of_accuracies(values, images)
    assert min(values) - 1e-9 <= estimate.mean <= max(values) + 1e-9
    assert estimate.low <= estimate.mean <= estimate.high
    if len(values) < 3:
        assert 0 < estimate.half < of_accuracies(values, images // 2).half


def test_intervals_against_published_values() -> None:
    # Student, three values: t(2; 0.975) = 4.3027; and a proportion of 1,000 near 0.95: 1.96
    # sqrt(0.95 0.05 / 1000).
    assert of_accuracies([0.97, 0.98, 0.99], 1).half == pytest.approx(
        4.3027 * 0.01 / 3**0.5, rel=1e-4
    )
    assert of_accuracies([0.95], 1000).half == pytest.approx(0.0135, abs=5e-4)
    with pytest.raises(ValueError, match="no accuracy"):
        of_accuracies([], 10)


def test_chance_depends_on_the_number_of_classes() -> None:
    assert at_chance(outcome(15.43))
    assert not at_chance(replace(outcome(15.43), chance=0.01))


def test_the_page_on_claims_says_what_the_rules_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")
    said = " ".join(page.replace("\n- ", "\n").split())
    for text in (
        MARGINS,
        *(text for claim in CLAIMS for text in (claim.statement, claim.paper, claim.rule)),
    ):
        assert " ".join(text.split()) in said, text
