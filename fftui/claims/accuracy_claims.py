"""Claims about accuracy: Forward-Forward (FF) beside backprop on simple and complex sets."""

from collections.abc import Mapping, Sequence

from fftui.claims.estimates import all_yes, confidence_of, negated
from fftui.claims.outcomes import AbsentError, Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    Claim,
    Comparison,
    Finding,
    Observation,
    concluded,
    decide_both,
    ensure_comparable,
    estimate_text,
    is_behind,
    observed,
    outcome_text,
)

Pair = tuple[Outcome, Outcome]  # FF, backprop
Place = tuple[str, int | None]  # data set, number of training images (None: all)
FAITHFUL = ("paper/ff", "paper/backprop")
CORRECTED = ("ff", "backprop")
COMPLEX = ("cifar10", "cifar100", "svhn")
TITLES = {  # the paper's five sets, as it writes them
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}
ALL_SETS = tuple(TITLES)


def pair_of(
    outcomes: Outcomes, names: tuple[str, str], data: str, images: int | None = None
) -> Pair:
    """FF and backprop in the two set-ups of these names. Raises AbsentError where one
    was not run.
    """
    ff, backprop = (outcomes[Setup(name, data, images)] for name in names)
    return ff, backprop


def pair_text(pair: Pair) -> str:
    """What was run and the test accuracies, of two outcomes."""
    return f"{outcome_text(pair[0])}; {outcome_text(pair[1])}"


def setups_of(data: Sequence[str], images: Sequence[int | None] = (None,)) -> tuple[Setup, ...]:
    """FF and backprop, faithful and corrected, on these sets and with so many training images."""
    return tuple(
        Setup(name, each, n) for each in data for n in images for name in (*FAITHFUL, *CORRECTED)
    )


def _on_par(data: str, paper: str) -> Claim:
    def decide(outcomes: Outcomes) -> Finding:
        def observe(names: tuple[str, str]) -> Observation:
            pair = pair_of(outcomes, names, data)
            behind = is_behind(*pair)
            return concluded(negated(behind.answer), f"{pair_text(pair)}; {behind.text}", behind)

        return decide_both(
            observed(lambda: observe(FAITHFUL)),
            observed(lambda: observe(CORRECTED)),
            only_as_paper=(
                "level only as the paper trained both: both corrected, backprop is ahead"
            ),
            only_corrected=(
                "not as the paper trained it: FF is level with its recipe corrected (preset ff)"
            ),
        )

    return Claim(
        id=f"on-par-{data}",
        statement=f"FF reaches accuracies on par with backprop on {TITLES[data]}",
        paper=paper,
        rule=(
            "Yes where FF is not behind backprop (the whole interval of the difference within 1"
            " point): the paper's two set-ups; corrected, presets ff and backprop with the same"
            " augmentation and as many epochs."
        ),
        needs=setups_of([data]),
        decide=decide,
    )


def pairs_there(
    outcomes: Outcomes, names: tuple[str, str], places: Sequence[Place]
) -> dict[Place, Pair]:
    """FF and backprop, in the set-ups of these names, at those of `places` where both were run.

    Raises AbsentError with the reasons where there is none.
    """
    wanted = {place: [Setup(name, *place) for name in names] for place in places}
    there = [place for place, setups in wanted.items() if all(map(outcomes.__contains__, setups))]
    if not there:
        missing = [each for setups in wanted.values() for each in setups if each not in outcomes]
        raise AbsentError("; ".join(dict.fromkeys(map(outcomes.why_absent, missing))))
    return {place: pair_of(outcomes, names, *place) for place in there}


