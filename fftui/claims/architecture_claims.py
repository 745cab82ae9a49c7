"""Claims about convolution and self-attention learned by Forward-Forward (FF)."""

from fftui.claims.estimates import all_yes, negated
from fftui.claims.outcomes import Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    Claim,
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
CNN_FACTORS = ("normalisation", "learning rate", "goodness", "loss", "label")
# on as many images, for as many epochs, as the paper's attention
FF_BESIDE = Setup("paper/ff, images and epochs of paper/attention")
EVERY_PATCH, ONE_PATCH = (
    Setup("attention, label in every patch"),
    Setup("attention, label in one patch"),
)
# for as many epochs as attention
ATTENTION, CNN_BESIDE = Setup("attention"), Setup("cnn, epochs of attention")
PAPER_ATTENTION, PAPER_CNN = Setup("paper/attention"), Setup("paper/cnn")


def _factor(name: str) -> Setup:
    return Setup(f"paper/cnn, {name}")


def _are_at_chance(control: Outcome, *outcomes: Outcome) -> Observation:
    """Whether all of them label test images hardly better than guessing, where the control does
    not.
    """
    compared = [at_chance(each, comparisons=len(outcomes)) for each in outcomes]
    text = "; ".join(map(outcome_text, (*outcomes, control)))
    answer = all_yes(*(each.answer for each in compared))
    if answer == "yes" and at_chance(control).answer != "no":
        return Observation("open", text, f"longer training might: {control.label} fails too")
    return concluded(answer, text, *compared)


def _cnn(outcomes: Outcomes) -> Finding:
    changed = {name: outcomes[_factor(name)] for name in CNN_FACTORS if _factor(name) in outcomes}
    lifting = [
        name
        for name, outcome in changed.items()
        if at_chance(outcome, comparisons=len(changed)).answer == "no"
    ]
    cause = (
        f"the paper's own network learns with one thing changed ({' or '.join(lifting)})"
        if lifting
        else (
            "no single change lifts the paper's network from chance for certain, but another"
            " network with shared weights learns"
        )
    )
    return decide_both(
        observed(lambda: _are_at_chance(outcomes[FF_BESIDE], outcomes[PAPER_CNN])),
        observed(
            lambda: _are_at_chance(outcomes[FF_BESIDE], outcomes[CNN_BESIDE], *changed.values())
        ),
        only_as_paper=(
            "weights are shared in all of these networks, so sharing alone is not the cause:"
            f" {cause}"
        ),
        only_corrected=(
            "the paper's network learns here, though other networks with shared weights do not"
        ),
    )


def _in_one_patch(outcomes: Outcomes) -> Finding:
    def observe(one: Setup, other: Setup) -> Observation:
        behind = is_behind(outcomes[one], outcomes[other])
        text = f"{outcome_text(outcomes[one])}; {outcome_text(outcomes[other])}; {behind.text}"
        return concluded(behind.answer, text, behind)

    return decide_both(
        observed(lambda: observe(PAPER_ATTENTION, FF_BESIDE)),
        observed(lambda: observe(ONE_PATCH, EVERY_PATCH)),
        only_as_paper=(
            "attention is behind, but not for want of the label: in the corrected network one patch"
            " that holds it does as well as all, within 1 point"
        ),
        only_corrected=(
            "the paper's attention is not behind its fully connected FF, yet in the corrected"
            " network the label in every patch helps"
        ),
    )


def _above_cnn(outcomes: Outcomes) -> Finding:
    def observe(one: Setup, other: Setup) -> Observation:
        attention, cnn = outcomes[one], outcomes[other]
        ahead = is_behind(cnn, attention, comparisons=2)
        failed = at_chance(attention, comparisons=2)
        text = f"{outcome_text(attention)}; {outcome_text(cnn)}; {ahead.text}"
        return concluded(all_yes(ahead.answer, negated(failed.answer)), text, ahead, failed)

    return decide_both(
        observed(lambda: observe(PAPER_ATTENTION, PAPER_CNN)),
        observed(lambda: observe(ATTENTION, CNN_BESIDE)),
        only_as_paper=(
            "attention is ahead only of the paper's convolutional network; both corrected, it is"
            " not"
        ),
        only_corrected="not as the paper ran them, only with both corrected",
    )


ON_ARCHITECTURES = (
    Claim(
        id="cnn-weight-sharing",
        statement="Convolutional networks do not work with FF, because they share weights",
        paper="section 5.3: about 10 % on MNIST after 1,000 epochs (its notebook: 10.75 %)",
        rule=(
            "Yes where networks with shared weights stay at chance: as the paper ran it, the"
            " paper's; corrected, every other one: preset cnn, and the paper's with one thing"
            " changed at a time; no where one leaves it. Open where the paper's fully connected FF"
            " stays there too."
        ),
        needs=(PAPER_CNN, *map(_factor, CNN_FACTORS), CNN_BESIDE, FF_BESIDE),
        decide=_cnn,
    ),
    Claim(
        id="attention-label-in-one-patch",
        statement="Self-attention stays behind FF because only one patch holds the label",
        paper=(
            "section 5.3: about 60 % on MNIST (fully connected: 97.14 %); the cause is a conjecture"
        ),
        rule=(
            "As the paper ran it, yes where its attention is behind its fully connected FF, which"
            " learns from as many images for as many epochs. Corrected, yes where preset attention"
            " with the label in one patch (first-token) is behind itself with the label in every"
            " patch (every-token)."
        ),
        needs=(PAPER_ATTENTION, FF_BESIDE, ONE_PATCH, EVERY_PATCH),
        decide=_in_one_patch,
    ),
    Claim(
        id="attention-above-cnn",
        statement="FF does significantly better with self-attention than with convolution",
        paper="section 5.3, MNIST: about 60 % against about 10 %",
        rule=(
            "Yes where attention is ahead of the convolutional network and not at chance: as the"
            " paper ran it, the paper's two; corrected, presets attention and cnn, which learn from"
            " as many images for as many epochs."
        ),
        needs=(PAPER_ATTENTION, PAPER_CNN, ATTENTION, CNN_BESIDE),
        decide=_above_cnn,
    ),
)
