"""Claims about time, memory and power."""

from collections.abc import Callable

from fftui.claims.estimates import all_yes
from fftui.claims.outcomes import AbsentError, Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    AMOUNTS,
    TIMES,
    Claim,
    Finding,
    Observation,
    decide_both,
    decide_one,
    estimate_text,
    is_behind,
)
from fftui.text.format import duration, short, size

TIMED = (Setup("paper/ff, timed"), Setup("paper/backprop, timed"))
PLAIN = (Setup("ff, plain"), Setup("backprop, plain"))
ONE_BY_ONE = Setup("ff, plain, layer after layer")
# more inputs than units: the first layer has most parameters
COLOUR = ("cifar100", "cifar10", "svhn")
NO_POWER = "no power was measured: that needs an NVIDIA GPU"


def _compared(
    pair: tuple[Setup, Setup], figure: Callable[[Outcome], float], text: Callable[[float], str]
) -> Callable[[Outcomes, Callable[[float], bool]], Observation]:
    """How much of something FF takes against backprop, and whether that ratio is as claimed."""

    def observe(outcomes: Outcomes, claimed: Callable[[float], bool]) -> Observation:
        ff, backprop = (outcomes[setup] for setup in pair)
        one, other = figure(ff), figure(backprop)
        return Observation(
            truth(claimed(one / other)),
            f"{ff.label} {text(one)}; {backprop.label} {text(other)} ({short(one / other)} times)",
        )

    return observe


def _measured(value: float | None, why: str) -> float:
    if not value:
        raise AbsentError(why)
    return value


def _power(outcome: Outcome) -> float:
    return _measured(outcome.power_w, NO_POWER)


def _memory(outcome: Outcome) -> float:
    return _measured(
        outcome.memory_bytes, f"{outcome.label}: no memory was measured (telemetry is off)"
    )


def _watts(value: float) -> str:
    return f"{value:.0f} W"


def _as_efficient(outcomes: Outcomes) -> Finding:
    return decide_both(
        *(
            _compared(pair, lambda outcome: outcome.train_s, duration)(
                outcomes, lambda ratio: ratio <= TIMES
            )
            for pair in (TIMED, PLAIN)
        ),
        only_as_paper=(
            "only because the paper's networks differ in size and its backprop waited for its data;"
            " at equal size FF takes longer"
        ),
        only_corrected=(
            "not the paper's networks, of which FF's is far larger and learns three times as many"
            " epochs a layer, but at equal size, epochs and batches"
        ),
    )


def _more_memory(outcomes: Outcomes) -> Finding:
    return decide_both(
        *(
            _compared(pair, _memory, size)(outcomes, lambda ratio: ratio > AMOUNTS)
            for pair in (TIMED, PLAIN)
        ),
        only_as_paper=(
            "the paper's FF network is far larger than its backprop network; at equal size FF takes"
            " no more"
        ),
        only_corrected="not the paper's networks, only networks of equal size",
    )


def _similar_power(outcomes: Outcomes) -> Finding:
    return decide_both(
        *(
            _compared(pair, _power, _watts)(outcomes, lambda ratio: 1 / AMOUNTS <= ratio <= AMOUNTS)
            for pair in (TIMED, PLAIN)
        ),
        only_as_paper="only for the paper's networks, which leave the GPU idle most of the time",
        only_corrected="not for the paper's networks, but at equal size",
    )


def _attention_power(outcomes: Outcomes) -> Finding:
    observe = _compared((Setup("paper/attention-frozen"), TIMED[0]), _power, _watts)
    attention, linear = outcomes[Setup("paper/attention-frozen")], outcomes[TIMED[0]]
    return decide_one(
        Observation(
            truth(_power(attention) > AMOUNTS * _power(linear)),
            observe(outcomes, lambda ratio: ratio > AMOUNTS).text,
        ),
        yes="the network with attention draws over a tenth more",
        no="the network with attention draws no more than a tenth more",
        corrected=False,
    )


