"""Claims about settings of FF: threshold, activation function, number of layers, where the label
goes in.
"""

from collections.abc import Sequence
from math import comb

from fftui.claims.accuracy_claims import pair_text
from fftui.claims.estimates import all_yes, any_yes, confidence_of
from fftui.claims.outcomes import AbsentError, Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    Claim,
    Comparison,
    Finding,
    Observation,
    concluded,
    decide_both,
    decide_one,
    estimate_text,
    is_behind,
    is_guessing,
    nothing_learnt,
    observed,
    outcome_text,
)
from fftui.studies.setting_studies import ACTIVATIONS, PAPER_THRESHOLDS, THRESHOLDS

LAYERS = 4  # of the paper's baseline
# other than overlay
ENCODINGS = {"ff": "label appended", "cnn": "label plane", "attention": "label in every patch"}


def threshold_setup(name: str, value: float) -> Setup:
    """The set-up of a threshold θ: `paper/ff, threshold 15`."""
    return Setup(f"{name}, threshold {value:g}")


def activation_setup(name: str, activation: str) -> Setup:
    """The set-up of an activation function: `paper/ff, activation relu`."""
    return Setup(f"{name}, activation {activation}")


AS_PAPER_THRESHOLDS = tuple(threshold_setup("paper/ff", each) for each in PAPER_THRESHOLDS)
CORRECTED_THRESHOLDS = tuple(threshold_setup("ff, softplus", each) for each in THRESHOLDS)
AS_PAPER_ACTIVATIONS = tuple(activation_setup("paper/ff", each) for each in ACTIVATIONS)
CORRECTED_ACTIVATIONS = tuple(activation_setup("ff", each) for each in ACTIVATIONS)


def _validation(outcome: Outcome) -> float:
    """The accuracy to choose by. Raises AbsentError where no images were kept apart for it."""
    if outcome.validation is None:
        msg = f"{outcome.label}: no validation images were kept apart to choose on"
        raise AbsentError(msg)
    return outcome.validation.mean


def _choice_matters(outcomes: Outcomes, setups: Sequence[Setup]) -> Observation:
    """Whether the worst of `setups` by validation is behind the best by validation.

    Runs of one seed share it between validation and test, so that a choice is not free of what it
    is judged by: the interval is as wide as for all pairs that could have been chosen.
    """
    found = [outcomes[setup] for setup in setups if setup in outcomes]
    if len(found) < 2:
        missing = (setup for setup in setups if setup not in outcomes)
        raise AbsentError("; ".join(dict.fromkeys(map(outcomes.why_absent, missing))))
    ranked = sorted(found, key=_validation)
    worst, best = ranked[0], ranked[-1]
    behind = is_behind(worst, best, comparisons=comb(len(found), 2))
    text = (
        f"best on validation {outcome_text(best)}; worst {outcome_text(worst)}; {behind.text} on"
        " test images"
    )
    return concluded(behind.answer, text, behind)


def _threshold(outcomes: Outcomes) -> Finding:
    return decide_both(
        observed(lambda: _choice_matters(outcomes, AS_PAPER_THRESHOLDS)),
        observed(lambda: _choice_matters(outcomes, CORRECTED_THRESHOLDS)),
        only_as_paper=(
            "only under the paper's recipe: with the same loss and the rest corrected the worst is"
            " within 1 point of the best"
        ),
        only_corrected="not under the paper's recipe, only with the rest corrected",
    )


def _activation(outcomes: Outcomes) -> Finding:
    return decide_both(
        observed(lambda: _choice_matters(outcomes, AS_PAPER_ACTIVATIONS)),
        observed(lambda: _choice_matters(outcomes, CORRECTED_ACTIVATIONS)),
        only_as_paper=(
            "only under the paper's recipe: corrected, the worst is within 1 point of the best"
        ),
        only_corrected="not under the paper's recipe, only with the rest corrected",
    )


