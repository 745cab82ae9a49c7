"""How a verdict is computed: margins, comparisons of outcomes, and one rule that joins two
observations.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from fftui.claims.estimates import (
    MOST_SEEDS,
    Accuracies,
    Answer,
    Estimate,
    confidence_of,
)
from fftui.claims.outcomes import AbsentError, Outcome, Outcomes, Setup
from fftui.text.format import percent

Verdict = Literal[
    "holds",
    "does not hold",
    "only as the paper ran it",
    "not as the paper ran it, but with care",
    "cannot tell",
    "not run here",
]

# One point: the paper calls 97.14 and 98.04 % on par, and 10,000 test images tell such accuracies
# to 0.3 points.
MARGIN = 0.01
# at chance: under twice what guessing gives (20 % of ten classes; the paper's failures are 10 to 15
# %)
CHANCE = 2.0
# times: the same set-up took up to 1.4 times as long on the machines these were chosen on
TIMES = 1.5
# a time that is longer, memory and power: tenths are what a sampler sees beside everything else in
# a process
AMOUNTS = 1.1

MARGINS = (
    "Behind (or ahead): by more than 1 point of test accuracy. It is so where the whole 95 %"
    " interval of the difference is beyond 1 point, it is not where the whole interval is below,"
    " and else cannot be told; on par means not behind, so a difference that is not known well is"
    " none. The interval holds the spread of the seeds (Student's t, Welch, Satterthwaite) and"
    " that of the test images, compared image by image. Where a claim makes several comparisons"
    " their intervals are widened (Bonferroni). At chance: the interval below twice the accuracy"
    " of guessing; two networks of which neither is above it for certain are not compared. Times,"
    " memory and power: at least three repeats, run in turn (for times and power on a quiet"
    " machine), and likewise the whole 95 % interval beyond the bound; times are similar within a"
    " factor of 1.5; a time is longer, and memory or power more, from a tenth on. Choices are made"
    " on validation images. Only runs of one host, device and precision are compared."
)


@dataclass(frozen=True)
class Observation:
    """Whether an experiment shows what the claim says, its measurements in words, and where they
    leave it open what would tell.
    """

    answer: Answer
    text: str
    would_tell: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict, what the two experiments gave (the paper's recipe, and the corrected one), and why
    the verdict is what it is.
    """

    verdict: Verdict
    as_paper: str
    corrected: str
    why: str


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, and how runs decide on it.

    `paper` gives its own numbers; `rule` says in words what `decide` does with the outcomes of the
    set-ups that it `needs`. `decide` is pure, and raises AbsentError where an outcome is missing
    that it cannot do without.
    """

    id: str
    statement: str
    paper: str
    rule: str
    needs: tuple[Setup, ...]
    decide: Callable[[Outcomes], Finding]

    def judge(self, outcomes: Outcomes) -> Finding:
        """The finding on this claim: `not run here` with the reason where an outcome is missing."""
        try:
            return self.decide(outcomes.only(self.needs))
        except AbsentError as absent:
            return Finding("not run here", "", "", str(absent))


@dataclass(frozen=True)
class Comparison:
    """A difference of accuracies and the bound that it is compared with; `answer` says whether it
    is above it.

    `hindrance` says what would tell where the difference tells nothing, however large it is.
    """

    difference: Estimate
    bound: float = MARGIN
    confidence: float = confidence_of(1)
    hindrance: str = ""

    @property
    def answer(self) -> Answer:
        """Whether the true difference is above the bound."""
        if self.hindrance:
            return "open"
        return self.difference.exceeds(self.bound, self.confidence)

    @property
    def would_tell(self) -> str:
        """What would answer it, where it is open; else empty."""
        if self.hindrance or self.answer != "open":
            return self.hindrance
        if self.seeds_to_tell is not None:
            return f"{self.seeds_to_tell} seeds would probably tell"
        if all(spread.seeds is not None for spread in self.difference.spreads):
            return f"more than {MOST_SEEDS} seeds would tell"
        return "more test images: seeds alone would not tell"

    @cached_property
    def seeds_to_tell(self) -> int | None:
        """How many seeds would answer it if the means and spreads stayed; None where they would
        not, or where something else hinders.
        """
        if self.hindrance:
            return None
        return self.difference.seeds_to_tell(self.bound, self.confidence)

    @property
    def text(self) -> str:
        """The difference, from the lower accuracy to the higher one, with the interval that
        decides: `0.9 points apart (0.5 to 1.3)`.
        """
        mean, half = self.difference.mean, self.difference.half(self.confidence)
        apart = f"{percent(abs(mean), 1)} points apart"
        if math.isinf(half):
            return apart
        return f"{apart} ({percent(abs(mean) - half, 1)} to {percent(abs(mean) + half, 1)})"


def concluded(answer: Answer, text: str, *comparisons: Comparison) -> Observation:
    """The observation with an `answer` from comparisons: where it is open, what those that are open
    need.
    """
    if answer != "open":
        return Observation(answer, text)
    undecided = [each for each in comparisons if each.would_tell]
    # so many seeds answer the comparisons that need fewer, too
    most = max((each.seeds_to_tell or 0 for each in undecided), default=0)
    hints = (each.would_tell for each in undecided if each.seeds_to_tell in (None, most))
    return Observation(answer, text, "; ".join(dict.fromkeys(hints)))


def observed(observe: Callable[[], Observation]) -> Observation:
    """What `observe` finds; `absent` with the reason where an outcome is missing."""
    try:
        return observe()
    except AbsentError as absent:
        return Observation("absent", str(absent))


def decide_both(
    as_paper: Observation, corrected: Observation, *, only_as_paper: str, only_corrected: str
) -> Finding:
    """The verdict from both experiments. `only_…` says what to conclude where only that one says
    yes.
    """
    verdict, why = _joined(as_paper, corrected, only_as_paper, only_corrected)
    return Finding(verdict, as_paper.text, corrected.text, why)


def _joined(
    as_paper: Observation, corrected: Observation, only_as_paper: str, only_corrected: str
) -> tuple[Verdict, str]:
    absent = [each.text for each in (as_paper, corrected) if each.answer == "absent"]
    if absent:
        return "not run here", "; ".join(dict.fromkeys(absent))
    known: dict[tuple[Answer, Answer], tuple[Verdict, str]] = {
        ("yes", "yes"): (
            "holds",
            "seen with the paper's recipe, and again in the corrected experiment",
        ),
        ("no", "no"): (
            "does not hold",
            "seen neither with the paper's recipe nor in the corrected experiment",
        ),
        ("yes", "no"): ("only as the paper ran it", only_as_paper),
        ("no", "yes"): ("not as the paper ran it, but with care", only_corrected),
    }
    undecided: tuple[Verdict, str] = ("cannot tell", _would_tell_both(as_paper, corrected))
    return known.get((as_paper.answer, corrected.answer), undecided)


def decide_one(observation: Observation, *, yes: str, no: str, corrected: bool = True) -> Finding:
    """The verdict where one experiment decides: the corrected one, or (`corrected` false) the
    paper's.
    """
    verdicts: dict[Answer, tuple[Verdict, str]] = {
        "yes": ("holds", yes),
        "no": ("does not hold", no),
        "open": ("cannot tell", _would_tell(observation)),
        "absent": ("not run here", observation.text),
    }
    verdict, why = verdicts[observation.answer]
    as_paper, with_care = ("", observation.text) if corrected else (observation.text, "")
    return Finding(verdict, as_paper, with_care, why)


def _would_tell(observation: Observation) -> str:
    return observation.would_tell or "the repeats do not agree"


def _would_tell_both(as_paper: Observation, corrected: Observation) -> str:
    """What would tell, after the name of the experiment that is open."""
    named = (("the paper's recipe", as_paper), ("corrected", corrected))
    hints = [(name, _would_tell(each)) for name, each in named if each.answer == "open"]
    if len(hints) > 1 and len({hint for _, hint in hints}) == 1:
        return hints[0][1]
    return "; ".join(f"{name}: {hint}" for name, hint in hints)


def is_behind(one: Outcome, other: Outcome, comparisons: int = 1) -> Comparison:
    """Whether `one` labels test images worse than `other` does, by more than the margin.

    `comparisons` is the number of those that the claim makes. Open where neither of them is above
    chance for certain. Raises AbsentError where they ran on different platforms.
    """
    ensure_comparable(one, other)
    failed = [at_chance(each, comparisons) for each in (one, other)]
    return Comparison(
        other.test - one.test,
        confidence=confidence_of(comparisons),
        hindrance=nothing_learnt(*failed),
    )


def at_chance(outcome: Outcome, comparisons: int = 1) -> Comparison:
    """Whether it labels test images hardly better than guessing."""
    return is_guessing(outcome.test, outcome.chance, confidence_of(comparisons))


def is_guessing(accuracies: Accuracies, chance: float, confidence: float) -> Comparison:
    """Whether accuracies are hardly better than `chance`, that of guessing."""
    under = Estimate(CHANCE * chance - accuracies.mean, accuracies.estimate.spreads)
    return Comparison(under, 0.0, confidence)


def nothing_learnt(*failed: Comparison) -> str:
    """What would tell where none of those asked whether they are at chance is above it for certain:
    they say nothing of one another. Else empty.
    """
    if any(each.answer == "no" for each in failed):
        return ""
    hints = [hint for each in failed if (hint := each.would_tell)]
    return hints[0] if hints else "longer training might: none is above chance"


def ensure_comparable(one: Outcome, other: Outcome) -> None:
    """Raise AbsentError where the runs of two outcomes were made on different platforms."""
    if one.platform != other.platform and None not in (one.platform, other.platform):
        assert one.platform is not None
        assert other.platform is not None
        msg = (
            f"{one.label} ran on {one.platform.text}, {other.label} on {other.platform.text}: only"
            " runs of one platform are compared"
        )
        raise AbsentError(msg)


def estimate_text(estimate: Estimate | Accuracies) -> str:
    """`97.0 ± 0.3 %`; with one seed `97.0 % (one seed)`."""
    whole = estimate.estimate if isinstance(estimate, Accuracies) else estimate
    half = whole.half()
    if math.isinf(half):
        return f"{percent(whole.mean, 1)} % (one seed)"
    return f"{percent(whole.mean, 1)} ± {percent(half, 1)} %"


def outcome_text(outcome: Outcome) -> str:
    """What was run and its test accuracy."""
    return f"{outcome.label} {estimate_text(outcome.test)}"
