"""A claim and its verdict in words, from the plain values of `reproduce.as_facts`: for the command
line and the screen.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fftui.claims import MARGINS
from fftui.text.format import duration, percent

# Above what is said of the paper's own recipe: at the quick scale it is not what the paper ran.
AS_PAPER = {"full": "as the paper ran it", "quick": "the paper's recipe, made small"}
QUICK_IS_SMALL = (
    "Quick: few images, small networks, short trainings. 'As the paper ran it' stands for the"
    " paper's recipe, made small: that shows how each verdict comes about, and is no rerun of the"
    " paper. Its own sizes need fftui reproduce without --quick."
)

Facts = dict[str, Any]


def scale_text(claim: Facts) -> str:
    """Scale, seeds, data sets and images of a claim's runs, in a few words."""
    if claim["seeds"] is None:
        return f"{claim['scale']}: nothing was run"
    seeds = _range_text(claim["seeds"])
    return (
        f"{claim['scale']}: {seeds} seed{'' if seeds == '1' else 's'}, learned from"
        f" {_range_text(claim['train_images'])} images of {', '.join(claim['data'])}, tested on"
        f" {_range_text(claim['test_images'])}"
    )


def _range_text(ends: Sequence[int]) -> str:
    low, high = ends
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def sections(claim: Facts) -> Iterator[tuple[str, str]]:
    """The parts of a claim by name; at the quick scale what was run with the paper's recipe says
    that it was made small.
    """
    yield "claim", claim["statement"]
    yield "paper", claim["paper"]
    if claim["as_paper"]:
        yield "as paper", f"({AS_PAPER[claim['scale']]}) {claim['as_paper']}"
    if claim["corrected"]:
        yield "corrected", claim["corrected"]
    yield "why", claim["why"]
    yield "runs", scale_text(claim)
    yield "rule", claim["rule"]
    for evidence in claim["evidence"]:
        if evidence["absent"] is None:
            yield "ran", _ran(evidence)


def _ran(evidence: Facts) -> str:
    """What was run for a set-up."""
    role, _, seeds, learned, tested, accuracy, took, what = run_cells(evidence)
    return (
        f"{role}: {what} ({seeds} seed{'' if seeds == '1' else 's'}, learned from {learned}, tested"
        f" on {tested}: {accuracy}; {took} of learning each)"
    )


def run_cells(evidence: Facts) -> tuple[str, ...]:
    """What was run for a set-up: role, scale, seeds, images learned from and tested on, accuracy,
    time of learning, and the experiment.
    """
    return (
        evidence["role"],
        evidence["scale"],
        str(evidence["seeds"]),
        f"{evidence['train_images']:,}",
        f"{evidence['test_images']:,}",
        _accuracy_text(evidence),
        "–" if evidence["train_s"] is None else duration(evidence["train_s"]),
        evidence["what"],
    )


def _accuracy_text(evidence: Facts) -> str:
    """`97.0 % (96.7 to 97.3)`."""
    low, high = evidence["test_accuracy_low"], evidence["test_accuracy_high"]
    interval = "one seed" if low is None else f"{percent(low, 1)} to {percent(high, 1)}"
    return f"{percent(evidence['test_accuracy'], 1)} % ({interval})"


def notes(facts: Facts) -> Sequence[str]:
    """What holds for all claims: the scale, what was left out, the margins."""
    small = (QUICK_IS_SMALL,) if facts["scale"] == "quick" else ()
    return (*small, *facts["notes"], MARGINS)
