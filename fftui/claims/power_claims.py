"""Claims about the power that Forward-Forward (FF) and backprop draw."""

from fftui.claims.amounts import (
    ONE_BY_ONE,
    PLAIN,
    POWER,
    POWER_SPREAD,
    TIMED,
    compared_pair,
    is_more,
)
from fftui.claims.estimates import Answer, Repeats, all_yes, negated
from fftui.claims.outcomes import Outcomes
from fftui.claims.verdicts import Claim, Finding, decide_both, observed


def _is_similar(one: Repeats, other: Repeats) -> Answer:
    return all_yes(negated(is_more(one, other)), negated(is_more(other, one)))


def _similar_power(outcomes: Outcomes) -> Finding:
    return decide_both(
        observed(lambda: compared_pair(outcomes, TIMED, POWER, _is_similar)),
        observed(lambda: compared_pair(outcomes, PLAIN, POWER, _is_similar)),
        only_as_paper="only for the paper's networks and its loader, not at equal size",
        only_corrected="not for the paper's networks, but at equal size",
    )


def _power_spread(outcomes: Outcomes) -> Finding:
    layer_wise = (ONE_BY_ONE, PLAIN[1])
    return decide_both(
        observed(lambda: compared_pair(outcomes, TIMED, POWER_SPREAD, is_more)),
        observed(lambda: compared_pair(outcomes, layer_wise, POWER_SPREAD, is_more)),
        only_as_paper=(
            "only for the paper's networks: at equal size learning layer after layer does not widen"
            " it by more than a tenth"
        ),
        only_corrected="not for the paper's networks, but at equal size",
    )


ON_POWER = (
    Claim(
        id="similar-power",
        statement="FF and backprop draw similar power",
        paper=(
            "Figure 4, MNIST: called similar; read off it, about 40 W for FF, 29 W for backprop,"
            " which this rule does not call so"
        ),
        rule=(
            "Yes where the mean power while learning, of the GPU's board (else of the CPU's"
            " packages), differs by not more than a tenth, on MNIST. As the paper ran it: its"
            " networks, backprop behind its loader; corrected: networks, batches and epochs of"
            " equal size, images as tensors."
        ),
        needs=(*TIMED, *PLAIN),
        decide=_similar_power,
    ),
    Claim(
        id="power-spread",
        statement=(
            "The power that FF draws varies more than backprop's, because layers differ and learn"
            " one after the other"
        ),
        paper="Figure 4 and section 5.1.2: FF's distribution of power is not as tight",
        rule=(
            "Yes where the standard deviation of the power of the GPU's board (else of the CPU's"
            " packages) while learning is over a tenth greater for FF than for backprop, on MNIST."
            " As the paper ran it: its networks; corrected: networks, batches and epochs of equal"
            " size, FF layer after layer."
        ),
        needs=(*TIMED, ONE_BY_ONE, PLAIN[1]),
        decide=_power_spread,
    ),
)
