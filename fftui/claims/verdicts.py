"""How a verdict is computed: margins, comparisons with three answers, and one rule that joins two
observations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fftui.claims.outcomes import AbsentError, Estimate, Outcome, Outcomes, Setup
from fftui.text.format import percent

Answer = Literal["yes", "no", "open"]
Verdict = Literal["holds", "does not hold", "holds for another reason", "not tested here"]

# One point: the paper calls 97.14 and 98.04 % on par, and 10,000 test images tell such accuracies
# to 0.3 points.
MARGIN = 0.01
# A difference that is not seen counts as none only if it is known to three margins; 1,000 test
# images do that.
RESOLUTION = 0.03
# at chance: under twice what guessing gives (20 % of ten classes; the paper's failures are 10 to 15
# %)
CHANCE = 2.0
# times: the same set-up took up to 1.4 times as long on the machines these were chosen on
TIMES = 1.5
# memory and power: tenths are what a sampler sees beside everything else in a process
AMOUNTS = 1.1

MARGINS = (
    "Behind (or ahead): by more than 1 point of test accuracy, and by more than the 95 % interval"
    " of the difference. The interval is Student's over seeds from three seeds on, else that of a"
    " proportion of the test images. On par: not behind, with a difference known to within 3"
    " points. At chance: under twice the accuracy of guessing. Times are similar within a factor of"
    " 1.5; memory and power within a tenth. A verdict joins two answers, of the faithful rerun and"
    " of the corrected experiment: 'holds' needs both, 'does not hold' neither; where only one says"
    " yes it 'holds for another reason' than the paper gives, and the last line says which. Where"
    " runs are missing, or cannot tell, it is 'not tested here'."
)


@dataclass(frozen=True)
class Observation:
    """Whether an experiment shows what the claim says, and its measurements in words."""

    answer: Answer
    text: str


@dataclass(frozen=True)
class Finding:
    """A verdict, what the two experiments gave, and why the verdict is what it is."""

    verdict: Verdict
    faithful: str
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
        """The finding on this claim: `not tested here` with the reason where an outcome
        is missing.
        """
        try:
            return self.decide(outcomes.only(self.needs))
        except AbsentError as absent:
            return Finding("not tested here", "", "", str(absent))


def decide_both(
    faithful: Observation, corrected: Observation, *, only_faithful: str, only_corrected: str
) -> Finding:
    """The verdict from both experiments. `only_…` says what to conclude where only that one says
    yes.
    """
    match faithful.answer, corrected.answer:
        case ("open", _) | (_, "open"):
            verdict: Verdict = "not tested here"
            why = "the intervals are too wide to tell: more seeds or test images would"
        case ("yes", "yes"):
            verdict, why = (
                "holds",
                "seen as the paper ran it, and again in the corrected experiment",
            )
        case ("no", "no"):
            verdict, why = (
                "does not hold",
                "seen neither as the paper ran it nor in the corrected experiment",
            )
        case ("yes", _):
            verdict, why = "holds for another reason", only_faithful
        case _:
            verdict, why = "holds for another reason", only_corrected
    return Finding(verdict, faithful.text, corrected.text, why)


def decide_one(observation: Observation, *, yes: str, no: str, corrected: bool = True) -> Finding:
    """The verdict where one experiment decides: the corrected one, or (`corrected` false) the
    faithful rerun.
    """
    verdicts: dict[Answer, tuple[Verdict, str]] = {
        "yes": ("holds", yes),
        "no": ("does not hold", no),
        "open": (
            "not tested here",
            "the intervals are too wide to tell: more seeds or test images would",
        ),
    }
    verdict, why = verdicts[observation.answer]
    return Finding(
        verdict, "" if corrected else observation.text, observation.text if corrected else "", why
    )


def exceeds(difference: Estimate) -> Answer:
    """Whether a difference is larger than the margin and than its interval."""
    if difference.mean > MARGIN and difference.low > 0:
        return "yes"
    return "no" if difference.half <= RESOLUTION or difference.high < MARGIN else "open"


def is_behind(one: Outcome, other: Outcome) -> Answer:
    """Whether `one` labels test images worse than `other` does."""
    return exceeds(other.test - one.test)


def at_chance(outcome: Outcome) -> bool:
    """Whether it labels test images hardly better than guessing."""
    return outcome.test.mean < CHANCE * outcome.chance


def negated(answer: Answer) -> Answer:
    """The answer to the opposite question."""
    return "no" if answer == "yes" else "yes" if answer == "no" else "open"


def truth(fact: bool) -> Answer:
    """A fact as an answer."""
    return "yes" if fact else "no"


def all_yes(*answers: Answer) -> Answer:
    """Yes where all answers are yes, no where any is no."""
    return "no" if "no" in answers else "open" if "open" in answers else "yes"


def estimate_text(estimate: Estimate) -> str:
    """`97.0 ± 0.3 %`."""
    return f"{percent(estimate.mean, 1)} ± {percent(estimate.half, 1)} %"


def outcome_text(outcome: Outcome) -> str:
    """What was run and its test accuracy."""
    return f"{outcome.label} {estimate_text(outcome.test)}"
