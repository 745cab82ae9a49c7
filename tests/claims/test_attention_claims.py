"""Claims about the attention layer beside linear ones: each rule comes out as each of its verdicts,
from invented evidence.
"""

import pytest

from fftui.claims import Outcome, Outcomes, Repeats, Verdict
from fftui.claims.attention_claims import ON_ATTENTION
from fftui.claims.outcomes import LayerMeasures

from .evidence import of_setups, together
from .machine import layers, measured, noisy, repeats

BY_ID = {claim.id: claim for claim in ON_ATTENTION}
MEASURES_OF = {
    "attention-draws-more": ("power_w", "svhn"),
    "attention-utilisation": ("utilization_percent", "cifar100"),
    "attention-memory-utilisation": ("memory_utilization_percent", "mnist"),
}


def network(figure: str, *each: float | Repeats) -> Outcome:
    """With a figure of each layer, the first one's first."""
    return measured(layers=layers(**{figure: each}))


def on(data: str, figure: str, attention: float | Repeats, linear: float) -> Outcomes:
    """The attention layer before two linear ones, and linear ones that are `linear` in the mean."""
    return of_setups("paper/attention-metrics", "paper/ff, timed", data=data)(
        network(figure, attention, linear, linear), network(figure, 1.2 * linear, 0.8 * linear)
    )


@pytest.mark.parametrize("claim", ON_ATTENTION, ids=lambda claim: claim.id)
@pytest.mark.parametrize(
    ("attention", "linear", "verdict"),
    [
        (60, 40, "holds"),
        (40, 40, "does not hold"),
        (44, 40, "cannot tell"),
        (noisy(50), 40, "cannot tell"),
        (repeats(60, 2), 40, "cannot tell"),
    ],
)
def test_a_rule_gives_the_verdict(
    claim: object, attention: float | Repeats, linear: float, verdict: Verdict
) -> None:
    name = claim.id  # type: ignore[attr-defined]
    figure, data = MEASURES_OF[name]
    finding = BY_ID[name].judge(on(data, figure, attention, linear))
    assert finding.verdict == verdict
    assert finding.as_paper
    assert not finding.corrected


def test_mnist_stands_in_where_the_papers_set_is_not_here() -> None:
    claim = BY_ID["attention-draws-more"]
    mnist, svhn = on("mnist", "power_w", 60, 40), on("svhn", "power_w", 40, 40)
    assert claim.judge(mnist).verdict == "holds"
    assert claim.judge(together(mnist, svhn)).verdict == "does not hold"


def test_without_a_gpu_nothing_is_measured() -> None:
    bare = measured(layers=(LayerMeasures("attention"), LayerMeasures("linear")))
    for claim in ON_ATTENTION:
        seen = of_setups("paper/attention-metrics", "paper/ff, timed")(bare, bare)
        finding = claim.judge(seen)
        assert finding.verdict == "not run here"
        assert "needs an NVIDIA GPU" in finding.why
