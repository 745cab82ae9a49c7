"""Each rule on learning from few images gives each of its verdicts, from invented evidence."""

import pytest

from fftui.claims import Outcome, Outcomes, Platform, Verdict
from fftui.claims.accuracy_claims import ALL_SETS
from fftui.claims.sample_claims import ON_SAMPLES, SIZES
from fftui.studies.reported import sizes as reported_sizes

from .evidence import Value, of_setups, outcome, together

BY_ID = {claim.id: claim for claim in ON_SAMPLES}
MNIST, STABLE = "fewer-samples-mnist", "more-stable"
FEW, MANY = 1_000, 5_000


def sizes(rows: dict[int, tuple[Value, ...]], data: str = "mnist") -> Outcomes:
    """By number of images the paper's FF and backprop, FF and backprop corrected."""
    names = ("paper/ff", "paper/backprop", "ff", "backprop")
    made = (of_setups(*names, data=data, images=n)(*values) for n, values in rows.items())
    return together(*made)


def fit(train: float, gap: float = 0.0) -> Outcome:
    return outcome("", train - gap, train=train)


FINE, UNDER, OVER = fit(99.0, 1.0), fit(70.0), fit(99.5, 9.0)
UNSURE = outcome("", 95.0, train=95.0, spread=5.0)
CASES: list[tuple[str, Outcomes, Verdict]] = [
    (MNIST, sizes({FEW: (90.0, 88.0, 92.5, 88.0)}), "holds"),
    (
        MNIST,
        sizes({FEW: (90.0, 88.0, 92.5, 88.0), MANY: (95.0, 95.1, 97.4, 97.2)}),
        "holds",
    ),
    (
        MNIST,  # ahead with few, but behind with many
        sizes({FEW: (90.0, 88.0, 92.5, 88.0), 10_000: (90.0, 95.0, 96.0, 98.0)}),
        "does not hold",
    ),
    (
        MNIST,  # neither ahead nor behind
        sizes({FEW: (88.0, 88.0, 92.5, 92.4), MANY: (95.0, 95.0, 97.0, 97.0)}),
        "does not hold",
    ),
    (
        MNIST,
        sizes({FEW: (11.2, 88.9, 92.5, 88.0), MANY: (38.0, 94.0, 97.4, 97.2)}),
        "not as the paper ran it, but with care",
    ),
    (MNIST, sizes({FEW: (90.0, 88.0, 92.5, 92.4)}), "only as the paper ran it"),
    (
        MNIST,  # ahead with few, with many it is not known
        sizes({FEW: (90.0, 88.0, 92.5, 88.0), MANY: (95.0, 95.0, UNSURE, UNSURE)}),
        "cannot tell",
    ),
    (MNIST, sizes({FEW: (90.0, 88.0, UNSURE, UNSURE)}), "cannot tell"),
    (MNIST, sizes({FEW: (90.0, 88.0, 90.0, "it broke")}), "not run here"),
    (STABLE, sizes({FEW: (FINE, OVER, FINE, UNDER), MANY: (FINE,) * 4}), "holds"),
    (STABLE, sizes({FEW: (UNDER, OVER, OVER, OVER), MANY: (FINE,) * 4}), "does not hold"),
    (STABLE, sizes({FEW: (UNDER, OVER, FINE, OVER)}), "not as the paper ran it, but with care"),
    (STABLE, sizes({FEW: (FINE, OVER, OVER, FINE)}), "only as the paper ran it"),
    (STABLE, sizes({FEW: (FINE, OVER, FINE, UNSURE)}), "cannot tell"),
    (STABLE, sizes({FEW: (UNSURE, OVER, FINE, OVER)}), "cannot tell"),
    (
        STABLE,  # whether FF is faulty with many images does not matter: it is not with few
        sizes(
            {
                FEW: (FINE, OVER, FINE, OVER),
                MANY: (UNSURE, UNDER, UNSURE, OVER),
            }
        ),
        "holds",
    ),
    (STABLE, sizes({FEW: (FINE, "it broke", FINE, OVER)}), "not run here"),
]


@pytest.mark.parametrize(
    ("name", "seen", "verdict"), CASES, ids=[f"{name}-{verdict}" for name, _, verdict in CASES]
)
def test_a_rule_gives_the_verdict(name: str, seen: Outcomes, verdict: Verdict) -> None:
    finding = BY_ID[name].judge(seen)
    assert (finding.verdict, bool(finding.why)) == (verdict, True)
    assert finding.as_paper
    assert finding.corrected
    if verdict == "cannot tell":
        assert "would" in finding.why


def test_every_set_of_the_paper_has_its_own_sizes_and_its_own_row() -> None:
    for data in ALL_SETS:
        claim = BY_ID[f"fewer-samples-{data}"]
        assert set(reported_sizes(data)) < set(SIZES[data])
        assert {setup.images for setup in claim.needs} == set(SIZES[data])
        assert {setup.data for setup in claim.needs} == {data}
        seen = sizes({SIZES[data][0]: (50.0, 40.0, 60.0, 50.0)}, data)
        assert claim.judge(seen).verdict == "holds"


def test_the_papers_numbers_stand_beside_the_claim() -> None:
    text = BY_ID["fewer-samples-cifar100"].paper
    assert "1,000: - | 8.40" in text
    assert text.endswith("50,000: 2.05 | 23.91 %")


def test_every_size_more_widens_the_intervals() -> None:
    close = outcome("", 95.5, spread=0.3), outcome("", 93.5, spread=0.3)
    level = 97.0, 97.0
    alone = {FEW: (*close, *close)}
    assert BY_ID[MNIST].judge(sizes(alone)).verdict == "holds"
    more = alone | dict.fromkeys(SIZES["mnist"][2:], (*level, *level))
    assert BY_ID[MNIST].judge(sizes(more)).verdict == "cannot tell"


def test_faults_are_named() -> None:
    finding = BY_ID[STABLE].judge(sizes({FEW: (fit(80.0, 10.0), OVER, FINE, UNSURE)}))
    assert finding.as_paper == ("1,000 images: FF underfits and overfits, backprop overfits")
    assert finding.corrected == "1,000 images: FF neither, backprop perhaps underfits"


def test_sizes_of_two_machines_are_not_compared() -> None:
    here, there = (Platform(host, "cpu", "float32") for host in ("here", "there"))
    pair = outcome("", 97.0, platform=here), outcome("", 97.0, platform=there)
    for name in (MNIST, STABLE):
        finding = BY_ID[name].judge(sizes({FEW: (*pair, FINE, FINE)}))
        assert "only runs of one platform" in finding.why