def _four_layers(outcomes: Outcomes) -> Finding:
    def observe() -> Observation:
        outcome = outcomes[Setup("paper/ff")]
        if len(outcome.depths) != LAYERS:
            msg = (
                f"{outcome.label}: accuracies of {len(outcome.depths)} depths, {LAYERS} are needed"
            )
            raise AbsentError(msg)
        *fewer, whole = outcome.depths
        confidence = confidence_of(len(fewer))
        hindrance = nothing_learnt(
            *(is_guessing(each, outcome.chance, confidence) for each in outcome.depths)
        )
        ahead = [
            Comparison(whole.within_runs(each), confidence=confidence, hindrance=hindrance)
            for each in fewer
        ]
        text = ", ".join(map(estimate_text, outcome.depths))
        return concluded(
            all_yes(*(each.answer for each in ahead)),
            f"{outcome.label}, the first 1, 2, 3 and 4 layers together: {text}",
            *ahead,
        )

    return decide_one(
        observed(observe),
        yes="all four layers together are ahead of the first one, two and three",
        no="all four layers together are not ahead of the first one, the first two or three",
        corrected=False,
    )


def _other_encodings(outcomes: Outcomes) -> Finding:
    pairs = [
        (outcomes[Setup(f"{name}, {encoding}")], outcomes[Setup(f"{name}, label overlaid")])
        for name, encoding in ENCODINGS.items()
        if all(Setup(f"{name}, {each}") in outcomes for each in (encoding, "label overlaid"))
    ]
    if not pairs:
        raise AbsentError(outcomes.why_absent(Setup("ff, label overlaid")))
    ahead = [is_behind(overlaid, other, comparisons=len(pairs)) for other, overlaid in pairs]
    answers = [each.answer for each in ahead]
    labels = [other.label for (other, _), each in zip(pairs, answers, strict=True) if each == "yes"]
    return decide_one(
        concluded(
            any_yes(*answers),
            "; ".join(
                f"{pair_text(pair)}; {each.text}" for pair, each in zip(pairs, ahead, strict=True)
            ),
            *ahead,
        ),
        yes=f"for {', '.join(labels)}",
        no="no other encoding is ahead of the overlay",
    )


ON_SETTINGS = (
    Claim(
        id="threshold-tunes",
        statement="The threshold is a hyperparameter that can be tuned for better performance",
        paper=(
            "sections 2.3 and 5.1.1: θ = 15 on MNIST, 10 on FashionMNIST, SVHN and CIFAR10, 1 on"
            " CIFAR100, chosen on the test set"
        ),
        rule=(
            "Yes where the threshold that is worst on validation images is behind the one that is"
            " best on them, on MNIST, by an interval as wide as for every pair of thresholds: as"
            " the paper, in its recipe; corrected, in preset ff with the paper's loss in place of"
            " its own, which has no threshold."
        ),
        needs=(*AS_PAPER_THRESHOLDS, *CORRECTED_THRESHOLDS),
        decide=_threshold,
    ),
    Claim(
        id="activation-functions",
        statement="Accuracy is sensitive to the activation function",
        paper=(
            "section 7, future work 4: sensitivity to threshold and activation functions can be"
            " investigated; its networks have ReLU"
        ),
        rule=(
            "Yes where the activation function that is worst on validation images is behind the one"
            " that is best on them (ReLU, leaky ReLU, GELU, tanh), on MNIST, by an interval as wide"
            " as for every pair of them: as the paper, in its recipe; corrected, in preset ff."
        ),
        needs=(*AS_PAPER_ACTIVATIONS, *CORRECTED_ACTIVATIONS),
        decide=_activation,
    ),
    Claim(
        id="four-layers",
        statement="The four layers of the baseline serve it better than fewer",
        paper=(
            "not claimed: section 5.1.1 runs 4 fully connected layers of 2,000 units, 60 epochs"
            " each, as its best performance mode, and reports no fewer"
        ),
        rule=(
            "Yes where the goodness of all four layers of the paper's FF together is ahead of that"
            " of the first one, the first two and the first three; no where it is not ahead of one"
            " of these."
        ),
        needs=(Setup("paper/ff"),),
        decide=_four_layers,
    ),
    Claim(
        id="other-encodings",
        statement="Other ways to put the label in than the overlay could improve FF",
        paper="section 7, future work 3",
        rule=(
            "Yes where, for a network that begins with a fully connected layer, a convolution or"
            " self-attention, another encoding (appended; a plane; in every patch) is ahead of the"
            " overlay, all else equal: presets ff, cnn and attention."
        ),
        needs=tuple(
            Setup(f"{name}, {each}")
            for name, encoding in ENCODINGS.items()
            for each in (encoding, "label overlaid")
        ),
        decide=_other_encodings,
    ),
)