def _lags(outcomes: Outcomes) -> Finding:
    def observe(names: tuple[str, str]) -> Observation:
        pairs = pairs_there(outcomes, names, [(data, None) for data in COMPLEX]).values()
        behind = [is_behind(*pair, comparisons=len(pairs)) for pair in pairs]
        text = "; ".join(
            f"{pair_text(pair)}; {each.text}" for pair, each in zip(pairs, behind, strict=True)
        )
        return concluded(all_yes(*(each.answer for each in behind)), text, *behind)

    return decide_both(
        observed(lambda: observe(FAITHFUL)),
        observed(lambda: observe(CORRECTED)),
        only_as_paper=(
            "the paper's recipe lags; with both corrected, FF keeps up on one of these sets at"
            " least"
        ),
        only_corrected=(
            "as the paper trained both FF keeps up on one of these sets at least; both corrected,"
            " it lags on each"
        ),
    )


def _overfits_more(one: Outcome, other: Outcome, comparisons: int) -> Comparison:
    ensure_comparable(one, other)
    return Comparison(one.gap - other.gap, confidence=confidence_of(comparisons))


def _gap_texts(pairs: Mapping[Place, Pair]) -> str:
    return "; ".join(
        f"train - test on {data}: FF {estimate_text(ff.gap.estimate)},"
        f" backprop {estimate_text(backprop.gap.estimate)}"
        for (data, _), (ff, backprop) in pairs.items()
    )


def _overfits_less(outcomes: Outcomes) -> Finding:
    places = [(data, None) for data in ALL_SETS]

    def as_paper() -> Observation:
        pairs = pairs_there(outcomes, FAITHFUL, places)
        more = [_overfits_more(backprop, ff, len(pairs)) for ff, backprop in pairs.values()]
        return concluded(all_yes(*(each.answer for each in more)), _gap_texts(pairs), *more)

    def corrected() -> Observation:
        """Also without loss on test images: what fits its training images less has a smaller gap,
        and need not be regularised.
        """
        pairs = pairs_there(outcomes, CORRECTED, places)
        count = 2 * len(pairs)
        more = [_overfits_more(backprop, ff, count) for ff, backprop in pairs.values()]
        behind = [is_behind(*pair, comparisons=count) for pair in pairs.values()]
        tests = "; ".join(map(pair_text, pairs.values()))
        return concluded(
            all_yes(*(each.answer for each in more), *(negated(each.answer) for each in behind)),
            f"{_gap_texts(pairs)}; {tests}",
            *more,
            *behind,
        )

    return decide_both(
        observed(as_paper),
        observed(corrected),
        only_as_paper=(
            "the paper's FF has the smaller gap; both corrected, it has not on every set, or is"
            " behind on test images"
        ),
        only_corrected="not as the paper ran it, only with both corrected",
    )


ON_ACCURACY = (
    _on_par("mnist", "Table 1, test: FF 97.14 %, backprop 98.04 %"),
    _on_par(
        "fashion-mnist",
        "Table 1, test: FF 85.95 %, backprop 89.43 %, which this rule does not call on par",
    ),
    Claim(
        id="lags-on-complex-sets",
        statement=("FF lags behind backprop on more complex sets: CIFAR10, CIFAR100 and SVHN"),
        paper=(
            "Table 1, test, FF | backprop: CIFAR10 49.24 | 53.88, CIFAR100 13.63 | 23.75, SVHN"
            " 76.28 | 80.52 %"
        ),
        rule="Yes where FF is behind backprop on each of CIFAR10, CIFAR100 and SVHN that is here.",
        needs=setups_of(COMPLEX),
        decide=_lags,
    ),
    Claim(
        id="overfits-less",
        statement="FF overfits less than backprop: it acts as an implicit regulariser",
        paper=(
            "Table 1, train - test, FF | backprop: MNIST 0.17 | 1.90, FashionMNIST 1.68 | 5.24,"
            " SVHN 6.04 | 5.86, CIFAR10 5.61 | 27.60, CIFAR100 6.30 | 28.46 points"
        ),
        rule=(
            "Yes where backprop's train accuracy exceeds its test accuracy by more than 1 point"
            " more than FF's does, on every set that is here. Corrected, FF must not be behind on"
            " test images either: what learns less has a smaller gap, and need not be regularised."
        ),
        needs=setups_of(ALL_SETS),
        decide=_overfits_less,
    ),
)
