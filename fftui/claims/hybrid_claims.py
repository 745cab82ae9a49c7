"""Claims about hybrids of Forward-Forward (FF) and backprop."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fftui.claims.estimates import Estimate, all_yes, mean_of, negated
from fftui.claims.outcomes import AbsentError, Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    Claim,
    Comparison,
    Finding,
    Observation,
    at_chance,
    concluded,
    decide_both,
    is_behind,
    observed,
    outcome_text,
)

# changed one at a time
HYBRID_FACTORS = ("normalised inputs", "weights kept", "the raw variant's learning rate")
# of the loss of a network that gives each of C classes the probability 1 / C: ln C
STUCK = 0.9
LEAST_LOSS, GREATEST_LOSS = 1e-12, 1e12


def control_of(name: str) -> Setup:
    """The second phase of a hybrid alone, from random weights, with as many epochs as both of its
    phases.
    """
    return Setup(f"{name}, second phase alone, equal total epochs")


# The second phase of a hybrid learns at a rate for weights that have learned; from random weights
# it may need that of the preset of its rule.
OWN_RATE = Setup(f"{control_of('hybrid').name}, the backprop preset's rate")
MORE_CONTROLS: Mapping[str, tuple[Setup, ...]] = {"hybrid": (OWN_RATE,)}


def controls_of(name: str) -> tuple[Setup, ...]:
    """The set-ups that a hybrid is compared with."""
    return (control_of(name), *MORE_CONTROLS.get(name, ()))


def _changed(name: str, factors: tuple[str, ...]) -> tuple[Setup, ...]:
    return tuple(Setup(f"{name}, {factor}") for factor in factors)


@dataclass(frozen=True)
class _Direction:
    """One order of the two rules in a hybrid: `method` is its preset, `first` and `second` are the
    rules, `factors` what was changed of the paper's own run.
    """

    method: str
    first: str
    second: str
    factors: tuple[str, ...] = ()
    more_controls: str = ""  # in the corrected experiment, in words

    @property
    def as_paper(self) -> str:
        """The set-up of the paper's run."""
        return f"paper/{self.method}"

    def claim(self, name: str, statement: str, paper: str) -> Claim:
        """The claim that it is of no use to begin with the first rule."""
        names = (self.as_paper, self.method)
        return Claim(
            id=name,
            statement=statement,
            paper=paper,
            rule=(
                f"Yes where {self.first} followed by {self.second} is not ahead of {self.second}"
                " alone, from random weights, for as many epochs as both phases together: as the"
                f" paper ran it, its notebook's run; corrected, preset {self.method}"
                f"{self.more_controls}. Open where neither is above chance."
            ),
            needs=(
                *(setup for each in names for setup in (Setup(each), *controls_of(each))),
                *_changed(self.as_paper, self.factors),
            ),
            decide=self._decide,
        )

    def _decide(self, outcomes: Outcomes) -> Finding:
        return decide_both(
            observed(lambda: self._of_paper(outcomes)),
            observed(lambda: _not_ahead(outcomes, self.method)),
            only_as_paper=(
                "the corrected hybrid is ahead of its control: that the paper's is not comes of how"
                " it was run"
            ),
            only_corrected=(
                "the paper's run is ahead of its control, but the corrected hybrid is not"
            ),
        )

    def _of_paper(self, outcomes: Outcomes) -> Observation:
        """The paper's run, and which changes lift it from chance."""
        observation = _not_ahead(outcomes, self.as_paper)
        setups = _changed(self.as_paper, self.factors)
        changed = [outcomes[setup] for setup in setups if setup in outcomes]
        lifted = [
            outcome_text(each)
            for each in changed
            if at_chance(each, comparisons=len(changed)).answer == "no"
        ]
        if not lifted:
            return observation
        more = f"with one thing changed it leaves chance: {', '.join(lifted)}"
        return replace(observation, text=f"{observation.text}; {more}")


def _not_ahead(outcomes: Outcomes, name: str) -> Observation:
    """Whether a hybrid is not ahead of one of its controls at least."""
    hybrid, controls = outcomes[Setup(name)], [outcomes[each] for each in controls_of(name)]
    ahead = [is_behind(control, hybrid, len(controls)) for control in controls]
    beside = (
        f"{outcome_text(control)}, {each.text}"
        for control, each in zip(controls, ahead, strict=True)
    )
    answer = negated(all_yes(*(each.answer for each in ahead)))
    return concluded(answer, "; ".join((outcome_text(hybrid), *beside)), *ahead)


def _loss(outcomes: Outcomes) -> Finding:
    return decide_both(
        observed(lambda: _stays_high(outcomes[Setup("paper/hybrid")])),
        observed(lambda: _stays_high(outcomes[Setup("hybrid")])),
        only_as_paper=(
            "only in the paper's run, whose second phase has neither the normalisation of its first"
            " nor its weights: in the corrected hybrid, which keeps both, the loss falls"
        ),
        only_corrected="not in the paper's run, only in the corrected one",
    )


def _stays_high(outcome: Outcome) -> Observation:
    """Whether the last training loss of the last phase is near that of guessing."""
    if not outcome.losses or not all(outcome.losses):
        msg = f"{outcome.label}: its training losses were not kept"
        raise AbsentError(msg)
    mean = mean_of([math.log(_within(of_seed[-1])) for of_seed in outcome.losses])
    guessing = math.log(1 / outcome.chance)
    high = Comparison(mean, math.log(STUCK * guessing))
    text = (
        f"{outcome.label}: last training loss {_loss_text(mean)}, that of guessing {guessing:.3g}"
    )
    return concluded(high.answer, text, high)


def _within(loss: float) -> float:
    """The loss, where its logarithm can be taken: a diverged one is a great one."""
    return max(loss, LEAST_LOSS) if loss < GREATEST_LOSS else GREATEST_LOSS


def _loss_text(log_mean: Estimate) -> str:
    """A loss from the mean of its logarithm, with its interval."""
    middle = f"{math.exp(log_mean.mean):.3g}"
    if math.isinf(log_mean.half()):
        return f"{middle} (one seed)"
    return f"{middle} ({math.exp(log_mean.low):.3g} to {math.exp(log_mean.high):.3g})"


ON_HYBRIDS = (
    _Direction(
        "hybrid", "FF", "backprop", HYBRID_FACTORS, ", backprop alone at its own preset's rate too"
    ).claim(
        "ff-then-backprop",
        "FF is no good initialiser for backprop: their objectives do not go together",
        "section 5.2: about 10 % on MNIST",
    ),
    Claim(
        id="hybrid-loss",
        statement="Begun with FF, backprop's training loss stays at a high value",
        paper=(
            "section 5.2: it began at the order of 1,000 and could not be brought down (its"
            " notebook: stopped in epoch 2 at 2.306, ln 10)"
        ),
        rule=(
            "Yes where the last training loss of the backprop phase, as its logarithm in the mean"
            " over seeds, is above 0.9 ln C, the loss of a network that guesses among C classes"
            " being ln C: as the paper ran it, its notebook's run; corrected, preset hybrid."
        ),
        needs=(Setup("paper/hybrid"), Setup("hybrid")),
        decide=_loss,
    ),
    _Direction("hybrid-reverse", "backprop", "FF").claim(
        "backprop-then-ff",
        "Backprop is no good initialiser for FF: their objectives do not go together",
        "section 5.2: about 10 % on MNIST (its notebook: 15.43 %)",
    ),
)