def _first_layer(outcomes: Outcomes) -> Finding:
    def ratio(outcome: Outcome) -> float:
        if len(outcome.layer_s) < 2:
            msg = f"{outcome.label}: no times of single layers"
            raise AbsentError(msg)
        others = outcome.layer_s[1:]
        return outcome.layer_s[0] * len(others) / sum(others)

    def text(outcome: Outcome) -> str:
        return f"{outcome.label}: {', '.join(duration(each) for each in outcome.layer_s)} an epoch"

    setups = [Setup("paper/ff, timed", data) for data in COLOUR]
    large = (
        next((outcomes[setup] for setup in setups if setup in outcomes), None)
        or outcomes[setups[1]]
    )
    small = outcomes[TIMED[0]]
    return decide_both(
        Observation(truth(ratio(large) > AMOUNTS), text(large)),
        Observation(truth(ratio(small) < 1 / AMOUNTS), text(small)),
        only_as_paper=(
            "the first layer is the slowest even where it has the fewest parameters: they are not"
            " the cause"
        ),
        only_corrected=(
            "a first layer with fewer parameters is faster, but one with more is no slower than the"
            " others, in which positive and negative data need a product each"
        ),
    )


def _parallel(outcomes: Outcomes) -> Finding:
    together, one_by_one = outcomes[PLAIN[0]], outcomes[ONE_BY_ONE]
    text = "; ".join(
        f"{each.label} {duration(each.train_s)}, {estimate_text(each.test)}"
        for each in (together, one_by_one)
    )
    worse = is_behind(together, one_by_one)
    faster = truth(together.train_s * AMOUNTS < one_by_one.train_s)
    return decide_one(
        Observation(
            all_yes("no" if worse == "yes" else "open" if worse == "open" else "yes", faster), text
        ),
        yes="all layers at once are faster by more than a tenth and not behind",
        no=(
            "all layers at once are not faster by more than a tenth"
            if faster == "no"
            else "all layers at once are behind"
        ),
    )


ON_SYSTEM = (
    Claim(
        id="as-efficient",
        statement="FF is as efficient as backprop: end-to-end times are similar",
        paper=(
            "Figure 3; its logs, MNIST: FF 473 s, backprop 664 s, of which 28 to 32 s an epoch were"
            " loading images"
        ),
        rule=(
            "Yes where FF's learning time is at most 1.5 times backprop's: faithful, the paper's"
            " two set-ups; corrected, networks of equal size with equal epochs and batches."
        ),
        needs=(*TIMED, *PLAIN),
        decide=_as_efficient,
    ),
    Claim(
        id="more-memory",
        statement="FF uses more memory than backprop",
        paper="Figure 4; the paper puts it down to how its code handles memory",
        rule=(
            "Yes where FF's highest memory (of the GPU, else of the process) is more than a tenth"
            " above backprop's: faithful, the paper's two set-ups; corrected, networks of equal"
            " size with equal batches."
        ),
        needs=(*TIMED, *PLAIN),
        decide=_more_memory,
    ),
    Claim(
        id="similar-power",
        statement="FF and backprop draw similar power",
        paper="Figure 4: similar, FF's spread wider",
        rule="Yes where the GPU's mean power differs by at most a tenth, for the same two pairs.",
        needs=(*TIMED, *PLAIN),
        decide=_similar_power,
    ),
    Claim(
        id="attention-draws-more",
        statement=(
            "Training an attention layer takes significantly more power than training linear ones"
        ),
        paper="Figure 7, SVHN: a second lobe of the power for the attention layer",
        rule=(
            "Yes where the GPU's mean power is more than a tenth above that of the paper's fully"
            " connected FF."
        ),
        needs=(Setup("paper/attention-frozen"), TIMED[0]),
        decide=_attention_power,
    ),
    Claim(
        id="first-layer-slowest",
        statement=(
            "All layers of FF take similar compute time but the first, which has more parameters"
        ),
        paper=(
            "Figure 3, CIFAR100: about 1 s an epoch for all layers but the first; likewise CIFAR10"
            " and SVHN"
        ),
        rule=(
            "Faithful, yes where on a colour set (first layer 3072 × 2000, the others 2000 × 2000)"
            " the first layer's compute time is more than a tenth above the mean of the others."
            " Corrected: yes where on MNIST (784 × 2000) it is more than a tenth below."
        ),
        needs=(*(Setup("paper/ff, timed", data) for data in COLOUR), TIMED[0]),
        decide=_first_layer,
    ),
    Claim(
        id="parallel-layers",
        statement=(
            "Training the layers in parallel could be more efficient than one after the other"
        ),
        paper="section 7, future work 1",
        rule=(
            "Yes where all layers at once, for as many epochs, take less than 1/1.1 of the time and"
            " are not behind."
        ),
        needs=(PLAIN[0], ONE_BY_ONE),
        decide=_parallel,
    ),
)
