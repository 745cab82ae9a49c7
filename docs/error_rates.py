"""Writes the last section of docs/claims.md: how often each rule errs, by simulation.

`python docs/error_rates.py` asks each rule about 1,000 outcomes of each of 16 truths.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "claims"))

from simulation import IMAGES, SEEDS, Rates, rates, truths, worst

from fftui.claims import CLAIMS, Claim

PAGE = Path(__file__).parent / "claims.md"
HEADING = "## How often a rule errs"


def main() -> None:
    """Simulate every claim and write the section."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=1000, help="simulated outcomes a truth")
    parser.add_argument("--truths", type=int, default=16, help="truths a claim")
    asked = parser.parse_args()
    rows = []
    for claim in CLAIMS:
        found = rates_of(claim, asked.truths, asked.outcomes)
        rows.append(_row(claim, found))
        sys.stderr.write(f"{rows[-1]}\n")
    before = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    PAGE.write_text(before + section(rows, asked.truths, asked.outcomes), encoding="utf-8")


def rates_of(claim: Claim, count: int, outcomes: int) -> list[Rates]:
    """The error rates of a claim's rule under each of `count` truths."""
    return [
        rates(claim, truth, outcomes, seed)
        for seed, truth in enumerate(truths(claim, count, seed=1))
    ]


def section(rows: list[str], count: int, outcomes: int) -> str:
    """The section's text."""
    return f"""{HEADING}

Each rule was asked about {outcomes:,} simulated outcomes of each of {count} truths: {SEEDS} seeds,
{IMAGES:,} test images, networks that agree on which images are difficult, seeds that differ by 0.1
to 1.5 points, times and powers that scatter by 1 to 20 %. The truths lie on both sides of every
margin, many of them a tenth of a point from it; in some each set-up is drawn by itself, in others
all variants of a method are alike, or accuracy rises with the number of images and one method is
ahead with few. The right verdict is the rule's own on evidence without uncertainty. The highest
rate of wrong verdicts under any of these truths, how often on average it could not tell, and how
many different verdicts were right under one of them (`python docs/error_rates.py`):

| claim | wrong "holds" | wrong "does not hold" | wrong "only …", "… with care" | open | right |
|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def _row(claim: Claim, found: list[Rates]) -> str:
    highest = worst(found)
    shares = (highest.wrong_holds, highest.wrong_fails, highest.wrong_other, highest.open)
    cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
    return f"| `{claim.id}` | {cells} | {len({each.right for each in found})} |"


if __name__ == "__main__":
    main()
