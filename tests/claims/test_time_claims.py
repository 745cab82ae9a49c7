"""Claims about time: each rule comes out as each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Repeats, Setup, Verdict
from fftui.claims.time_claims import ON_TIME

from .evidence import Percent, of_setups, outcomes, together
from .machine import layers, learner, measured, noisy, repeats

BY_ID = {claim.id: claim for claim in ON_TIME}

paper = of_setups("paper/ff, timed", "paper/backprop-per-image, timed")
plain = of_setups("ff, plain", "backprop, plain")
orders = of_setups("ff, plain", "ff, plain, layer after layer")


def runs(end: float, seconds: float, *, data: float = 0.0, disturbed: str = "") -> Outcome:
    """Three runs that reach the accuracy `end` (percent) in about `seconds`."""
    return learner(end, repeats(seconds).values, data=data, disturbed=disturbed)


def efficiency(*seconds: float) -> Outcomes:
    """Paper's FF and backprop, then both at equal size: all of them reach 97 %."""
    ff, backprop, plain_ff, plain_backprop = (runs(97.0, each) for each in seconds)
    return together(paper(ff, backprop), plain(plain_ff, plain_backprop))


def epochs(*seconds: float | Repeats) -> Outcome:
    """An outcome with the seconds that an epoch of each layer takes."""
    return measured(layers=layers(epoch_s=seconds))


def layer_times(colour: Outcome | None, mnist: Outcome | None, data: str = "cifar10") -> Outcomes:
    setups = {Setup("paper/ff, timed", data): colour, Setup("paper/ff, timed"): mnist}
    return outcomes({setup: each for setup, each in setups.items() if each is not None})


def order(test: Percent, seconds: float | Repeats) -> Outcome:
    return measured(test, train_s=seconds if isinstance(seconds, Repeats) else repeats(seconds))


CASES: list[tuple[str, Outcomes, Verdict]] = [
    ("as-efficient", efficiency(10.0, 12.0, 12.0, 10.0), "holds"),
    ("as-efficient", efficiency(30.0, 10.0, 30.0, 10.0), "does not hold"),
    ("as-efficient", efficiency(10.0, 12.0, 30.0, 10.0), "only as the paper ran it"),
    ("as-efficient", efficiency(30.0, 10.0, 10.0, 10.0), "not as the paper ran it, but with care"),
    ("as-efficient", efficiency(15.0, 10.0, 10.0, 10.0), "cannot tell"),
    (
        "as-efficient",
        together(
            paper(runs(97.0, 10.0, disturbed="others used half"), runs(97.0, 10.0)),
            plain(runs(97.0, 10.0), runs(97.0, 10.0)),
        ),
        "cannot tell",
    ),
    (
        "as-efficient",
        together(
            paper(learner(97.0, (10.0, 10.1)), runs(97.0, 10.0)),
            plain(runs(97.0, 10.0), runs(97.0, 10.0)),
        ),
        "cannot tell",
    ),
    (
        "as-efficient",
        together(
            paper(runs(12.0, 10.0), runs(97.0, 10.0)), plain(runs(97.0, 10.0), runs(97.0, 10.0))
        ),
        "cannot tell",
    ),
    ("as-efficient", plain(runs(97.0, 10.0), runs(97.0, 10.0)), "not run here"),
    (
        "as-efficient",
        together(paper(measured(), measured()), plain(runs(97.0, 10.0), runs(97.0, 10.0))),
        "not run here",
    ),
    ("first-layer-slowest", layer_times(epochs(1.5, 1, 1), epochs(0.5, 1, 1)), "holds"),
    ("first-layer-slowest", layer_times(epochs(1, 1, 1), epochs(1, 1, 1)), "does not hold"),
    (
        "first-layer-slowest",
        layer_times(epochs(2, 1), epochs(1, 1)),
        "only as the paper ran it",
    ),
    (
        "first-layer-slowest",
        layer_times(epochs(1, 1), epochs(0.5, 1)),
        "not as the paper ran it, but with care",
    ),
    ("first-layer-slowest", layer_times(epochs(noisy(1), 1), epochs(0.5, 1)), "cannot tell"),
    ("first-layer-slowest", layer_times(epochs(2, 1), epochs(1)), "not run here"),
    ("first-layer-slowest", layer_times(None, epochs(0.5, 1)), "not run here"),
    ("parallel-layers", orders(order(98, 10), order(98, 15)), "holds"),
    ("parallel-layers", orders(order(98, 15), order(98, 15)), "does not hold"),
    ("parallel-layers", orders(order(96, 10), order(98, 15)), "does not hold"),
    ("parallel-layers", orders(order([94, 98, 99], 10), order(98, 15)), "cannot tell"),
    ("parallel-layers", orders(order(98, noisy(10)), order(98, 15)), "cannot tell"),
    ("parallel-layers", orders(order(98, repeats(10, 2)), order(98, 15)), "cannot tell"),
    ("parallel-layers", orders("failed", order(98, 15)), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert finding.verdict == verdict
    assert finding.why


def test_the_time_counts_to_within_a_point_of_what_all_runs_reach() -> None:
    # FF reaches 97 % in 100 s, and what backprop reaches (1 point below 48.5 %) in half of them
    paper_runs = paper(runs(97.0, 100.0), runs(48.5, 45.0, data=0.9))
    finding = BY_ID["as-efficient"].judge(
        together(paper_runs, plain(runs(97.0, 10.0), runs(97.0, 10.0)))
    )
    assert finding.verdict == "holds"
    assert finding.as_paper == (
        "to 47.5 % of validation images: a run 50 s (50 s to 50 s), of it 0 % reading images; a"
        " run 45 s (45 s to 45 s), of it 90 % reading images"
    )
