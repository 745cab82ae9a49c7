"""Each rule on settings of FF gives each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Verdict
from fftui.claims.settings_claims import ON_SETTINGS, activation_setup, threshold_setup

from .evidence import Percent, Value, of_setups, outcome, outcomes, together

BY_ID = {claim.id: claim for claim in ON_SETTINGS}
CHOICES = ("threshold-tunes", "activation-functions")


def chosen(validation: float, test: float, spread: float = 0.05) -> Outcome:
    return outcome(f"{validation:g} on validation", test, validation=validation, spread=spread)


def choices(claim: str, as_paper: tuple[Value, ...], corrected: tuple[Value, ...]) -> Outcomes:
    """Values of a setting that is chosen, in the paper's recipe and in the corrected one."""
    setups = {
        "threshold-tunes": (
            [threshold_setup("paper/ff", each) for each in (2, 15, 30)],
            [threshold_setup("ff, softplus", each) for each in (1, 4, 8)],
        ),
        "activation-functions": [
            [activation_setup(name, each) for each in ("relu", "gelu", "tanh")]
            for name in ("paper/ff", "ff")
        ],
    }[claim]
    pairs = zip(setups, (as_paper, corrected), strict=True)
    return together(*(outcomes(dict(zip(*pair, strict=False))) for pair in pairs))


MATTERS = (chosen(80.0, 80.5), chosen(95.0, 94.5), chosen(90.0, 90.0))
LEVEL = (chosen(95.0, 95.0), chosen(95.2, 95.1), chosen(95.1, 95.2))
UNSURE = (chosen(90.0, 92.0, 3.0), chosen(95.0, 95.1, 3.0))
ON_CHOICES: list[tuple[tuple[Value, ...], tuple[Value, ...], Verdict]] = [
    (MATTERS, MATTERS, "holds"),
    (MATTERS, LEVEL, "only as the paper ran it"),
    (LEVEL, MATTERS, "not as the paper ran it, but with care"),
    (LEVEL, LEVEL, "does not hold"),
    (MATTERS, UNSURE, "cannot tell"),
    (MATTERS, MATTERS[:1], "not run here"),
    (MATTERS, (97.0, 96.0), "not run here"),  # without validation images
]


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(
    ("as_paper", "corrected", "verdict"), ON_CHOICES, ids=[each[-1] for each in ON_CHOICES]
)
def test_a_rule_on_a_choice_gives_the_verdict(
    name: str, as_paper: tuple[Value, ...], corrected: tuple[Value, ...], verdict: Verdict
) -> None:
    finding = BY_ID[name].judge(choices(name, as_paper, corrected))
    assert (finding.verdict, bool(finding.why)) == (verdict, True)
    assert finding.as_paper
    assert finding.corrected


@pytest.mark.parametrize("name", CHOICES)
def test_a_value_is_chosen_on_validation_and_judged_on_test(name: str) -> None:
    best_on_test_alone = (chosen(95.0, 95.0), chosen(95.2, 95.1), chosen(95.1, 98.0))
    finding = BY_ID[name].judge(choices(name, best_on_test_alone, LEVEL))
    assert finding.verdict == "does not hold"
    assert "98.0" not in finding.as_paper
    worse_on_test = (chosen(95.0, 96.0), chosen(97.0, 92.0))
    assert BY_ID[name].judge(choices(name, worse_on_test, LEVEL)).verdict == "does not hold"


def test_a_choice_among_many_needs_a_larger_difference() -> None:
    two = (chosen(94.2, 94.2, 0.3), chosen(96.0, 96.0, 0.3))
    many = (*two, *(chosen(95.0, 95.0, 0.3) for _ in range(4)))
    values = (2, 15, 0.5, 1, 5, 10)
    for found, verdict in ((two, "holds"), (many, "cannot tell")):
        seen = {
            threshold_setup("paper/ff", v): each for v, each in zip(values, found, strict=False)
        }
        corrected = choices("threshold-tunes", (), MATTERS)
        finding = BY_ID["threshold-tunes"].judge(together(outcomes(seen), corrected))
        assert finding.verdict == verdict


def layers(*depths: Percent, spread: float = 0.05) -> Outcomes:
    return of_setups("paper/ff")(outcome("paper/ff", depths[-1], depths=depths, spread=spread))


encodings = of_setups(
    "ff, label appended", "ff, label overlaid", "cnn, label plane", "cnn, label overlaid"
)
DEPTH, ENCODING = "four-layers", "other-encodings"
CASES: list[tuple[str, Outcomes, Verdict]] = [
    (DEPTH, layers(93.0, 95.0, 96.0, 98.0), "holds"),
    (DEPTH, layers(95.2, 96.9, 97.1, 97.0), "does not hold"),
    (DEPTH, layers(93.0, 95.0, 97.5, 98.0), "does not hold"),  # not ahead of three
    (DEPTH, layers(93.0, 95.0, [95.0, 96.0, 97.0], 98.0), "cannot tell"),
    (DEPTH, layers(95.0, 97.0), "not run here"),
    (DEPTH, layers(10.0, 10.0, 10.0, 10.0), "cannot tell"),
    (DEPTH, of_setups("paper/ff")("it broke"), "not run here"),
    (ENCODING, encodings(98.0, 98.0, 97.0, 92.0), "holds"),
    (ENCODING, encodings(98.0, 98.0, 92.0, 92.0), "does not hold"),
    (ENCODING, encodings(98.0, 98.0, 92.0, outcome("", 92.0, spread=5.0)), "cannot tell"),
    (ENCODING, encodings(98.0, "it broke", 92.0, "it broke"), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert (finding.verdict, bool(finding.why)) == (verdict, True)
    assert verdict == "not run here" or finding.as_paper or finding.corrected


def test_depths_of_the_same_runs_are_compared_seed_by_seed() -> None:
    """A seed that is good is so at every depth: that spread says nothing of depth."""
    seen = layers([91.0, 93.0, 95.0], [92.0, 94.0, 96.0], [92.5, 94.5, 96.5], [94.0, 96.0, 98.0])
    assert BY_ID[DEPTH].judge(seen).verdict == "holds"


def test_the_encoding_that_is_ahead_is_named() -> None:
    finding = BY_ID[ENCODING].judge(encodings(98.0, 98.0, 97.0, 92.0))
    assert finding.why == "for cnn, label plane on mnist"
